import { el, fill } from "./dom.js";
import { toast } from "./notices.js";
import { title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */
/** @typedef {"new" | "changed" | "cancelled" | "ready"} Tune */

const key = "heard:sound";
const loudness = 0.35;
const readyStaysMS = 60_000;

/** Each its own, so that one knows without looking: [hertz, from second, seconds]. @type {Record<Tune, [number, number, number][]>} */
const tunes = {
  new: [[880, 0, 0.14], [1175, 0.16, 0.24]],
  changed: [[988, 0, 0.1], [988, 0.16, 0.1], [988, 0.32, 0.16]],
  cancelled: [[440, 0, 0.26], [294, 0.3, 0.5]],
  ready: [[1047, 0, 0.12], [1319, 0.14, 0.12], [1568, 0.28, 0.26]],
};

/**
 * Bell is this device's sound, with a switch that the device keeps. A browser
 * plays nothing on a page that was never touched: until then it is locked.
 */
export class Bell {
  /** @type {AudioContext | null} */
  #context = null;
  #changed;
  #closing = new AbortController();

  /** @param {() => void} changed switched, or unlocked */
  constructor(changed) {
    this.#changed = changed;
    for (const touch of ["pointerup", "keydown"]) document.addEventListener(touch, () => void this.#unlock(), { passive: true, signal: this.#closing.signal });
  }

  close() {
    this.#closing.abort();
    void this.#context?.close();
  }

  get on() {
    return localStorage.getItem(key) !== "off";
  }

  set on(on) {
    localStorage.setItem(key, on ? "on" : "off");
    void this.#unlock();
    this.#changed();
  }

  get locked() {
    return this.on && this.#context?.state !== "running";
  }

  /** @param {Tune} tune */
  ring(tune) {
    const context = this.#context;
    if (!this.on || context?.state !== "running") return;
    navigator.vibrate?.(200);
    for (const [hertz, from, seconds] of tunes[tune]) {
      const at = context.currentTime + from;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.type = "triangle";
      tone.frequency.value = hertz;
      gain.gain.value = 0;
      gain.gain.setTargetAtTime(loudness, at, 0.01);
      gain.gain.setTargetAtTime(0, at + seconds, 0.03);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds + 0.3);
    }
  }

  async #unlock() {
    if (!this.locked || !globalThis.AudioContext) return;
    this.#context ??= new AudioContext();
    await this.#context.resume().catch(() => {}); // not yet a touch that counts: the next one may be
    this.#changed();
  }
}

/**
 * ReadyNews tells who took an order that it is ready: a badge on the tab, and a
 * toast that stays until the order moves on, with the bell. The pad has a place
 * of its own for what is ready, and the kitchen knows.
 */
export class ReadyNews {
  /** @type {Map<string, string>} */
  #statuses = new Map();
  /** @type {Map<string, import("./notices.js").Toast>} */
  #toasts = new Map();
  #app;
  #show;

  /** @param {App} app @param {(order: Order) => void} show the order that was asked for */
  constructor(app, show) {
    this.#app = app;
    this.#show = show;
    app.heard.on("order_update", (order) => this.#see(order));
    app.heard.on("order_removed", (order) => this.#forget(order.id));
  }

  /** The ready orders of this person, longest waiting first. @returns {Order[]} */
  get orders() {
    return [...this.#app.heard.orders.values()].filter((order) => order.status === "ready" && this.#isMine(order)).sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
  }

  close() {
    for (const id of this.#toasts.keys()) this.#forget(id);
  }

  /** @param {Element} link gets a badge with their number */
  mark(link) {
    const n = this.orders.length;
    const badge = link.querySelector(".tab-badge") ?? link.appendChild(el("span", { class: "tab-badge" }));
    const text = n ? `${n} ready` : "";
    if (badge.getAttribute("data-said") === text) return;
    badge.setAttribute("data-said", text);
    fill(badge, n ? el("b", {}, n) : null, n ? el("span", { class: "unseen" }, " ready") : null);
  }

  /** @param {Order} order */
  #isMine = (order) => order.waiter_id === this.#app.claims.sub;

  /** @param {Order} order */
  #see(order) {
    const was = this.#statuses.get(order.id);
    this.#statuses.set(order.id, order.status);
    if (order.status !== "ready") return this.#forget(order.id);
    const isNews = was !== undefined && was !== "ready" && this.#isMine(order) && !this.#app.moving.has(order.id);
    if (!isNews || /^(pad|kitchen)$/.test(document.body.dataset.page ?? "")) return;
    this.#app.bell.ring("ready");
    this.#toasts.get(order.id)?.close();
    this.#toasts.set(order.id, toast(`Ready: ${title(order)}`, { action: "Show", act: () => this.#show(/** @type {Order} */ (this.#app.heard.orders.get(order.id))), stayMS: readyStaysMS }));
  }

  /** @param {string} id */
  #forget(id) {
    this.#toasts.get(id)?.close();
    this.#toasts.delete(id);
  }
}
