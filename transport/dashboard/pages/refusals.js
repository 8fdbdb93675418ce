/** @typedef {{status?: number, code?: string, detail?: string, errors?: {field: string, detail: string}[]}} Problem as the engine says it */

const fields = /** @type {Record<string, string>} */ ({ table_id: "Table", customer_name: "Name", customer_phone: "Phone", notes: "Note", quantity: "Quantity", modifiers: "Options" });

/**
 * What the engine has against an order, in words for a waiter, and what of it is
 * about which line.
 * @param {Problem} problem @param {{item: {name: string}}[]} lines
 * @returns {{text: string, lines: Map<number, string>}}
 */
export function inWords({ code, detail, errors = [] }, lines) {
  const found = new Map();
  const texts = errors.map(({ field, detail }) => {
    const [, at, member] = /^items\[(\d+)\](?:\.([a-z_]+))?/.exec(field) ?? [];
    const name = lines[Number(at)]?.item.name;
    const word = fields[member ?? field];
    const said = code === "ITEM_SOLD_OUT" ? "Sold out" : word ? `${word}: ${detail}` : detail;
    if (name) found.set(Number(at), said);
    if (code === "ITEM_SOLD_OUT" && name) return `${name} is sold out`;
    return name ? `${name}: ${said}` : said;
  });
  return { text: texts.join(". ") || plain(code, detail), lines: found };
}

/** @param {string} [code] @param {string} [detail] */
function plain(code, detail) {
  switch (code) {
    case "EXPIRED": return "It waited for a day and was not sent";
    case "ORDER_CLOSED": return "That order is closed by now: make it a new one";
    case "ORDER_NOT_FOUND": return "That order is not there any more: make it a new one";
    case "FORBIDDEN": return `You may not do this. ${detail ?? ""}`.trim();
    case "QUEUE_FULL": return "Too much is waiting on this device already: nothing more is taken until the connection is back";
    default: return (detail ?? code ?? "It was refused").replace(/^[a-z_]+(\[\d+\])?(\.[a-z_]+)*: /, "");
  }
}
