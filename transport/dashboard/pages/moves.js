// CONTRACT section 5, as far as a screen needs it to offer what makes sense.
// The engine decides.

/** @typedef {import("../heard.js").Order} Order */

export const columns = ["pending", "preparing", "ready", "served"];

export const labels = /** @type {Record<string, string>} */ ({ pending: "Pending", preparing: "Preparing", ready: "Ready", served: "Served", completed: "Completed", cancelled: "Cancelled" });

/** What the next step is called on a button. */
export const verbs = /** @type {Record<string, string>} */ ({ preparing: "Start", ready: "Ready", served: "Serve", completed: "Complete" });

const after = /** @type {Record<string, string>} */ ({ pending: "preparing", preparing: "ready", ready: "served", served: "completed" });
const before = /** @type {Record<string, string>} */ ({ preparing: "pending", ready: "preparing" });

const managing = ["admin", "manager"];
const closing = [...managing, "cashier", "waiter"];
const grants = /** @type {Record<string, string[]>} */ ({ create: [...closing, "staff"], complete: closing, cancel: closing, cancel_fired: managing, reopen: managing });

/** Rights is what a role may here: by default, and as far as the organisation's settings leave it. */
export class Rights {
  /** @param {string} role @param {any} settings of the organisation; null = not known yet */
  constructor(role, settings) {
    this.role = role;
    this.settings = settings;
  }

  /** @param {string} action */
  may(action) {
    const narrowed = this.settings?.permissions?.[action];
    return (grants[action] ?? [this.role]).includes(this.role) && (!narrowed || narrowed.includes(this.role));
  }

  /** Every status may follow every other. */
  get lenient() {
    return this.settings?.status_transitions === "lenient";
  }
}

/** @param {Order} order @param {Rights} rights @returns {string} the status one step on, "" = none */
export function forward(order, rights) {
  const next = after[order.status];
  return next && rights.may(next === "completed" ? "complete" : "advance") ? next : "";
}

/** @param {Order} order @param {Rights} rights */
export const recall = (order, rights) => (rights.may("advance") && before[order.status]) || "";

/** @param {Order} order @param {Rights} rights */
export function mayComplete(order, rights) {
  return order.status in after && order.status !== "served" && rights.may("complete"); // served: that is its one step on
}

/** @param {Order} order @param {Rights} rights */
export function mayCancel(order, rights) {
  return order.status in after && rights.may(order.status === "pending" ? "cancel" : "cancel_fired");
}

/** @param {string} role */
export const mayCreate = (role) => grants.create.includes(role);

/**
 * The steps that take a move back, each a status or "reopen"; null: the engine
 * has none, or not for this role.
 * @param {string} from @param {string} to @param {Rights} rights
 * @returns {string[] | null}
 */
export function wayBack(from, to, rights) {
  if (to === "cancelled") return null;
  if (to === "completed") return rights.may("reopen") ? (from === "preparing" ? ["reopen"] : ["reopen", from]) : null;
  if (rights.lenient || columns.indexOf(to) < columns.indexOf(from)) return [from];
  const steps = [];
  for (let at = before[to]; at; at = before[at]) {
    steps.push(at);
    if (at === from) return steps;
  }
  return null;
}
