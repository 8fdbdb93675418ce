/** @typedef {import("../heard.js").Order} Order */

/** More new ones at once are a flood, or another page: none of them is pointed out. */
const mostShining = 3;

/**
 * KeyedList keeps one element for each order and touches only what changed, so
 * that focus, scrolling and a finger on its way down stay where they are.
 */
export class KeyedList {
  /** @type {Map<string, {node: HTMLElement, order: Order | null}>} */
  #rows = new Map();
  #shown = false;
  #parent;
  #create;
  #update;

  /** @param {HTMLElement} parent @param {(order: Order) => HTMLElement} create @param {(node: any, order: Order) => void} update */
  constructor(parent, create, update) {
    this.#parent = parent;
    this.#create = create;
    this.#update = update;
  }

  /** @param {Order[]} orders in the order to show */
  show(orders) {
    const fresh = orders.filter(({ id }) => !this.#rows.has(id)).length;
    const shine = this.#shown && fresh <= mostShining;
    this.#shown = true;
    const wanted = new Set(orders.map((order) => order.id));
    for (const [id, { node }] of this.#rows) {
      if (wanted.has(id)) continue;
      handFocusOn(node);
      node.remove();
      this.#rows.delete(id);
    }
    let at = this.#parent.firstElementChild;
    for (const order of orders) {
      let row = this.#rows.get(order.id);
      if (!row) {
        row = { node: this.#create(order), order: null };
        this.#rows.set(order.id, row);
        if (shine) row.node.classList.add("arrives");
      }
      if (row.order !== order) this.#update(row.node, order);
      row.order = order;
      if (row.node === at) at = at.nextElementSibling;
      else this.#parent.insertBefore(row.node, at);
    }
  }

  /** @param {string} id @returns {any} */
  node(id) {
    return this.#rows.get(id)?.node;
  }

  /** What a row is made of changed, or all are: the next show updates it. @param {string} [id] */
  renew(id) {
    for (const [other, row] of this.#rows) if (id === undefined || id === other) row.order = null;
  }

  /** @param {(node: any, order: Order) => void} act */
  each(act) {
    for (const { node, order } of this.#rows.values()) if (order) act(node, order);
  }
}

/** A keyboard's focus goes to the neighbour rather than to the page's top. @param {HTMLElement} node */
function handFocusOn(node) {
  if (!node.contains(document.activeElement)) return;
  const rows = /** @type {HTMLElement[]} */ ([...(node.parentElement?.children ?? [])]);
  const at = rows.indexOf(node);
  const neighbour = [...rows.slice(at + 1), ...rows.slice(0, at).reverse()].find((row) => row.offsetParent);
  /** @type {HTMLElement | null | undefined} */ (neighbour?.querySelector("button:not([hidden])"))?.focus({ preventScroll: true });
}
