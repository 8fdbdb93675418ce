import { ageText, eachFrame, everySecond, lateness, waitingSince } from "./clock.js";
import { openClosed } from "./closed.js";
import { el, fill, icon, setText } from "./dom.js";
import { filterBar } from "./filter.js";
import { KeyedList } from "./keyed-list.js";
import { details } from "./lines.js";
import { columns, forward, labels, verbs } from "./moves.js";
import { openOrder } from "./order-dialog.js";
import { Presses } from "./presses.js";
import { money, place, title, under } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

/** The longest waiting are shown; the rest when it is asked for, since a browser has to hold it. */
const mostCards = 120;
const moreCards = 500;
const mostLines = 4;
const mostNotedLines = 8;

/** From so many cards on a column gets so much of the width; an empty one beside a crowded one gets the least. */
const widths = [[0, 2], [7, 4], [17, 10]];
const [, crowded] = widths[2];

/** The columns are given their widths when one comes, or looks for something, and after so long without a touch: not under the finger. */
const calmMS = 60_000;

/** @type {import("./app.js").Page} */
export function openBoard(root, app) {
  const board = el("div", { class: "board", data: { shown: sessionStorage.getItem("heard:column") ?? "pending" } });
  const switches = el("div", { class: "switches", role: "group", "aria-label": "Column" });
  const presses = new Presses(board, ".order");
  const parts = columns.map((status) => column(app, presses, board, switches, status, () => draw()));
  const filter = filterBar(app, board, () => (draw(), spread()), () => openClosed(app));
  board.append(...parts.map(({ node }) => node));
  fill(root, el("h1", { class: "unseen" }, "Orders board"), filter.node, switches, board);

  const draw = () => presses.around(() => {
    /** @type {Record<string, Order[]>} */
    const by = { pending: [], preparing: [], ready: [], served: [] };
    const open = [...app.heard.orders.values()].map((order) => app.heard.expected(order)).filter(({ status }) => status in by);
    const shown = open.filter((order) => filter.shows(order));
    for (const order of shown) by[order.status].push(order);
    filter.tell(shown.length, open);
    for (const part of parts) part.show(by[part.status].sort(oldestFirst), shown.length < open.length);
    if (!isSpread && app.heard.state === "live") spread();
  });
  let isSpread = false;
  let touchedAt = performance.now();
  const spread = () => {
    const wanted = parts.map(({ size }) => widthFor(size()));
    parts.forEach(({ status, size }, i) => board.style.setProperty(`--${status}`, `${size() || !wanted.includes(crowded) ? wanted[i] : 1}fr`));
    isSpread = true;
    touchedAt = performance.now();
  };
  for (const touch of ["pointerdown", "keydown"]) board.addEventListener(touch, () => (touchedAt = performance.now()), { passive: true });
  const plan = eachFrame(draw, () => Math.min(400, app.heard.orders.size / 4));
  const stopClock = everySecond(() => {
    for (const part of parts) part.tick();
    if (performance.now() - touchedAt > calmMS) presses.around(spread);
  });
  app.watch(plan);
  draw();
  return () => {
    stopClock();
    filter.close();
  };
}

/** @param {Order} a @param {Order} b */
const oldestFirst = (a, b) => (a.number ?? 0) - (b.number ?? 0);

/** @param {App} app @param {Presses} presses @param {HTMLElement} board @param {HTMLElement} switches @param {string} status @param {() => void} draw the board */
function column(app, presses, board, switches, status, draw) {
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

  const list = new KeyedList(cards, (order) => createCard(app, presses, order.id), (card, order) => updateCard(app, card, order));
  const tick = () => list.each((card, order) => showAge(app, card, order));
  let size = 0;
  return {
    node, status, tick,
    size: () => size,
    /** @param {Order[]} orders @param {boolean} filtered */
    show(orders, filtered) {
      size = orders.length;
      if (orders.length <= mostCards) most = mostCards;
      list.show(orders.slice(0, most));
      list.each((card, order) => {
        card.toggleAttribute("data-moving", app.moving.has(order.id));
        offerMove(app, card, order);
      });
      empty.hidden = orders.length > 0;
      setText(empty, filtered ? "None of these" : "Nothing here");
      more.hidden = orders.length <= most;
      setText(more, `Show ${Math.min(moreCards, orders.length - most)} of ${orders.length - most} newer`);
      setText(counter, String(orders.length));
      setText(counter2, String(orders.length));
      tick();
    },
  };
}

