import { detailsText, rounded } from "./lines.js";

/** @typedef {import("../heard.js").Order} Order */
/**
 * @typedef {object} Kept what the kitchen was told of an order and has taken note of
 * @property {Order} order as it was then, no more of it than a ticket shows
 * @property {string} asked when what is to be made was asked for
 * @property {Order} [before] it left the kitchen as `order`, made; before that the kitchen had taken note of this
 * @property {Record<string, number>} [made] it came back with more on it: how much of each line was made before
 * @property {boolean} [recalled] it came back, and nobody has taken note
 * @property {boolean} [cancelled] likewise
 */
/**
 * @typedef {object} Marks what of a ticket is not as the kitchen was told
 * @property {Map<string, {kind: "new" | "changed", text: string, was?: string}>} lines by line id; was: the modifiers and note before
 * @property {any[]} gone lines that were taken off
 * @property {Record<string, number>} made how much of each line was made before the rest was ordered
 * @property {string} badge for the whole ticket, "" = none
 */

const mostKept = 300;
const saveAfterMS = 500;

/**
 * KitchenMemory holds what this screen's kitchen knows of each ticket, so that
 * what changed since is marked until somebody has taken note: also after the page
 * was loaded anew, or while the screen was off. What was added to an order says
 * the order itself (`added` of a line), so that a screen without memory has it too.
 */
export class KitchenMemory {
  /** @type {Map<string, Kept>} oldest first */
  #kept = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;
  #storage;
  #key;

  /** @param {Storage} storage @param {string} key */
  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
    try {
      for (const kept of JSON.parse(storage.getItem(key) ?? "[]")) this.#kept.set(kept.order.id, kept);
    } catch {
      storage.removeItem(key);
    }
  }

  /** @param {string} id */
  has(id) {
    return this.#kept.has(id);
  }

  /** Those that the engine should still name among the open ones. @returns {string[]} */
  get open() {
    return [...this.#kept].filter(([, { cancelled }]) => !cancelled).map(([id]) => id);
  }

  /** Tickets that were cancelled and wait for somebody to take note. @returns {Order[]} */
  get cancelled() {
    return [...this.#kept.values()].filter(({ cancelled }) => cancelled).map(({ order }) => order);
  }

  /**
   * Takes in what an order is now.
   * @param {Order} order @param {boolean} byHand this screen recalled it
   * @returns {"" | "new" | "recalled" | "cancelled"} what that is to the kitchen
   */
  take(order, byHand = false) {
    const kept = this.#kept.get(order.id);
    const isHere = order.status === "pending" || order.status === "preparing";
    if (!kept) {
      if (isHere) this.#put({ order: before(order), asked: order.created_at });
      return isHere ? "new" : "";
    }
    if (order.status === "cancelled" && !kept.before) {
      if (kept.cancelled) return "";
      this.#put({ ...kept, order: { ...kept.order, status: "cancelled", version: order.version, cancel_reason: order.cancel_reason }, cancelled: true });
      return "cancelled";
    }
    if (order.status === "cancelled" || order.status === "completed") return this.drop(order.id), "";
    if (!isHere) {
      if (!kept.before) this.#put({ ...kept, order: slim(order), before: kept.order, recalled: false });
      return "";
    }
    if (!kept.before && !kept.cancelled) return "";
    this.#cameBack(kept, order, byHand);
    return byHand ? "" : "recalled";
  }

  /** With more on it only that is to be made; as it was, everything is as if it had not left. @param {Kept} kept @param {Order} order @param {boolean} byHand */
  #cameBack({ order: left, before = left, asked, made }, order, byHand) {
    const { lines } = this.marks(order);
    if (!lines.size) return this.#put({ order: before, asked, made, recalled: !byHand });
    this.#put({ order: left, asked: order.updated_at, made: Object.fromEntries((left.items ?? []).map(({ line_id, quantity }) => [line_id, quantity])), recalled: true });
  }

  /** @param {Order} order */
  asked(order) {
    return this.#kept.get(order.id)?.asked ?? order.created_at;
  }

  /** @param {Order} order @returns {Marks} */
  marks(order) {
    const kept = this.#kept.get(order.id);
    /** @type {Marks} */
    const marks = { lines: new Map(), gone: [], made: kept?.made ?? {}, badge: kept?.cancelled ? "Cancelled" : kept?.recalled ? (kept.made ? "More" : "Back again") : "" };
    if (!kept || kept.cancelled) return marks;
    const known = new Map((kept.order.items ?? []).map((line) => [line.line_id, line]));
    for (const line of order.items ?? []) {
      const mark = compared(known.get(line.line_id), line);
      if (mark) marks.lines.set(line.line_id, mark);
      known.delete(line.line_id);
    }
    marks.gone = [...known.values()];
    return marks;
  }

  /** Somebody took note of it as it is. @param {Order} order */
  seen(order) {
    const kept = this.#kept.get(order.id);
    if (kept?.cancelled) this.drop(order.id);
    else if (kept && !kept.before) this.#put({ order: slim(order), asked: kept.asked, made: kept.made });
  }

  /** @param {string} id */
  drop(id) {
    if (this.#kept.delete(id)) this.#plan();
  }

  /** Writes at once: the page goes away. */
  save() {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    try {
      this.#storage.setItem(this.#key, JSON.stringify([...this.#kept.values()].slice(-mostKept)));
    } catch {
      // Full or forbidden: what is marked lives as long as the page then.
    }
  }

  /** @param {Kept} kept */
  #put(kept) {
    this.#kept.set(kept.order.id, kept);
    this.#plan();
  }

  #plan() {
    this.#saving ??= setTimeout(() => this.save(), saveAfterMS);
  }
}

/** No more than a ticket shows. @param {Order} order @returns {Order} */
function slim({ id, order_id, number, status, version, table_id, table_number, order_type, customer_name, waiter_name, created_at, updated_at, items = [] }) {
  const lines = items.map(({ line_id, menu_item_id, name, quantity, modifiers = [], notes, seat }) => ({ line_id, menu_item_id, name, quantity: Number(quantity), modifiers: modifiers.map((/** @type {any} */ modifier) => ({ name: modifier.name })), notes, seat }));
  return { id, order_id, number, status, version, table_id, table_number, order_type, customer_name, waiter_name, created_at, updated_at, items: lines };
}

/** The order without what was added after the kitchen had it and is not made. @param {Order} order */
function before(order) {
  const added = new Map((order.items ?? []).map((line) => [line.line_id, Number(line.added ?? 0)]));
  const was = slim(order);
  was.items = was.items?.map((line) => ({ ...line, quantity: rounded(line.quantity - (added.get(line.line_id) ?? 0)) })).filter(({ quantity }) => quantity > 0);
  return was;
}

/** @param {any} was @param {any} line @returns {{kind: "new" | "changed", text: string, was?: string} | null} */
function compared(was, line) {
  if (!was) return { kind: "new", text: "NEW" };
  const more = rounded(Number(line.quantity) - was.quantity);
  const [old, now] = [detailsText(was), detailsText(line)];
  const words = [more > 0 && `+${more} NEW`, more < 0 && `${was.quantity} → ${line.quantity}`, old !== now && "CHANGED"].filter(Boolean);
  if (!words.length) return null;
  return { kind: more > 0 ? "new" : "changed", text: more < 0 && old === now ? `CHANGED ${words[0]}` : words.join(" · "), ...(old !== now && { was: old || "nothing special" }) };
}
