// CONTRACT section 5, as far as a screen needs it to offer what makes sense.
// The engine decides; an organisation may have narrowed this.

/** @typedef {import("../heard.js").Order} Order */

export const columns = ["pending", "preparing", "ready", "served"];

export const labels = /** @type {Record<string, string>} */ ({ pending: "Pending", preparing: "Preparing", ready: "Ready", served: "Served", completed: "Completed", cancelled: "Cancelled" });

/** What the next step is called on a button. */
export const verbs = /** @type {Record<string, string>} */ ({ preparing: "Start", ready: "Ready", served: "Serve", completed: "Complete" });

const after = /** @type {Record<string, string>} */ ({ pending: "preparing", preparing: "ready", ready: "served", served: "completed" });
const before = /** @type {Record<string, string>} */ ({ preparing: "pending", ready: "preparing" });

const completing = ["admin", "manager", "cashier", "waiter"];
const creating = ["admin", "manager", "cashier", "waiter", "staff"];

/** @param {Order} order @param {string} role @returns {string} the status one step on, "" = none */
export function forward(order, role) {
  const next = after[order.status];
  return next && (next !== "completed" || completing.includes(role)) ? next : "";
}

/** @param {Order} order */
export const recall = (order) => before[order.status] ?? "";

/** @param {Order} order @param {string} role */
export function mayComplete(order, role) {
  return completing.includes(role) && order.status !== "served"; // served: that is its one step on
}

/** @param {Order} order @param {string} role */
export function mayCancel(order, role) {
  return role === "admin" || role === "manager" || ((role === "waiter" || role === "cashier") && order.status === "pending");
}

/** @param {string} role */
export const mayCreate = (role) => creating.includes(role);