/** @param {number} n cards */
const widthFor = (n) => Math.max(...widths.filter(([from]) => from <= n).map(([, width]) => width));

/** The button moves the order on; a tap anywhere else opens it. @param {App} app @param {Presses} presses @param {string} id */
function createCard(app, presses, id) {
  const now = () => /** @type {Order} */ (app.heard.orders.get(id));
  const card = el("article", { class: "order card", role: "listitem" });
  const move = el("button", { type: "button", class: "order-move" });
  const menu = el("button", { type: "button", class: "icon order-menu" }, icon("more"));
  card.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (!presses.means(event, card)) return;
    const next = forward(now(), app.rights);
    if (!move.contains(/** @type {Node} */ (event.target))) openOrder(app, now());
    else if (next) void app.move(now(), next);
  });
  card.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "m" && !event.ctrlKey && !event.metaKey) openOrder(app, now());
  });
  card.append(el("header", { class: "order-head" }, el("b", { class: "order-place", dir: "auto" }), el("span", { class: "order-total" })),
    el("div", { class: "order-head" }, el("span", { class: "order-sub dim" }), el("span", { class: "order-age" })), el("ul", { class: "order-lines" }),
    el("footer", { class: "order-foot" }, menu, move));
  return card;
}

/** @param {App} app @param {HTMLElement} card @param {Order} order */
function updateCard(app, card, order) {
  /** @param {string} name @returns {any} */
  const part = (name) => card.querySelector(`.order-${name}`);
  setText(part("place"), place(order));
  fill(part("sub"), ...under(order).flatMap((text, i) => [i > 0 && " · ", el("bdi", {}, text)]));
  const lines = shortened(order.items ?? []);
  const hidden = (order.items ?? []).length - lines.length;
  fill(part("lines"), ...lines.map((line) => el("li", {}, el("b", { class: "quantity" }, line.quantity), el("span", { class: "what", dir: "auto" }, line.name, ...details(line)))),
    hidden > 0 && el("li", { class: "dim" }, el("b", { class: "quantity" }, "+"), `${hidden} more`));
  setText(part("total"), app.claims.role === "kitchen" || order.total === undefined ? "" : money(order.total, order.currency));
  part("menu").setAttribute("aria-label", `Open ${title(order)}`);
  showAge(app, card, order);
}

/** What the role may depends on settings too, which come later than the order. @param {App} app @param {HTMLElement} card @param {Order} order */
function offerMove(app, card, order) {
  const next = forward(order, app.rights);
  const move = /** @type {HTMLButtonElement} */ (card.querySelector(".order-move"));
  setText(move, next ? verbs[next] : labels[order.status]);
  move.disabled = !next;
  move.setAttribute("aria-label", next ? `${verbs[next]}: ${title(order)}, move to ${labels[next].toLowerCase()}` : labels[order.status]);
}

/** The first lines, and those with a note wherever they stand: an allergy may not hide. @param {any[]} lines */
function shortened(lines) {
  let noted = 0;
  return lines.filter((line, i) => i < mostLines || (line.notes && noted++ < mostNotedLines - mostLines));
}

/** @param {App} app @param {HTMLElement} card @param {Order} order */
function showAge(app, card, order) {
  const seconds = waitingSince(order, app.heard.now());
  const late = order.status === "served" ? "" : lateness(seconds);
  if (card.dataset.late !== late) card.dataset.late = late;
  // Colour alone would not tell everyone.
  setText(/** @type {Element} */ (card.querySelector(".order-age")), late === "late" ? `Late · ${ageText(seconds)}` : ageText(seconds));
}
