import { HeardError } from "../heard.js";
import { randomKey } from "../heard/commands.js";
import { nowhere, whereBody, whereName } from "./pad-where.js";
import { inWords } from "./refusals.js";

/**
 * @typedef {object} DraftLine
 * @property {string} key names the line on this screen
 * @property {any} item of the menu
 * @property {number} quantity
 * @property {{name: string, price: number, group: string}[]} modifiers
 * @property {string} notes
 * @property {string} [problem] what the engine had against it
 */

/**
 * @typedef {object} Left what of a draft outlives a reload, and goes along with the order until it is answered
 * @property {DraftLine[]} lines
 * @property {import("./pad-where.js").Where} where
 * @property {{name: string, phone: string}} customer
 * @property {{id: string, number: number} | null} adds the order that it is added to; null = it is a new one
 * @property {string[]} beside open orders of the table that a new one was agreed to be made beside of
 */

const stored = "heard:draft";
const calculateAfterMS = 120;
const soldOut = "Sold out";

/** @returns {Left} */
const empty = () => ({ lines: [], where: nowhere, customer: { name: "", phone: "" }, adds: null, beside: [] });

/**
 * Draft is the order that is being taken. It is let go of the moment it is
 * placed, so that the next table can be served: its key goes along, and however
 * often it is sent, it is one order.
 */
export class Draft {
  /** @type {Left} */
  #left = empty();
  key = randomKey();
  /** @type {any} the engine's bill, null while there is none */
  bill = null;
  problem = "";
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
      const { key, ...left } = JSON.parse(sessionStorage.getItem(this.storedAt) ?? "{}");
      if (key && left.where) Object.assign(this, { key }), Object.assign(this.#left, left);
    } catch {
      sessionStorage.removeItem(this.storedAt);
    }
    if (this.lines.length) this.#price();
  }

  get lines() {
    return this.#left.lines;
  }

  get where() {
    return this.#left.where;
  }

  get customer() {
    return this.#left.customer;
  }

  get adds() {
    return this.#left.adds;
  }

  get beside() {
    return this.#left.beside;
  }

  /** How many dishes there are. */
  get size() {
    return this.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  /** @param {any} item @param {{modifiers?: any[], notes?: string}} [options] */
  add(item, { modifiers = [], notes = "" } = {}) {
    const same = this.lines.find((line) => line.item.id === item.id && line.notes === notes && JSON.stringify(line.modifiers) === JSON.stringify(modifiers));
    if (same) same.quantity++;
    else this.lines.push({ key: randomKey(), item, quantity: 1, modifiers, notes });
    this.#edited();
  }

  /** @param {DraftLine} line @param {Partial<DraftLine>} members quantity 0 removes it */
  change(line, members) {
    Object.assign(line, members, { problem: line.item.available === false ? soldOut : "" });
    this.#left.lines = this.lines.filter(({ quantity }) => quantity > 0);
    this.#edited();
  }

  /** One of a line's dishes becomes a line of its own, with other options. @param {DraftLine} line @param {{modifiers: any[], notes: string}} options */
  split(line, options) {
    line.quantity -= 1;
    this.lines.splice(this.lines.indexOf(line) + 1, 0, { ...line, ...options, key: randomKey(), quantity: 1, problem: "" });
    this.#edited();
  }

  /** @param {import("./pad-picker.js").Choice} choice */
  choose({ where, adds, beside }) {
    Object.assign(this.#left, { where, adds, beside });
    this.#edited();
  }

  /** @param {Partial<{name: string, phone: string}>} members */
  setCustomer(members) {
    Object.assign(this.customer, members);
    this.#edited();
  }

  /** @returns {Left} what there was */
  clear() {
    const before = this.#left;
    this.#left = empty();
    this.bill = null;
    this.#edited();
    return before;
  }

  /** A draft from before: it was cleared by mistake, or refused. @param {Left} left @param {any} [problem] as the engine said it */
  bring(left, problem) {
    const { lines, where, customer, adds, beside } = left;
    this.#left = { lines: lines.map((line) => ({ ...line, problem: "" })), where, customer, adds, beside };
    this.#edited();
    if (problem) this.#refused(problem);
  }

  /** The menu is another one: prices, and what is sold out, are of now. @param {any[]} menu */
  refresh(menu) {
    for (const line of this.lines) {
      line.item = menu.find(({ id }) => id === line.item.id) ?? line.item;
      if (line.item.available === false) line.problem = soldOut;
      else if (line.problem === soldOut) line.problem = "";
    }
    this.#sayWhatIsSoldOut();
    if (this.lines.length) this.#price();
  }

  /** @returns {boolean} whether something is sold out, and said so */
  #sayWhatIsSoldOut() {
    const gone = this.lines.filter(({ problem }) => problem === soldOut).map(({ item }) => item.name);
    if (gone.length) this.problem = `${gone.join(", ")} ${gone.length > 1 ? "are" : "is"} sold out`;
    else if (this.problem.endsWith("sold out")) this.problem = "";
    this.#changed();
    return gone.length > 0;
  }

  /** An order of another tab, or an earlier page, with this very draft in it. @param {{key: string, ok: boolean}} answer */
  answered({ key, ok }) {
    if (key === this.key && ok) this.clear();
  }

  /** How many of an item are on the draft. @param {string} id */
  count(id) {
    return this.lines.reduce((sum, line) => sum + (line.item.id === id ? line.quantity : 0), 0);
  }

  /** Lets go of it, to be sent. @returns {{key: string, path: string, body: any, note: Left} | null} null: something has to be put right first */
  take() {
    if (!this.lines.length || this.#sayWhatIsSoldOut()) return null;
    const { key, adds } = this;
    const sent = { key, path: adds ? `/api/orders/${adds.id}/items` : "/api/orders", body: adds ? { items: this.#items() } : this.#body() };
    return { ...sent, note: this.clear() };
  }

  #items() {
    return this.lines.map(({ item, quantity, modifiers, notes }) => ({
      menu_item_id: item.id, name: item.name, quantity, price: item.price,
      ...(modifiers.length && { modifiers }), ...(notes && { notes }),
    }));
  }

  #body() {
    const { name, phone } = this.customer;
    return { ...whereBody(this.where), items: this.#items(), ...(name && { customer_name: name }), ...(phone && { customer_phone: phone }) };
  }

  #edited() {
    // Another content under the same key would be refused.
    this.key = randomKey();
    this.problem = "";
    sessionStorage.setItem(this.storedAt, JSON.stringify({ ...this.#left, key: this.key }));
    this.#price();
    this.#changed();
  }

  /** Asks for the bill, and takes only the answer to the last question. */
  #price() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    if (this.#heard.state !== "live" || !this.lines.length) this.bill = null; // rather none than an old one
    if (!this.lines.length) return;
    this.#timer = setTimeout(async () => {
      try {
        const bill = await this.#heard.command("POST", "/api/orders/calculate", { items: this.#items() });
        if (asked === this.#asked) this.bill = bill;
      } catch (error) {
        if (asked !== this.#asked) return;
        this.bill = null;
        if (error instanceof HeardError && error.code !== "OFFLINE") this.#refused(error.body ?? error);
      }
      this.#changed();
    }, calculateAfterMS);
  }

  /** @param {any} problem */
  #refused(problem) {
    const { text, lines } = inWords(problem, this.lines);
    this.problem = text;
    for (const [at, said] of lines) this.lines[at].problem = said;
    this.#changed();
  }
}

/** What one says of a draft in a word or two. @param {Draft} draft */
export const draftName = (draft) => (draft.adds ? `${whereName(draft.where)}, to order ${draft.adds.number}` : whereName(draft.where));
