import { HeardError } from "../heard.js";
import { randomKey } from "../heard/commands.js";

/**
 * @typedef {object} DraftLine
 * @property {string} key names the line on this screen
 * @property {any} item of the menu
 * @property {number} quantity
 * @property {{name: string, price: number}[]} modifiers
 * @property {string} notes
 * @property {string} [problem] what the engine had against it
 */

const stored = "heard:draft";
const calculateAfterMS = 120;

/**
 * Draft is the order that is being taken. Its key stays the same until it was
 * answered: however often "Place" is tapped, it is one order.
 */
export class Draft {
  /** @type {DraftLine[]} */
  lines = [];
  table = "";
  key = randomKey();
  /** @type {any} the engine's bill, null while there is none */
  bill = null;
  problem = "";
  /** "" | "sending" */
  stage = "";
  #heard;
  #changed;
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("../heard.js").Heard} heard @param {string} who @param {() => void} changed */
  constructor(heard, who, changed) {
    this.#heard = heard;
    this.#changed = changed;
    this.storedAt = `${stored}:${who}`;
    try {
      const left = JSON.parse(sessionStorage.getItem(this.storedAt) ?? "null");
      if (left) Object.assign(this, { lines: left.lines, table: left.table, key: left.key });
    } catch {
      sessionStorage.removeItem(this.storedAt);
    }
    if (this.lines.length) this.#price();
  }

  /** @param {any} item @param {{modifiers?: any[], notes?: string}} [options] */
  add(item, { modifiers = [], notes = "" } = {}) {
    if (this.stage) return; // what was sent cannot grow any more
    const same = this.lines.find((line) => line.item.id === item.id && line.notes === notes && JSON.stringify(line.modifiers) === JSON.stringify(modifiers));
    if (same) same.quantity++;
    else this.lines.push({ key: randomKey(), item, quantity: 1, modifiers, notes });
    this.#edited();
  }

  /** @param {DraftLine} line @param {Partial<DraftLine>} members quantity 0 removes it */
  change(line, members) {
    if (this.stage) return;
    Object.assign(line, members, { problem: "" });
    this.lines = this.lines.filter(({ quantity }) => quantity > 0);
    this.#edited();
  }

  /** @param {string} table */
  setTable(table) {
    if (this.stage) return;
    this.table = table;
    this.#edited();
  }

  clear() {
    this.lines = [];
    this.bill = null;
    this.#edited();
  }

  /** An earlier page may have sent it: its answer ends this draft too. @param {{key: string, ok: boolean}} answer */
  answered({ key, ok }) {
    if (key === this.key && ok && !this.stage) this.clear();
  }

  /** How many of an item are on the draft. @param {string} id */
  count(id) {
    return this.lines.reduce((sum, line) => sum + (line.item.id === id ? line.quantity : 0), 0);
  }

  /** @returns {Promise<any>} the order, or null when it was refused */
  async place() {
    if (this.stage || !this.lines.length) return null;
    this.stage = "sending";
    this.problem = "";
    this.#changed();
    const { key } = this;
    try {
      const order = await this.#heard.command("POST", "/api/orders", this.#body(), { key });
      this.table = "";
      this.stage = "";
      this.clear();
      return order;
    } catch (error) {
      this.stage = "";
      this.#refused(error);
      return null;
    }
  }

  #body() {
    const number = Number(/^\d+$/.test(this.table) ? this.table : 0);
    return {
      table_id: number ? `t-${number}` : null,
      table_number: number,
      order_type: this.table === "takeaway" ? "takeaway" : "dine_in",
      items: this.lines.map(({ item, quantity, modifiers, notes }) => ({
        menu_item_id: item.id, name: item.name, quantity, price: item.price,
        ...(modifiers.length && { modifiers: modifiers.map(({ name, price }) => ({ name, price })) }), ...(notes && { notes }),
      })),
    };
  }

  #edited() {
    // Another content under the same key would be refused.
    this.key = randomKey();
    this.problem = "";
    sessionStorage.setItem(this.storedAt, JSON.stringify({ lines: this.lines, table: this.table, key: this.key }));
    this.#price();
    this.#changed();
  }

  /** Asks for the bill, and takes only the answer to the last question. */
  #price() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    if (!this.lines.length) return;
    this.#timer = setTimeout(async () => {
      try {
        const bill = await this.#heard.command("POST", "/api/orders/calculate", this.#body());
        if (asked === this.#asked) this.bill = bill;
      } catch (error) {
        if (asked === this.#asked) this.#refused(error);
      }
      this.#changed();
    }, calculateAfterMS);
  }

  /** @param {unknown} error */
  #refused(error) {
    this.problem = error instanceof Error ? error.message : String(error);
    if (error instanceof HeardError) {
      for (const { field, detail } of error.errors) {
        const line = this.lines[Number(/^items\[(\d+)\]/.exec(field)?.[1])];
        if (line) line.problem = error.code === "ITEM_SOLD_OUT" ? "Sold out" : detail;
      }
    }
    this.#changed();
  }
}
