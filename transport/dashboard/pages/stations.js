import { el, fill } from "./dom.js";
import { detailsText } from "./lines.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

const key = "heard:station";
const mostDone = 300;

/**
 * Stations knows where each item of the menu is made, and which station this
 * screen is for: as ?station= in the address says, or as was chosen here. All
 * orders still come over the socket, which the pages share: a room by station
 * would leave gaps on the orders board.
 */
export class Stations {
  /** @type {Map<string, string>} by item of the menu */
  #of = new Map();
  /** @type {string[]} */
  #names = [];
  #chosen = new URLSearchParams(location.search).get("station") ?? sessionStorage.getItem(key) ?? "";
  /** @type {Map<string, string>} what this station made of an order, by its id: this screen's word, the engine knows of whole orders only */
  #done = new Map();
  #asked = 0; // only the newest answer counts
  #app;
  #changed;
  #forgets;

  /** @param {App} app @param {() => void} changed the menu, or the choice */
  constructor(app, changed) {
    this.#app = app;
    this.#changed = changed;
    sessionStorage.setItem(key, this.#chosen);
    this.node = el("select", { class: "station", "aria-label": "Station", hidden: true, on: { change: () => this.#choose(this.node.value) } });
    this.#readDone();
    const load = () => void this.#load();
    this.#forgets = [app.heard.on("menu_updated", load), app.heard.on("state", ({ state }) => void (state === "live" && load()))];
    load();
  }

  close() {
    for (const forget of this.#forgets) forget();
  }

  /** A station that the menu does not have would leave the screen empty: it shows everything instead. */
  get #filters() {
    return this.#names.includes(this.#chosen);
  }

  /** The lines that are made here. @param {Order} order @returns {any[]} */
  here(order) {
    const lines = order.items ?? [];
    return this.#filters ? lines.filter((line) => this.#of.get(line.menu_item_id) === this.#chosen) : lines;
  }

  /** Whether the order is of concern here. @param {Order} order */
  concern(order) {
    return !this.#filters || this.here(order).length > 0;
  }

  /** What of the order is made elsewhere, in words; "" = nothing. @param {Order} order */
  elsewhere(order) {
    if (!this.#filters) return "";
    const others = (order.items ?? []).filter((line) => this.#of.get(line.menu_item_id) !== this.#chosen);
    const names = [...new Set(others.map((line) => this.#of.get(line.menu_item_id)).filter(Boolean))];
    return others.length ? `+ ${others.length} more${names.length ? `: ${names.join(", ")}` : ""}` : "";
  }

  /** Whether all of it that is made here was said to be done. @param {Order} order */
  isDone(order) {
    return this.#filters && this.elsewhere(order) !== "" && this.#done.get(order.id) === this.#work(order);
  }

  /** @param {Order} order @param {boolean} done */
  setDone(order, done) {
    this.#done.delete(order.id);
    if (done) this.#done.set(order.id, this.#work(order));
    const last = [...this.#done].slice(-mostDone);
    localStorage.setItem(this.#doneKey, JSON.stringify(last));
  }

  /** What is made here, so that what is added later is not done. @param {Order} order */
  #work(order) {
    return this.here(order).map((line) => `${line.line_id} ${line.quantity} ${detailsText(line)}`).join("\n");
  }

  get #doneKey() {
    return `heard:done:${this.#app.claims.org}:${this.#chosen}`;
  }

  #readDone() {
    try {
      this.#done = new Map(JSON.parse(localStorage.getItem(this.#doneKey) ?? "[]"));
    } catch {
      this.#done = new Map();
    }
  }

  async #load() {
    const asked = ++this.#asked;
    /** @type {any[] | null} */
    const menu = await this.#app.heard.command("GET", "/api/menu").catch(() => null); // without a connection: when it is back
    if (!menu || asked !== this.#asked) return;
    this.#of = new Map(menu.filter((item) => item.station).map((item) => [item.id, item.station]));
    this.#names = [...new Set(this.#of.values())].sort();
    this.#draw();
    this.#changed();
  }

  #draw() {
    const names = this.#names.includes(this.#chosen) || !this.#chosen ? this.#names : [...this.#names, this.#chosen];
    this.node.hidden = names.length === 0;
    fill(this.node, el("option", { value: "" }, "All stations"), ...names.map((name) => el("option", { value: name }, this.#names.includes(name) ? capital(name) : `${name}: not on the menu, all shown`)));
    this.node.value = this.#chosen;
  }

  /** @param {string} name */
  #choose(name) {
    this.#chosen = name;
    this.#readDone();
    sessionStorage.setItem(key, name);
    history.replaceState(history.state, "", location.pathname + (name ? `?station=${encodeURIComponent(name)}` : ""));
    this.#changed();
  }
}

/** @param {string} name */
const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);
