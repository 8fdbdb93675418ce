import { isOpen } from "../heard.js";
import { ageText, secondsSince } from "./clock.js";
import { openDialog } from "./dialogs.js";
import { el, fill } from "./dom.js";
import { details } from "./lines.js";
import { forward, labels, mayCancel, mayComplete, recall, verbs } from "./moves.js";
import { money, plainly, title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */
/** @typedef {{name: string, act: () => void, style?: string}} Action */

/**
 * Everything that is in an order and one can do with it. The dialog follows the
 * order: what is offered is always a step from what it is now.
 * @param {App} app @param {Order} order
 */
export function openOrder(app, order) {
  const facts = el("p", { class: "dim facts", role: "status" });
  const what = el("div", { class: "order-what" });
  const actions = el("footer", { class: "dialog-foot actions" });
  const dialog = openDialog(title(order), facts, what, history(app, order), actions);
  dialog.classList.add("order-dialog");
  /** @type {Order | null} */
  let shown = null;
  let shownMoving = false;
  const absent = isOpen(order) ? { ...order, status: "completed" } : order; // closed while we were away
  const draw = () => {
    const now = app.heard.orders.get(order.id) ?? absent;
    const isMoving = app.moving.has(order.id);
    if (now === shown && isMoving === shownMoving) return;
    if (now !== shown) showOrder(app, now, facts, what);
    [shown, shownMoving] = [now, isMoving];
    const focused = /** @type {HTMLElement} */ (document.activeElement)?.dataset.name;
    fill(actions, ...actionsOf(app, now).map(({ name, act, style = "" }) => el("button", { type: "button", class: `button ${style}`, disabled: isMoving, data: { name }, on: { click: () => (dialog.close(), act()) } }, name)));
    if (focused && document.activeElement === document.body) /** @type {HTMLElement | null} */ (actions.querySelector("button:not(:disabled)") ?? dialog.querySelector("button"))?.focus();
  };
  dialog.addEventListener("close", app.watch(draw));
  draw();
  return dialog;
}

/** @param {App} app @param {Order} order @returns {Action[]} */
function actionsOf(app, order) {
  const { rights } = app;
  const next = forward(order, rights);
  const back = recall(order, rights);
  /** @type {(Action | "" | false)[]} */
  const all = [
    next && { name: `${verbs[next]}: move to ${labels[next].toLowerCase()}`, act: () => app.move(order, next), style: "primary" },
    back && { name: `Recall to ${labels[back].toLowerCase()}`, act: () => app.move(order, back) },
    mayComplete(order, rights) && { name: "Complete", act: () => app.move(order, "completed") },
    order.status === "completed" && rights.may("reopen") && { name: "Reopen", act: () => app.mover.reopen(order) },
    mayCancel(order, rights) && { name: "Cancel order…", act: () => askReason(app, order), style: "danger" },
  ];
  return /** @type {Action[]} */ (all.filter(Boolean));
}

/** @param {App} app @param {Order} order */
function askReason(app, order) {
  const reason = el("input", { id: "reason", maxlength: 200, autocomplete: "off", dir: "auto" });
  const form = el("form", { method: "dialog", class: "stack" }, el("label", { for: "reason" }, "Reason (optional)"), reason,
    el("footer", { class: "dialog-foot" }, el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Keep the order"), el("button", { class: "button danger" }, "Cancel the order")));
  const dialog = openDialog(`Cancel order ${order.number}?`, form);
  reason.focus();
  form.addEventListener("submit", () => app.cancel(order, reason.value.trim()));
}

/** @param {App} app @param {Order} order @param {Element} facts @param {Element} what */
function showOrder(app, order, facts, what) {
  const placed = `placed ${timeOf(order.created_at)}, ${ageText(secondsSince(order.created_at, app.heard.now()))} ago`.replace(", now ago", "");
  const people = [order.customer_name, order.customer_phone, order.waiter_name && `by ${order.waiter_name}`, order.cancel_reason && `cancelled: ${order.cancel_reason}`].filter(Boolean);
  fill(facts, `${labels[order.status] ?? order.status} · ${placed}`, ...people.flatMap((text) => [" · ", el("bdi", {}, text)]));
  const showsMoney = app.claims.role !== "kitchen" && order.total !== undefined; // the kitchen is not shown money
  fill(what, el("ul", { class: "lines" }, ...(order.items ?? []).map((line) => lineOf(line, showsMoney ? order.currency : ""))), showsMoney && billOf(order));
}

/** @param {any} line @param {string} currency "" = without money */
function lineOf(line, currency) {
  return el("li", {}, el("b", { class: "quantity" }, `${line.quantity} ×`), el("span", { class: "what", dir: "auto" }, line.name, ...details(line)),
    currency && line.amount !== undefined && el("span", { class: "amount" }, money(line.amount, currency)));
}

/** @param {Order} order */
function billOf(order) {
  const rows = [
    ["Subtotal", order.subtotal],
    Number(order.discount) ? ["Discount", -order.discount] : null,
    ...(order.charges ?? []).map((/** @type {any} */ charge) => [charge.code, charge.amount]),
    ...(order.taxes ?? []).map((/** @type {any} */ tax) => [`${tax.code} ${tax.rate} %`, tax.amount]),
    Number(order.round_off) ? ["Round-off", order.round_off] : null,
    ["Total", order.total],
  ];
  return el("dl", { class: "figures" }, ...rows.filter((row) => row !== null).flatMap(([name, amount]) => [el("dt", { dir: "auto" }, name), el("dd", {}, money(amount, order.currency))]));
}

/** What happened to the order, asked for when it is unfolded. @param {App} app @param {Order} order */
function history(app, order) {
  const list = el("ol", { class: "timeline" });
  const load = async () => {
    try {
      const events = await app.heard.command("GET", `/api/orders/${order.id}/events`);
      fill(list, ...events.map((/** @type {any} */ event) => el("li", {}, `${timeOf(event.at)} ${happened(event)}`, event.by?.name && " · ", event.by?.name && el("bdi", {}, event.by.name))));
    } catch (error) {
      fill(list, el("li", { class: "problem" }, `The history could not be read: ${plainly(error)}`));
    }
  };
  const node = el("details", { class: "history", on: { toggle: () => void (node.open && load()) } }, el("summary", {}, "History"), list);
  return node;
}

/** @param {any} event of the timeline */
function happened({ event, data }) {
  if (event === "order.status_changed") return labels[data.to] ?? data.to;
  const name = (/** @type {any} */ line) => `${line.quantity} × ${line.name}`;
  if (data?.items && event !== "order.created") return `${words(event)}: ${data.items.map(name).join(", ")}`;
  return words(event) + (data?.item ? `: ${name(data.item)}` : "") + (data?.reason ? `: ${data.reason}` : "");
}

/** @param {string} event "order.items_added" is "Items added" */
const words = (event) => event.replace(/^order\./, "").replace(/^\w/, (letter) => letter.toUpperCase()).replaceAll("_", " ");

/** @param {string} at */
const timeOf = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
