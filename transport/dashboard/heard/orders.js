/**
 * @typedef {{id: string, order_id: string, status: string, version: number, number?: number, items?: any[], [member: string]: any}} Order
 */

/** Closed orders that are remembered, so that an old frame cannot bring one back. */
const closedKept = 500;

/**
 * Orders is what this client knows: a Map by id that never goes back to an
 * older version. Read it as you like; only put, doubt and sweep change it.
 * @extends {Map<string, Order>}
 */
export class Orders extends Map {
  /** @type {Set<string>} what must be named by the running snapshot to stay */
  #doubted = new Set();
  /** @type {Set<string>} oldest first */
  #closed = new Set();

  /**
   * Takes an order in. An order in doubt is replaced whatever its version: it
   * may come from a history that was restored, where versions begin again.
   * @param {Order} order whole, or the short form {id, order_id, status, version}
   * @returns {"new" | "newer" | "same" | "older"}
   */
  put(order) {
    const known = this.get(order.id);
    const doubted = this.#doubted.delete(order.id);
    if (known && !doubted && order.version < known.version) return "older";
    if (known && order.version === known.version && (!doubted || order.updated_at === known.updated_at)) return "same";
    // The short form says less than we know: it changes members and removes none.
    this.set(order.id, order.items || !known ? order : { ...known, ...order });
    this.#noteClosed(order);
    return known ? "newer" : "new";
  }

  /** From now until sweep, everything known is in doubt: a snapshot begins. */
  doubt() {
    this.#doubted = new Set(this.keys());
  }

  /**
   * The snapshot is over: what it did not name is no longer active.
   * @returns {Order[]} the orders that were shown as open and are gone
   */
  sweep() {
    /** @type {Order[]} */
    const gone = [];
    for (const id of this.#doubted) {
      const order = /** @type {Order} */ (this.get(id));
      if (isOpen(order)) gone.push(order);
      this.delete(id);
      this.#closed.delete(id);
    }
    this.#doubted.clear();
    return gone;
  }

  /** @param {Order} order */
  #noteClosed(order) {
    this.#closed.delete(order.id);
    if (isOpen(order)) return;
    this.#closed.add(order.id);
    if (this.#closed.size > closedKept) {
      const [oldest] = this.#closed;
      this.#closed.delete(oldest);
      this.delete(oldest);
    }
  }
}

/** @param {Order} order */
export function isOpen(order) {
  return order.status !== "completed" && order.status !== "cancelled";
}
