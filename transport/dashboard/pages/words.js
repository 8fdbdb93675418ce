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

/** Where it goes: the table, or how it is fetched. @param {Order} order */
export function place(order) {
  if (order.order_type && order.order_type !== "dine_in") return typeName(order.order_type);
  if (order.table_number) return `Table ${order.table_number}`;
  return order.table_id && order.table_id !== "counter" ? own(order.table_id) : "Counter";
}

/** What stands below the place, each a text of its own direction. @param {Order} order @returns {string[]} */
export function under(order) {
  const table = order.order_type && order.order_type !== "dine_in" && order.table_number ? `Table ${order.table_number}` : "";
  return [`#${order.number}`, table, order.customer_name, order.waiter_name].filter(Boolean);
}

/** @param {string} type */
export const typeName = (type) => type.charAt(0).toUpperCase() + type.slice(1).replaceAll("_", " ");

/** @param {Order} order */
export const title = (order) => `Order ${order.number ?? ""} · ${place(order)}`;

/** People's text inside a sentence of ours: right-to-left letters leave the rest in its order. @param {string} text */
export const own = (text) => (/[\u0590-\u08ff\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text);

/**
 * A refusal as people say it: without the path of a field in the request.
 * @param {unknown} error
 */
export function plainly(error) {
  const { message = "", errors = [] } = /** @type {any} */ (error ?? {});
  const said = errors.length ? errors.map(blamed) : [message.replace(/^[a-z_]+(\[\d+\]|\.[a-z_]+)*: /, "") || String(error)];
  return said.map((/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1)).join(". ");
}

/** "must be more than 0" needs its subject, "Paneer Tikka is sold out" has one. @param {{field: string, detail: string}} error */
const blamed = ({ field, detail }) => (/^\p{Ll}/u.test(detail) ? `${(/[a-z_]+(?=(\[\d+\])?$)/.exec(field)?.[0] ?? "it").replaceAll("_", " ")} ${detail}` : detail);

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
