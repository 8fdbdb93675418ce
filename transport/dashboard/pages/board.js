import { ageText, eachFrame, everySecond, lateness, secondsSince } from "./clock.js";
import { el, fill, icon, setText } from "./dom.js";
import { KeyedList } from "./keyed-list.js";
import { columns, forward, labels, verbs } from "./moves.js";
import { openOrderMenu } from "./order-menu.js";
import { money, place, title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

/** The longest waiting are shown; the rest when it is asked for, since a browser has to hold it. */
const mostCards = 120;
const moreCards = 500;
const mostLines = 4;

/** @type {import("./app.js").Page} */
export function openBoard(root, app) {
  const board = el("div", { class: "board", data: { shown: sessionStorage.getItem("heard:column") ?? "pending" } });
  const switches = el("div", { class: "switches", role: "group", "aria-label": "Column" });
  const parts = columns.map((status) => column(app, board, switches, status, () => draw()));
  board.append(...parts.map(({ node }) => node));
  fill(root, el("h1", { class: "unseen" }, "Orders board"), switches, board);

  const draw = () => {
    /** @type {Record<string, Order[]>} */
    const by = { pending: [], preparing: [], ready: [], served: [] };
    for (const order of app.heard.orders.values()) {
      const expected = app.heard.expected(order);
      by[expected.status]?.push(expected);
    }
    for (const part of parts) part.show(by[part.status].sort(oldestFirst));
  };
  const plan = eachFrame(draw, () => Math.min(400, app.heard.orders.size / 4));
  const stopClock = everySecond(() => parts.forEach((part) => part.tick()));
  app.watch(plan);
  draw();
  return stopClock;
}

/** @param {Order} a @param {Order} b */
const oldestFirst = (a, b) => (a.number ?? 0) - (b.number ?? 0);

/** @param {App} app @param {HTMLElement} board @param {HTMLElement} switches @param {string} status @param {() => void} draw the board */
function column(app, board, switches, status, draw) {
  const counter = el("span", { class: "count" }, "0");
  const counter2 = el("span", { class: "count" }, "0");
  const cards = el("div", { class: "cards", role: "list" });
  const empty = el("p", { class: "empty-column dim" }, "Nothing here");
  let most = mostCards;
  const more = el("button", { type: "button", class: "button more", hidden: true, on: { click: () => ((most += moreCards), draw()) } });
  const node = el("section", { class: "column", data: { status }, "aria-label": labels[status] }, el("h2", {}, el("span", { class: "status-dot" }), labels[status], counter), el("div", { class: "scroll" }, cards, empty, more));
  const button = el("button", { type: "button", class: "switch", data: { status }, on: { click: () => select() } }, labels[status], counter2);
  switches.append(button);
  const select = () => {
    board.dataset.shown = status;
    sessionStorage.setItem("heard:column", status);
    for (const other of switches.children) other.setAttribute("aria-pressed", String(other === button));
  };
  button.setAttribute("aria-pressed", String(board.dataset.shown === status));

  const list = new KeyedList(cards, (order) => createCard(app, order.id), (card, order) => updateCard(app, card, order));
  const tick = () => list.each((card, order) => showAge(app, card, order));
  return {
    node, status, tick,
    /** @param {Order[]} orders */
    show(orders) {
      if (orders.length <= mostCards) most = mostCards;
      list.show(orders.slice(0, most));
      list.each((card, order) => card.toggleAttribute("data-moving", app.moving.has(order.id)));
      empty.hidden = orders.length > 0;
      more.hidden = orders.length <= most;
      setText(more, `Show ${Math.min(moreCards, orders.length - most)} of ${orders.length - most} newer`);
      setText(counter, String(orders.length));
      setText(counter2, String(orders.length));
      tick();
    },
  };
}

/** @param {App} app @param {string} id */
function createCard(app, id) {
  const now = () => /** @type {Order} */ (app.heard.orders.get(id));
  const card = el("article", { class: "order card", role: "listitem" });
  const move = el("button", { type: "button", class: "order-move" });
  // The second tap of a double tap would move whatever slid under the finger.
  move.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const order = now();
    const next = forward(order, app.claims.role);
    if (event.detail < 2 && next) void app.move(order, next);
  });
  const menu = el("button", { type: "button", class: "icon order-menu", on: { click: () => openOrderMenu(app, now()) } }, icon("more"));
  card.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "m" && !event.ctrlKey && !event.metaKey) openOrderMenu(app, now());
  });
  card.append(el("header", { class: "order-head" }, el("b", { class: "order-place" }), el("span", { class: "order-total" })),
    el("div", { class: "order-head" }, el("span", { class: "order-sub dim" }), el("span", { class: "order-age" })), el("ul", { class: "order-lines" }),
    el("footer", { class: "order-foot" }, menu, move));
  return card;
}

/** @param {App} app @param {HTMLElement} card @param {Order} order */
function updateCard(app, card, order) {
  /** @param {string} name @returns {any} */
  const part = (name) => card.querySelector(`.order-${name}`);
  setText(part("place"), place(order));
  setText(part("sub"), [`#${order.number}`, order.waiter_name, order.customer_name].filter(Boolean).join(" · "));
  const lines = order.items ?? [];
  fill(part("lines"), ...lines.slice(0, mostLines).map((line) => el("li", {}, el("b", {}, line.quantity), line.name)),
    lines.length > mostLines && el("li", { class: "dim" }, el("b", {}, "+"), `${lines.length - mostLines} more`));
  setText(part("total"), app.claims.role === "kitchen" || order.total === undefined ? "" : money(order.total, order.currency));
  const next = forward(order, app.claims.role);
  const move = part("move");
  setText(move, next ? verbs[next] : labels[order.status]);
  move.disabled = !next;
  if (next) move.setAttribute("aria-label", `${title(order)}: move to ${labels[next].toLowerCase()}`);
  part("menu").setAttribute("aria-label", `${title(order)}: more`);
  showAge(app, card, order);
}

/** @param {App} app @param {HTMLElement} card @param {Order} order */
function showAge(app, card, order) {
  const seconds = secondsSince(order.created_at, app.heard.now());
  const late = order.status === "served" ? "" : lateness(seconds);
  if (card.dataset.late !== late) card.dataset.late = late;
  // Colour alone would not tell everyone.
  setText(/** @type {Element} */ (card.querySelector(".order-age")), late === "late" ? `Late · ${ageText(seconds)}` : ageText(seconds));
}
