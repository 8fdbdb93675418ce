import { HeardError } from "../heard.js";
import { labels, wayBack } from "./moves.js";
import { toast } from "./notices.js";
import { plainly, title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./notices.js").Toast} Toast */
/** @typedef {import("../heard.js").Order} Order */

/** So long a move that nothing takes back waits on this screen before it is sent. */
const secondThoughtsMS = 4_000;
const undoStaysMS = 8_000;

/**
 * Mover carries moves out, each under the version that was on the screen: two
 * people who both move an order on move it once. An Undo belongs to its own move:
 * it goes when the order moves on, and never takes back anything else.
 */
export class Mover {
  /** @type {Set<string>} orders whose move is not answered yet */
  moving = new Set();
  /** @type {Map<string, {order: Order, to: string, toast: Toast, timer: ReturnType<typeof setTimeout>}>} */
  #held = new Map();
  /** @type {Map<string, {version: number, toast: Toast}>} */
  #undos = new Map();
  #app;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    app.heard.on("order_update", (order) => this.#movedOn(order));
  }

  /** @param {Order} order @param {string} to @returns {Promise<boolean>} whether it was moved; false too when it waits */
  async move(order, to) {
    if (this.moving.has(order.id)) return false;
    const back = wayBack(order.status, to, this.#app.rights);
    if (!back && (to === "served" || to === "completed")) return this.#hold(order, to);
    const version = await this.#carryOut(order, [to]);
    if (version && back) this.#offerUndo(order, to, version, back);
    return version > 0;
  }

  /** @param {Order} order @param {string} reason */
  async cancel(order, reason) {
    const version = await this.#carryOut(order, ["cancel"], { body: reason ? { reason } : undefined });
    if (version) toast(`${title(order)} is cancelled`);
  }

  /** Takes a completed order up again. @param {Order} order */
  async reopen(order) {
    if (await this.#carryOut(order, ["reopen"])) toast(`${title(order)} is open again: ${labels.preparing.toLowerCase()}`);
  }

  /** What still waits is sent: the page goes away. */
  flush() {
    for (const id of this.#held.keys()) void this.#send(id);
  }

  /** The engine has no way back from here: so it is sent a little later. @param {Order} order @param {string} to */
  #hold(order, to) {
    const told = toast(`${title(order)}: ${labels[to].toLowerCase()}`, { action: "Undo", act: () => this.#letGo(order.id), stayMS: secondThoughtsMS });
    this.moving.add(order.id);
    this.#held.set(order.id, { order, to, toast: told, timer: setTimeout(() => void this.#send(order.id), secondThoughtsMS) });
    this.#app.changed();
    return false;
  }

  /** @param {string} id */
  #letGo(id) {
    const held = this.#held.get(id);
    clearTimeout(held?.timer);
    this.#held.delete(id);
    this.moving.delete(id);
    this.#app.changed();
    return held;
  }

  /** @param {string} id */
  async #send(id) {
    const held = this.#letGo(id);
    if (!held) return;
    held.toast.close();
    await this.#carryOut(held.order, [held.to]);
  }

  /** @param {Order} order as it was before @param {string} to @param {number} version that the move made @param {string[]} back */
  #offerUndo(order, to, version, back) {
    const { orders } = this.#app.heard;
    const undo = () => {
      this.#undos.delete(order.id);
      void this.#carryOut({ ...order, version }, back, { stale: (now) => `Not undone: ${became(now, to)}` });
    };
    this.#undos.get(order.id)?.toast.close();
    const told = toast(`${title(order)}: ${labels[to].toLowerCase()}`, { action: "Undo", act: undo, stayMS: undoStaysMS });
    this.#undos.set(order.id, { version, toast: told });
    const now = orders.get(order.id);
    if (now) this.#movedOn(now);
  }

  /** Somebody changed the order: an Undo of what was before is none any more. @param {Order} order */
  #movedOn(order) {
    const undo = this.#undos.get(order.id);
    if (undo && order.version > undo.version) {
      this.#undos.delete(order.id);
      undo.toast.close();
    }
    const held = this.#held.get(order.id);
    if (held && order.version > held.order.version) {
      this.#letGo(order.id);
      held.toast.change(`Not moved to ${labels[held.to].toLowerCase()}: ${became(order, held.order.status)}`);
    }
  }

  /**
   * @param {Order} order @param {string[]} steps statuses, "reopen" or "cancel"
   * @param {{body?: any, stale?: (now: Order) => string}} [options] body of a cancel; what to say when somebody was first
   * @returns {Promise<number>} the order's version then; 0 = refused
   */
  async #carryOut(order, steps, { body, stale = (now) => `${title(now)} was changed by somebody else meanwhile: look again` } = {}) {
    if (this.moving.has(order.id)) return 0;
    this.moving.add(order.id);
    this.#app.changed();
    if (["offline", "silent"].includes(this.#app.heard.state)) toast("No connection: this is sent as soon as it is back");
    let { version } = order;
    try {
      for (const step of steps) {
        const answer = await this.#app.heard.command(...call(order.id, step, body), { headers: { "If-Match": `"v${version}"` } });
        version = answer.version;
      }
      return version;
    } catch (error) {
      const isStale = error instanceof HeardError && error.code === "VERSION_MISMATCH";
      const now = (isStale && (error.body.order ?? this.#app.heard.orders.get(order.id))) || order;
      toast(isStale ? stale(now) : `${title(order)}: ${plainly(error)}`, { error: true });
      return 0;
    } finally {
      this.moving.delete(order.id);
      this.#app.changed();
    }
  }
}

/** @param {string} id @param {string} step @param {any} body @returns {[string, string, any]} */
function call(id, step, body) {
  const at = `/api/orders/${id}`;
  if (step === "cancel") return ["PUT", `${at}/cancel`, body];
  return step === "reopen" ? ["POST", `${at}/reopen`, undefined] : ["PUT", `${at}/status`, { status: step }];
}

/** @param {Order} order @param {string} status that was looked for */
const became = (order, status) => (order.status === status ? `${title(order)} was changed meanwhile` : `${title(order)} is ${labels[order.status].toLowerCase()} now`);
