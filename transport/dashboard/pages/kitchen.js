import { eachFrame, everySecond, lateness, secondsSince, stopwatch } from "./clock.js";
import { el, fill, setText } from "./dom.js";
import { KeyedList } from "./keyed-list.js";
import { Stations } from "./stations.js";
import { place, title, typeName } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

const mostTickets = 60;
const mostRecalls = 6;

/** @type {import("./app.js").Page} */
export function openKitchen(root, app) {
  const tickets = el("div", { class: "tickets", role: "list" });
  const empty = el("p", { class: "empty" }, "All caught up");
  const recalls = el("div", { class: "recalls" });
  const open = el("span", { class: "kitchen-count" });
  const allDay = el("aside", { class: "all-day", "aria-label": "All-day counts", hidden: true });
  const toggle = el("button", { type: "button", class: "button", "aria-pressed": "false", on: { click: () => turnAllDay() } }, "All day");
  const stations = new Stations(app, () => {
    list.renew();
    draw();
  });
  fill(root, el("h1", { class: "unseen" }, "Kitchen display"), el("div", { class: "kitchen" }, el("div", { class: "kitchen-main" }, tickets, empty), allDay,
    el("footer", { class: "kitchen-foot" }, open, el("span", { class: "dim recall-label" }, "Recall"), recalls, stations.node, toggle)));
  const list = new KeyedList(tickets, (order) => createTicket(app, order.id), (ticket, order) => updateTicket(ticket, order, stations));

  /** @param {boolean} [on] */
  const turnAllDay = (on = allDay.hidden) => {
    allDay.hidden = !on;
    toggle.setAttribute("aria-pressed", String(on));
    sessionStorage.setItem("heard:all-day", on ? "1" : "");
    draw();
  };
  /** @type {Order[]} */
  let waiting = [];
  /** @type {Order[]} */
  let done = [];
  const tick = () => list.each((ticket, order) => showAge(app, ticket, order));
  const draw = () => {
    const all = [...app.heard.orders.values()].map((order) => app.heard.expected(order)).filter((order) => stations.concern(order));
    waiting = all.filter(({ status }) => status === "pending" || status === "preparing").sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
    done = all.filter(({ status }) => status === "ready").sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).slice(0, mostRecalls);
    list.show(waiting.slice(0, mostTickets));
    list.each((ticket, order) => ticket.toggleAttribute("data-moving", app.moving.has(order.id)));
    empty.hidden = waiting.length > 0;
    setText(open, `${waiting.length} open`);
    showRecalls(app, recalls, done);
    if (!allDay.hidden) showAllDay(allDay, waiting.flatMap((order) => stations.here(order)));
    tick();
  };
  app.watch(eachFrame(draw, () => Math.min(400, app.heard.orders.size / 4)));
  const stopClock = everySecond(tick);

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /** @type {Element} */ (event.target).closest?.("dialog, select")) return;
    const nth = waiting[Number(event.key) - 1];
    if (event.key >= "1" && event.key <= "9" && nth) void app.move(nth, "ready");
    if (event.key === "r" && done[0]) void app.move(done[0], "preparing");
    if (event.key === "a") turnAllDay();
  };
  document.addEventListener("keydown", key);
  turnAllDay(sessionStorage.getItem("heard:all-day") === "1");
  return () => {
    stopClock();
    stations.close();
    document.removeEventListener("keydown", key);
  };
}

/** @param {App} app @param {string} id */
function createTicket(app, id) {
  const now = () => /** @type {Order} */ (app.heard.orders.get(id));
  // The second tap of a double tap would bump the ticket that slid under the finger.
  const move = (/** @type {string} */ status) => (/** @type {MouseEvent} */ event) => void (event.detail < 2 && app.move(now(), status));
  return el("article", { class: "ticket card", role: "listitem" },
    el("header", { class: "ticket-head" }, el("b", { class: "ticket-place" }), el("span", { class: "ticket-age" })),
    el("div", { class: "ticket-sub" }),
    el("ul", { class: "ticket-lines" }),
    el("footer", { class: "ticket-foot" },
      el("button", { type: "button", class: "button ticket-start", on: { click: move("preparing") } }, "Start"),
      el("button", { type: "button", class: "button primary ticket-bump", on: { click: move("ready") } }, "Bump")));
}

/** @param {HTMLElement} ticket @param {Order} order @param {Stations} stations */
function updateTicket(ticket, order, stations) {
  /** @param {string} name @returns {any} */
  const part = (name) => ticket.querySelector(`.ticket-${name}`);
  ticket.dataset.status = order.status;
  setText(part("place"), place(order));
  const type = order.order_type && order.order_type !== "dine_in" && order.table_number ? `${typeName(order.order_type)} · ` : "";
  setText(part("sub"), `${type}#${order.number}${order.waiter_name ? ` · ${order.waiter_name}` : ""}`);
  const elsewhere = stations.elsewhere(order);
  fill(part("lines"), ...stations.here(order).map(lineOf), elsewhere && el("li", { class: "elsewhere dim" }, elsewhere));
  part("start").hidden = order.status !== "pending";
  part("start").setAttribute("aria-label", `${title(order)}: start`);
  part("bump").setAttribute("aria-label", `${title(order)}: bump, it is ready`);
}

/** @param {any} line */
function lineOf(line) {
  return el("li", {}, el("b", { class: "quantity" }, line.quantity), el("span", { class: "what" }, line.name,
    ...(line.modifiers ?? []).map((/** @type {any} */ modifier) => el("span", { class: "modifier" }, modifier.name)),
    line.notes && el("span", { class: "note" }, line.notes),
    line.seat ? el("span", { class: "modifier" }, `Seat ${line.seat}`) : null));
}

/** @param {App} app @param {HTMLElement} ticket @param {Order} order */
function showAge(app, ticket, order) {
  const seconds = secondsSince(order.created_at, app.heard.now());
  const late = lateness(seconds);
  if (ticket.dataset.late !== late) ticket.dataset.late = late;
  setText(/** @type {Element} */ (ticket.querySelector(".ticket-age")), stopwatch(seconds));
}

/** @param {App} app @param {Element} recalls @param {Order[]} done */
function showRecalls(app, recalls, done) {
  const key = done.map(({ id, version }) => `${id} ${version}`).join();
  if (/** @type {HTMLElement} */ (recalls).dataset.key === key) return;
  /** @type {HTMLElement} */ (recalls).dataset.key = key;
  fill(recalls, ...done.map((order) => el("button", { type: "button", class: "button", "aria-label": `${title(order)}: recall`, on: { click: () => app.move(order, "preparing") } }, `${place(order)} #${order.number}`)));
}

/** How much of each is on the tickets together. @param {Element} panel @param {any[]} lines */
function showAllDay(panel, lines) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const line of lines) counts.set(line.name, (counts.get(line.name) ?? 0) + Number(line.quantity));
  const rows = [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
  fill(panel, el("h2", {}, "All day"), el("ul", {}, ...rows.map(([name, n]) => el("li", {}, el("b", {}, String(Math.round(n * 1000) / 1000)), name))));
}
