/** @typedef {import("../heard.js").Order} Order */

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number | string} amount @param {string} [currency] */
export function money(amount, currency = "INR") {
  let format = formats.get(currency);
  if (!format) {
    try {
      format = new Intl.NumberFormat(undefined, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
    } catch {
      format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2 });
    }
    formats.set(currency, format);
  }
  return format.format(Number(amount));
}

/** The time of day where the restaurant is. @param {number | string} at @param {string} [timeZone] */
export function clockText(at, timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const parts = { hour: "2-digit", minute: "2-digit" };
  try {
    return new Date(at).toLocaleTimeString([], { ...parts, timeZone });
  } catch {
    return new Date(at).toLocaleTimeString([], parts); // a zone that this browser does not know
  }
}

/** @param {Order} order */
export function place(order) {
  if (order.order_type && order.order_type !== "dine_in") return typeName(order.order_type);
  if (order.table_number) return `Table ${order.table_number}`;
  return order.table_id && order.table_id !== "counter" ? order.table_id : "Counter";
}

/** @param {string} type */
export const typeName = (type) => type.charAt(0).toUpperCase() + type.slice(1).replaceAll("_", " ");

/** @param {Order} order */
export const title = (order) => `Order ${order.number ?? ""} · ${place(order)}`;

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
