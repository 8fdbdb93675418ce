import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { forward, labels, mayCancel, mayComplete, recall } from "./moves.js";
import { money, title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

/** Everything one can do with an order, and what is in it. @param {App} app @param {Order} order */
export function openOrderMenu(app, order) {
  const actions = el("div", { class: "actions" });
  const dialog = openDialog(title(order), el("p", { class: "dim" }, facts(order)), lines(order), bill(app, order), actions);
  /** @param {string} text @param {() => void} act @param {string} [style] */
  const offer = (text, act, style = "") => actions.append(el("button", { type: "button", class: `button ${style}`, on: { click: () => (dialog.close(), act()) } }, text));
  const { role } = app.claims;
  const next = forward(order, role);
  const back = recall(order);
  if (next) offer(`Move to ${labels[next].toLowerCase()}`, () => app.move(order, next), "primary");
  if (back) offer(`Recall to ${labels[back].toLowerCase()}`, () => app.move(order, back));
  if (mayComplete(order, role)) offer("Complete", () => app.move(order, "completed"));
  if (mayCancel(order, role)) offer("Cancel order…", () => askReason(app, order), "danger");
}

/** @param {App} app @param {Order} order */
function askReason(app, order) {
  const reason = el("input", { id: "reason", maxlength: 200, autocomplete: "off" });
  const form = el("form", { method: "dialog", class: "stack" }, el("label", { for: "reason" }, "Reason (optional)"), reason,
    el("footer", { class: "dialog-foot" }, el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Keep the order"), el("button", { class: "button danger" }, "Cancel the order")));
  const dialog = openDialog(`Cancel order ${order.number}?`, form);
  reason.focus();
  form.addEventListener("submit", () => app.cancel(order, reason.value.trim()));
}

/** @param {Order} order */
function facts(order) {
  const at = new Date(order.created_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return [labels[order.status] ?? order.status, `placed ${at}`, order.waiter_name && `by ${order.waiter_name}`, order.customer_name].filter(Boolean).join(" · ");
}

/** @param {Order} order */
function lines(order) {
  return el("ul", { class: "lines" }, ...(order.items ?? []).map((line) => el("li", {},
    el("b", {}, `${line.quantity} ×`), " ", line.name,
    ...(line.modifiers ?? []).map((/** @type {any} */ modifier) => el("div", { class: "modifier" }, modifier.name)),
    line.notes && el("div", { class: "note" }, line.notes))));
}

/** The kitchen is not shown money. @param {App} app @param {Order} order */
function bill(app, order) {
  if (app.claims.role === "kitchen" || order.total === undefined) return null;
  return el("p", { class: "bill-line" }, el("span", {}, order.payment_status ? String(order.payment_status).replaceAll("_", " ") : "Total"), el("b", {}, money(order.total, order.currency)));
}
