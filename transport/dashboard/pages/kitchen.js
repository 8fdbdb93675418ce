import { eachFrame, everySecond } from "./clock.js";
import { el, fill, icon, setText } from "./dom.js";
import { KeyedList } from "./keyed-list.js";
import { KitchenMemory } from "./kitchen-memory.js";
import { applyScreen, openScreen, stayAwake } from "./kitchen-screen.js";
import { createTicket, showAge, showAllDay, updateTicket } from "./kitchen-ticket.js";
import { Wall } from "./kitchen-wall.js";
import { openOrder } from "./order-dialog.js";
import { Presses } from "./presses.js";
import { Stations } from "./stations.js";
import { place, title } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */
/** @typedef {import("./kitchen-ticket.js").Act} Act */

const ticketsAtOnce = 60;
const mostRecalls = 6;
const mostKeys = 9;
const flashMS = 1_500;

/** @type {import("./app.js").Page} */
export const openKitchen = (root, app) => new Kitchen(root, app).leave;

/** The kitchen display: tickets on a wall, what happens to them, and the bar below. */
class Kitchen {
  /** @type {Order[]} tickets, the oldest first */
  #tickets = [];
  /** @type {Order[]} bumped, the last first */
  #bumped = [];
  #most = ticketsAtOnce;
  #isOpen = false; // what comes from now on is news
  #keys = new Keys();
  #app;
  #parts;
  #memory;
  #presses;
  #stations;
  #list;
  #wall;
  #ends;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#app = app;
    this.#memory = new KitchenMemory(localStorage, `heard:kitchen:${app.claims.org}`);
    this.#stations = new Stations(app, () => this.#renew());
    this.#parts = frame(this.#stations.node, {
      turn: (by) => this.#turn(by), allDay: () => this.#turnAllDay(), screen: () => openScreen(app, () => this.#renew()),
    });
    const { kitchen, main, tickets } = this.#parts;
    fill(root, el("h1", { class: "unseen" }, "Kitchen display"), kitchen);
    applyScreen(kitchen);
    this.#presses = new Presses(kitchen, ".slip, .recalls .button");
    this.#wall = new Wall(main, tickets, this.#act);
    this.#list = new KeyedList(tickets, (order) => createTicket(order, this.#act), (ticket, order) => this.#update(ticket, order));
    const draw = () => this.#draw();
    const key = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    const save = () => this.#memory.save();
    const resized = new ResizeObserver(eachFrame(draw));
    resized.observe(main);
    document.addEventListener("keydown", key);
    addEventListener("pagehide", save);
    app.watch(eachFrame(draw, () => Math.min(400, app.heard.orders.size / 4)));
    const forget = app.heard.on("state", ({ state }) => void (state === "live" && this.#catchUp()));
    this.#ends = [everySecond(() => this.#tick()), stayAwake(), forget, save, () => this.#stations.close(), () => resized.disconnect(), () => removeEventListener("pagehide", save), () => document.removeEventListener("keydown", key)];
    this.#turnAllDay(sessionStorage.getItem("heard:all-day") === "1");
    if (app.heard.state === "live") void this.#catchUp();
  }

  leave = () => {
    for (const end of this.#ends) end();
  };

  #draw = () => this.#presses.around(() => {
    const { orders } = this.#app.heard;
    this.#notice(orders.values());
    const all = [...orders.values()].map((order) => this.#app.heard.expected(order)).filter((order) => this.#stations.concern(order));
    const here = all.filter(({ status }) => status === "pending" || status === "preparing");
    const cancelled = this.#memory.cancelled.filter((order) => this.#stations.concern(order));
    this.#tickets = [...here, ...cancelled].sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
    this.#bumped = all.filter(({ status }) => status === "ready").sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).slice(0, mostRecalls);
    this.#list.show(this.#tickets.slice(0, this.#most));
    this.#list.each((ticket, order) => ticket.toggleAttribute("data-moving", this.#app.moving.has(order.id)));
    this.#layOut();
    const { empty, open, bell, allDay } = this.#parts;
    empty.hidden = this.#tickets.length > 0;
    setText(open, `${here.length} open`);
    bell.hidden = !this.#app.bell.locked;
    this.#showRecalls();
    if (!allDay.hidden) showAllDay(allDay, here.filter((order) => !this.#stations.isDone(order)).flatMap((order) => this.#stations.here(order)));
    this.#tick();
  });

  #layOut() {
    const rows = this.#tickets.slice(0, this.#most).map(({ id }) => ({ id, node: this.#list.node(id) }));
    this.#wall.layOut(rows, !this.#isOpen);
    if (!this.#isOpen) this.#keys = new Keys();
    const { page, pages, away } = this.#wall;
    const hidden = away + Math.max(0, this.#tickets.length - rows.length);
    const { pager, nth, more, previous, next } = this.#parts;
    pager.hidden = pages < 2 && hidden === 0;
    setText(nth, `${page + 1}/${pages}${this.#tickets.length > rows.length ? "+" : ""}`);
    setText(more, hidden ? `${hidden} more` : "");
    previous.disabled = page === 0;
    next.disabled = page === pages - 1 && this.#tickets.length <= rows.length;
    this.#keys.give(this.#wall.reading, page, (id) => this.#list.node(id));
  }

  /** Takes in what orders are now, and rings for what is news. @param {Iterable<Order>} orders */
  #notice(orders) {
    /** @type {Set<import("./alerts.js").Tune>} */
    const tunes = new Set();
    for (const order of orders) {
      if (this.#noticed.has(order)) continue;
      this.#noticed.add(order);
      const what = this.#memory.take(order, this.#app.moving.has(order.id));
      const marked = this.#markText(order);
      if (what === "recalled" || (marked && what === "" && marked !== this.#marked.get(order.id))) tunes.add("changed");
      else if (what && this.#stations.concern(order)) tunes.add(/** @type {"new" | "cancelled"} */ (what));
      if (marked) this.#marked.set(order.id, marked);
      else this.#marked.delete(order.id);
    }
    const tune = /** @type {const} */ (["cancelled", "changed", "new"]).find((tune) => tunes.has(tune));
    if (tune && this.#isOpen) this.#alert(tune);
  }
  /** @type {WeakSet<Order>} */
  #noticed = new WeakSet();
  /** @type {Map<string, string>} marks that were rung for, by order */
  #marked = new Map();

  /** What is marked of what this screen shows of an order, in words to compare. @param {Order} order */
  #markText(order) {
    const { lines, gone, badge } = this.#memory.marks(order);
    const here = this.#stations.here(order).map(({ line_id }) => JSON.stringify(lines.get(line_id)));
    return [badge, ...here, ...this.#stations.here({ ...order, items: gone }).map(({ line_id }) => line_id)].filter(Boolean).join();
  }

  /** @param {import("./alerts.js").Tune} tune */
  #alert(tune) {
    const { kitchen } = this.#parts;
    this.#app.bell.ring(tune);
    kitchen.dataset.flash = tune;
    clearTimeout(this.#flashing);
    this.#flashing = setTimeout(() => delete kitchen.dataset.flash, flashMS);
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #flashing;

  /** Tickets of before a break or a reload that the engine does not name as open: cancelled, or done elsewhere. */
  async #catchUp() {
    const { heard } = this.#app;
    const missing = this.#memory.open.filter((id) => !heard.orders.has(id));
    for (const id of missing) {
      const order = await heard.command("GET", `/api/orders/${id}`).catch((error) => (error.status === 404 ? { id, status: "completed" } : null));
      if (order) this.#memory.take(order);
    }
    this.#draw();
    this.#isOpen = true;
  }

  /** @param {HTMLElement} ticket @param {Order} order */
  #update(ticket, order) {
    this.#wall.changed(order.id);
    updateTicket(ticket, order, this.#memory.marks(order), this.#stations);
    showAge(this.#app, ticket, order, this.#memory);
  }

  /** The menu, the station, the size of the letters: every ticket looks different. */
  #renew() {
    applyScreen(this.#parts.kitchen);
    this.#list.renew();
    this.#draw();
  }

  #tick() {
    this.#list.each((ticket, order) => showAge(this.#app, ticket, order, this.#memory));
    if (this.#wall.repack()) this.#draw();
  }

  /** @param {Act} act @param {string} id @param {MouseEvent} event */
  #act = (act, id, event) => {
    const row = /** @type {Element} */ (event.currentTarget);
    if (this.#presses.means(event, row)) this.#do(act, id);
  };

  /** @param {Act} act @param {string} id */
  #do(act, id) {
    const order = this.#tickets.find((ticket) => ticket.id === id);
    if (!order) return;
    if (act === "open") return void openOrder(this.#app, order);
    if (act === "bump") return void this.#app.move(order, "ready");
    if (act === "start") void this.#app.move(order, "preparing");
    if (act === "done" || act === "undone") this.#stations.setDone(order, act === "done");
    this.#memory.seen(order);
    this.#marked.delete(id);
    this.#list.renew(id);
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || /** @type {Element} */ (event.target).closest?.("dialog, select")) return;
    const id = this.#keys.pressed(event.key);
    const order = this.#tickets.find((ticket) => ticket.id === id);
    if (order?.status === "cancelled") this.#do("seen", order.id);
    else if (order) this.#do(this.#stations.elsewhere(order) && !this.#stations.isDone(order) ? "done" : "bump", order.id);
    if (event.key === "r" && this.#bumped[0]) void this.#app.move(this.#bumped[0], "preparing");
    if (event.key === "a") this.#turnAllDay();
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (by && !this.#parts.pager.hidden) this.#turn(by);
  }

  /** @param {number} by */
  #turn(by) {
    const { page, pages } = this.#wall;
    if (page + by >= pages && this.#tickets.length > this.#most) {
      this.#most += ticketsAtOnce;
      this.#draw();
    }
    this.#wall.turn(page + by);
    this.#draw();
  }

  /** @param {boolean} [on] */
  #turnAllDay(on = this.#parts.allDay.hidden) {
    this.#parts.allDay.hidden = !on;
    this.#parts.toggle.setAttribute("aria-pressed", String(on));
    sessionStorage.setItem("heard:all-day", on ? "1" : "");
    this.#draw();
  }

  #showRecalls() {
    const { recalls } = this.#parts;
    const key = this.#bumped.map(({ id, version }) => `${id} ${version}`).join();
    if (recalls.dataset.key === key) return;
    recalls.dataset.key = key;
    const recall = (/** @type {Order} */ order) => (/** @type {MouseEvent} */ event) => void (this.#presses.means(event, /** @type {Element} */ (event.currentTarget)) && this.#app.move(order, "preparing"));
    fill(recalls, ...this.#bumped.map((order) => el("button", { type: "button", class: "button", "aria-label": `${place(order)} #${order.number}: recall ${title(order)}`, on: { click: recall(order) } }, `${place(order)} #${order.number}`)));
  }
}

/** Keys gives the tickets of a page the keys 1 to 9; a ticket keeps its key. */
class Keys {
  /** @type {Map<string, number>} by ticket */
  #of = new Map();
  /** @type {Map<number, number>} when a key lost its ticket */
  #freed = new Map();
  #page = 0;

  /** @param {string[]} ids as they stand on the page @param {number} page @param {(id: string) => Element} node of a ticket */
  give(ids, page, node) {
    for (const [id, n] of this.#of) {
      if (page === this.#page && ids.includes(id)) continue;
      this.#of.delete(id);
      this.#freed.set(n, performance.now());
    }
    this.#page = page;
    for (const id of ids) {
      const taken = new Set(this.#of.values());
      const free = Array.from({ length: mostKeys }, (_, i) => i + 1).find((n) => !taken.has(n));
      if (!this.#of.has(id) && free) this.#of.set(id, free);
      setText(/** @type {Element} */ (node(id).querySelector(".ticket-key")), String(this.#of.get(id) ?? ""));
    }
  }

  /** The ticket of a key; none for a second after the key had another. @param {string} key */
  pressed(key) {
    const n = Number(key);
    if (performance.now() - (this.#freed.get(n) ?? -1_000) < 1_000) return undefined;
    return [...this.#of].find(([, other]) => other === n)?.[0];
  }
}

/** @param {HTMLElement} station @param {{turn: (by: number) => void, allDay: () => void, screen: () => void}} acts */
function frame(station, { turn, allDay: turnAllDay, screen }) {
  const tickets = el("div", { class: "tickets", role: "list" });
  const empty = el("p", { class: "empty" }, "All caught up");
  const main = el("div", { class: "kitchen-main" }, empty);
  const open = el("span", { class: "kitchen-count" });
  const previous = el("button", { type: "button", class: "icon", "aria-label": "Page before", on: { click: () => turn(-1) } }, icon("previous"));
  const next = el("button", { type: "button", class: "icon", "aria-label": "Next page", on: { click: () => turn(1) } }, icon("next"));
  const nth = el("b", { class: "page-nth" });
  const more = el("span", { class: "page-more" });
  const pager = el("div", { class: "pager", role: "group", "aria-label": "Pages", hidden: true }, previous, nth, next, more);
  const bell = el("button", { type: "button", class: "button bell", hidden: true, "aria-label": "Tap for sound" }, icon("bell"), el("span", { class: "wide-only" }, "Tap for sound"));
  const recalls = el("div", { class: "recalls", role: "group", "aria-label": "Recall" });
  const toggle = el("button", { type: "button", class: "button", "aria-pressed": "false", on: { click: turnAllDay } }, "All day");
  const settings = el("button", { type: "button", class: "button", on: { click: screen } }, icon("screen"), el("span", { class: "wide-only" }, "Screen"));
  settings.setAttribute("aria-label", "Screen: text size and sound");
  const allDay = el("aside", { class: "all-day", "aria-label": "All-day counts", hidden: true });
  const kitchen = el("div", { class: "kitchen" }, main, allDay,
    el("footer", { class: "kitchen-foot" }, open, pager, bell, el("span", { class: "dim recall-label" }, "Recall"), recalls, station, toggle, settings));
  return { kitchen, main, tickets, empty, open, pager, previous, next, nth, more, bell, recalls, toggle, allDay };
}
