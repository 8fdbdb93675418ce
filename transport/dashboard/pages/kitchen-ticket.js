import { lateness, stopwatch, waitingSince } from "./clock.js";
import { el, fill, setText } from "./dom.js";
import { details } from "./lines.js";
import { place, title, under } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */
/** @typedef {import("./kitchen-memory.js").KitchenMemory} KitchenMemory */
/** @typedef {import("./kitchen-memory.js").Marks} Marks */
/** @typedef {import("./stations.js").Stations} Stations */
/** @typedef {"start" | "bump" | "done" | "undone" | "seen" | "open"} Act */

/** @type {[Act, string, string][]} what a ticket's buttons do, are called, and look like */
const buttons = [["start", "Start", ""], ["seen", "Seen", ""], ["undone", "Not done", ""], ["done", "Done here", "primary"], ["bump", "Bump", "primary"]];

/** @param {Order} order @param {(act: Act, id: string, event: MouseEvent) => void} act */
export function createTicket(order, act) {
  const ticket = el("article", { class: "ticket slip card", role: "listitem", data: { id: order.id } },
    el("header", { class: "ticket-head" }, el("kbd", { class: "ticket-key" }), el("b", { class: "ticket-place", dir: "auto" }), el("b", { class: "ticket-badge" }), el("span", { class: "ticket-age" })),
    el("div", { class: "ticket-sub" }),
    el("ul", { class: "ticket-lines" }),
    el("footer", { class: "ticket-foot" }, ...buttons.map(([name, text, style]) => el("button", { type: "button", class: `button ticket-act ticket-${name} ${style}`, data: { act: name } }, text))));
  ticket.addEventListener("click", (/** @type {MouseEvent} */ event) => act(actOf(event), order.id, event));
  return ticket;
}

/** What the finger was on: a button, or the ticket. @param {MouseEvent} event @returns {Act} */
const actOf = (event) => /** @type {any} */ (event.target).closest?.("button")?.dataset.act ?? "open";

/**
 * What does not fit into one column goes on in the next, with the same buttons.
 * @param {HTMLElement} ticket @param {Element[]} lines @param {number} nth @param {number} of @param {(act: Act, id: string, event: MouseEvent) => void} act
 */
export function createPart(ticket, lines, nth, of, act) {
  const name = ticket.querySelector(".ticket-place")?.textContent;
  const { id = "", status } = ticket.dataset;
  const part = el("article", { class: "part slip card", "aria-label": `${name}, continued`, data: { id, status } },
    el("header", { class: "ticket-head" }, el("b", { class: "ticket-place", dir: "auto" }, name), el("span", { class: "continued" }, `continued ${nth}/${of}`)),
    el("ul", { class: "ticket-lines" }, ...lines),
    /** @type {Element} */ (ticket.querySelector(".ticket-foot")).cloneNode(true));
  part.addEventListener("click", (/** @type {MouseEvent} */ event) => act(actOf(event), id, event));
  return part;
}

/** @param {HTMLElement} ticket @param {Order} order @param {Marks} marks @param {Stations} stations */
export function updateTicket(ticket, order, marks, stations) {
  /** @param {string} name @returns {any} */
  const part = (name) => ticket.querySelector(`.ticket-${name}`);
  const isCancelled = order.status === "cancelled";
  const isDone = !isCancelled && stations.isDone(order);
  const elsewhere = stations.elsewhere(order);
  ticket.dataset.status = order.status;
  ticket.toggleAttribute("data-done", isDone);
  setText(part("place"), place(order));
  setText(part("badge"), marks.badge);
  fill(part("sub"), ...under(order).flatMap((text, i) => [i > 0 && " · ", el(text === order.customer_name ? "b" : "bdi", { dir: "auto" }, text)]), isCancelled && order.cancel_reason && " · ", isCancelled && order.cancel_reason && el("b", { dir: "auto" }, order.cancel_reason));
  fill(part("lines"), ...(isDone ? [] : linesOf(order, marks, stations)), elsewhere && el("li", { class: "elsewhere dim" }, elsewhere));
  const isNews = marks.badge !== "" || marks.gone.length > 0 || stations.here(order).some(({ line_id }) => marks.lines.has(line_id));
  const shown = /** @type {Record<Act, boolean>} */ ({ start: order.status === "pending" && !isDone, seen: isNews, undone: isDone, done: !isCancelled && !isDone && elsewhere !== "", bump: !isCancelled && (isDone || !elsewhere), open: true });
  for (const [name, text] of buttons) {
    const button = part(name);
    button.hidden = !shown[name];
    const says = name !== "bump" ? text : isDone ? "Whole order ready" : text;
    setText(button, says);
    button.setAttribute("aria-label", `${says}: ${title(order)}`);
  }
}

/** @param {Order} order @param {Marks} marks @param {Stations} stations */
function linesOf(order, marks, stations) {
  const lines = stations.here(order).map((line) => lineOf(line, marks.lines.get(line.line_id), marks.made[line.line_id] ?? 0));
  const gone = stations.here({ ...order, items: marks.gone }).map((line) => el("li", { class: "gone" }, el("b", { class: "quantity" }, el("del", {}, line.quantity)), el("span", { class: "what" }, el("del", { dir: "auto" }, line.name), el("b", { class: "mark changed" }, "CANCELLED"))));
  return [...lines, ...gone];
}

/** @param {any} line @param {{kind: string, text: string, was?: string} | undefined} mark @param {number} made so many of it, before the rest was ordered */
function lineOf(line, mark, made) {
  const isMade = made >= Number(line.quantity);
  return el("li", { class: isMade ? "is-made" : null }, el("b", { class: "quantity" }, line.quantity), el("span", { class: "what", dir: "auto" }, line.name, ...details(line),
    mark?.was && el("span", { class: "was" }, "was ", el("del", { dir: "auto" }, mark.was)),
    mark && el("b", { class: `mark ${mark.kind}`, dir: "ltr" }, mark.text),
    made > 0 && el("span", { class: "was" }, isMade ? "✓ made before" : `✓ ${made} made before`)));
}

/** @param {App} app @param {HTMLElement} ticket @param {Order} order @param {KitchenMemory} memory */
export function showAge(app, ticket, order, memory) {
  const seconds = waitingSince(order, app.heard.now(), memory.asked(order));
  const late = order.status === "cancelled" ? "" : lateness(seconds);
  if (ticket.dataset.late !== late) ticket.dataset.late = late;
  setText(/** @type {Element} */ (ticket.querySelector(".ticket-age")), order.status === "cancelled" ? "" : stopwatch(seconds));
}

/** How much of each is on the tickets together. @param {Element} panel @param {any[]} lines */
export function showAllDay(panel, lines) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const line of lines) counts.set(line.name, (counts.get(line.name) ?? 0) + Number(line.quantity));
  const rows = [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
  fill(panel, el("h2", {}, "All day"), el("ul", {}, ...rows.map(([name, n]) => el("li", {}, el("b", {}, String(Math.round(n * 1000) / 1000)), el("span", { dir: "auto" }, name)))));
}

