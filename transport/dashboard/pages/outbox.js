import { keptPrefix } from "../heard/kept.js";
import { toast } from "./notices.js";
import { whereName } from "./pad-where.js";
import { inWords } from "./refusals.js";
import { count, money, title } from "./words.js";

/** @typedef {import("../heard/commands.js").Waiting} Waiting */
/** @typedef {import("./pad-draft.js").Left} Left what is kept with an order on its way: the draft it was */

const mostOrders = 200;
const lane = "orders of the pad";

/**
 * Outbox is the orders that this person's pad has let go of and nobody has
 * answered, or that were refused. The client keeps them, for this person alone;
 * here is what a waiter has to be told.
 */
export class Outbox {
  /** @type {(waiting: Waiting) => boolean} the pad takes a refused order back into its draft, when it is free */
  returned = () => false;
  #heard;
  #claims;

  /** @param {import("../heard.js").Heard} heard @param {import("./session.js").Claims} claims */
  constructor(heard, claims) {
    this.#heard = heard;
    this.#claims = claims;
  }

  start() {
    this.#heard.on("answer", (answer) => this.#answered(answer));
  }

  /** Oldest first. @returns {Waiting[]} */
  get orders() {
    return this.#heard.queue.filter(({ note }) => note?.lines);
  }

  /** Those on their way to a table. @param {import("./pad-where.js").Where} where */
  at(where) {
    return this.orders.filter(({ note, refusal }) => !refusal && whereName(note.where) === whereName(where));
  }

  /** Why nothing more is taken; "" = it is. */
  get full() {
    return this.orders.length < mostOrders ? "" : `${mostOrders} orders are waiting on this device: nothing more is taken until the connection is back`;
  }

  /** @param {{key: string, path: string, body: any, note: Left}} order */
  place({ key, path, body, note }) {
    const by = this.#claims.name || this.#claims.sub;
    this.#heard.command("POST", path, body, { key, note: { ...note, by }, ...(note.adds ? {} : { lane }) }).catch(() => {}); // the answer tells, also on another page
  }

  /** Who else left orders on this device, and how many. They are theirs to send. @returns {[string, number][]} */
  others() {
    /** @type {Map<string, number>} */
    const found = new Map();
    const all = keptPrefix(this.#claims.org);
    const mine = keptPrefix(this.#claims.org, this.#claims.sub);
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(all) || name.startsWith(mine)) continue;
      const { note, refusal } = read(localStorage.getItem(name));
      if (note?.lines && !refusal) found.set(note.by, (found.get(note.by) ?? 0) + 1);
    }
    return [...found];
  }

  /** @param {any} answer */
  #answered({ key, ok, status, body, note, earlier }) {
    if (!note?.lines) {
      if (!ok && earlier) toast(`A change from before this page was loaded was refused: ${inWords(body ?? {}, []).text}`, { error: true });
      return;
    }
    if (ok) return void toast(`${note.adds ? `Added to ${title(body).toLowerCase()}` : `${title(body)} placed`}, ${money(body.total, body.currency)}`);
    const waiting = this.orders.find((order) => order.key === key);
    if (!waiting || this.returned(waiting)) return;
    toast(`${labelOf(waiting)} was refused: ${inWords(body ?? { code: `status ${status}` }, note.lines).text}`, { error: true });
  }
}

/** @param {string | null} text */
function read(text) {
  try {
    return JSON.parse(text ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Waiting} waiting */
export const labelOf = ({ note }) => `${whereName(note.where)}${note.adds ? `, to order ${note.adds.number}` : ""}`;

/** @param {Waiting[]} orders */
export function summary(orders) {
  const refused = orders.filter(({ refusal }) => refusal);
  const waiting = orders.filter(({ refusal }) => !refusal);
  const names = (/** @type {Waiting[]} */ some) => some.map(labelOf).join(", ");
  return [waiting.length && `${waiting.length} waiting: ${names(waiting)}`, refused.length && `${count(refused.length, "order")} refused: ${names(refused)}`].filter(Boolean).join(" · ");
}
