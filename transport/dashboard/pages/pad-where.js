import { isOpen } from "../heard.js";
import { typeName } from "./words.js";

/** @typedef {import("../heard.js").Order} Order */
/** @typedef {{kind: "" | "table" | "counter" | "takeaway" | "delivery", number?: number, name?: string}} Where whom an order is for; "" = nobody has said */

/** @type {Where} */
export const nowhere = { kind: "" };

/** @param {Where} where */
export function whereName({ kind, number, name }) {
  if (kind === "table") return name ?? `Table ${number}`;
  return kind ? typeName(kind) : "";
}

/** @param {Where} where the members of a new order */
export function whereBody({ kind, number, name }) {
  const type = kind === "takeaway" || kind === "delivery" ? kind : "dine_in";
  return { table_id: kind === "table" ? name ?? `t-${number}` : null, table_number: number ?? 0, order_type: type };
}

/** @param {Where} where */
export const asksCustomer = ({ kind }) => kind === "takeaway" || kind === "delivery";

/** The open orders of a table, oldest first. @param {Iterable<Order>} orders @param {Where} where */
export function ordersAt(orders, where) {
  if (where.kind !== "table") return [];
  const { table_id, table_number } = whereBody(where);
  return [...orders].filter((order) => isOpen(order) && (order.order_type ?? "dine_in") === "dine_in" && (order.table_id === table_id || (table_number > 0 && order.table_number === table_number)))
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
}

const stored = "heard:tables";
const mostTables = 500;

/** The tables of this device, until the organisation has its own list. */
export function deviceTables() {
  try {
    const { count, names } = JSON.parse(localStorage.getItem(stored) ?? "{}");
    return { count: clamp(count ?? 20), names: Array.isArray(names) ? names.map(String) : [] };
  } catch {
    return { count: 20, names: [] };
  }
}

/** @param {{count: number, names: string[]}} tables */
export function setDeviceTables({ count, names }) {
  const tidy = [...new Set(names.map((name) => name.trim()).filter(Boolean))].slice(0, mostTables);
  localStorage.setItem(stored, JSON.stringify({ count: clamp(count), names: tidy }));
}

/** @param {number} count */
const clamp = (count) => Math.min(mostTables, Math.max(0, Math.floor(Number(count) || 0)));
