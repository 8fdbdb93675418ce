import { Heard } from "../heard.js";
import { Bell, ReadyNews } from "./alerts.js";
import { openBoard } from "./board.js";
import { Connection } from "./connection.js";
import { closeDialogsByHistory, goTo, openHelp } from "./dialogs.js";
import { byID, el, fill, icon, setText } from "./dom.js";
import { House } from "./house.js";
import { openKitchen } from "./kitchen.js";
import { keepLastKnown } from "./last-known.js";
import { Mover } from "./mover.js";
import { Rights, mayCreate } from "./moves.js";
import { announce } from "./notices.js";
import { openOrder } from "./order-dialog.js";
import { Outbox } from "./outbox.js";
import { openPad } from "./pad.js";
import { openPerformance } from "./performance.js";
import { session, signOut } from "./session.js";
import { openSignIn } from "./sign-in.js";
import { takeHold } from "./offline.js";
import { showTheme, turnTheme } from "./theme.js";
import { count, title } from "./words.js";

/** @typedef {import("../heard.js").Order} Order */
/** @typedef {(root: HTMLElement, app: App) => () => void} Page shows itself, and answers how to leave */

/** @type {Record<string, {name: string, icon: any, open: Page, isFor: (role: string) => boolean}>} */
const pages = {
  board: { name: "Orders", icon: "board", open: openBoard, isFor: () => true },
  kitchen: { name: "Kitchen", icon: "kitchen", open: openKitchen, isFor: () => true },
  pad: { name: "Pad", icon: "pad", open: openPad, isFor: mayCreate },
  performance: { name: "Performance", icon: "performance", open: openPerformance, isFor: (role) => role === "admin" },
};

/** App is what the pages share: one connection, one person, one way to say something. */
export class App {
  bell = new Bell(() => this.changed());
  #page = "";
  #leave = () => {};
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {ReturnType<typeof keepLastKnown> | undefined} */
  #lastKnown;

  /** @param {string} token @param {import("./session.js").Claims} claims */
  constructor(token, claims) {
    this.claims = claims;
    this.heard = new Heard({ token, storage: localStorage });
    this.house = new House(this.heard, claims.org);
    this.outbox = new Outbox(this.heard, claims);
    this.rights = new Rights(claims.role, null);
    this.mover = new Mover(this);
    this.ready = new ReadyNews(this, (order) => openOrder(this, order));
    this.heard.on("state", ({ state }) => void (state === "unauthorised" && leave("This token is no longer accepted. Sign in with a fresh one.")));
    this.heard.on("state", ({ state }) => void (state === "live" && this.#learnRights()));
    this.heard.on("order_created", (order) => announce(`New: ${title(order)}`));
    this.heard.on("order_update", (order) => void (order.status === "ready" && announce(`${title(order)} is ready`)));
    for (const type of ["order_update", "order_removed", "state", "queue"]) this.heard.on(type, () => this.changed());
    addEventListener("pagehide", this.#flush);
  }

  start() {
    const { org, name, sub, role } = this.claims;
    fill(byID("who"), el("b", {}, org), el("span", {}, `${name || sub} · ${role}`));
    fill(byID("tabs"), ...this.#tabs().map(([id, page], i) => el("a", { href: `/${id}`, data: { page: id }, "aria-keyshortcuts": `Alt+${i + 1}` }, icon(page.icon), el("span", {}, page.name))));
    document.body.classList.add("signed-in");
    this.#connection = new Connection(this.heard, () => this.house.timezone);
    this.#connection.start();
    this.#lastKnown = keepLastKnown(this.heard, `${org}:${sub}`);
    this.outbox.start();
    this.show();
    this.heard.connect();
  }

  stop() {
    this.#flush();
    removeEventListener("pagehide", this.#flush);
    this.ready.close();
    this.bell.close();
    this.#watchers.clear();
    this.heard.disconnect();
    this.#connection?.stop();
    this.#lastKnown?.forget();
    this.#leave();
    this.#leave = () => {};
    fill(byID("tabs"));
    fill(byID("who"));
    document.body.classList.remove("signed-in");
  }

  /** Shows the page that the address names. */
  show() {
    const { role } = this.claims;
    const asked = location.pathname.slice(1);
    const id = pages[asked]?.isFor(role) ? asked : role === "kitchen" ? "kitchen" : "board";
    if (asked !== id) history.replaceState(null, "", `/${id}`);
    this.#leave();
    this.#watchers.clear();
    for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".tabs a"))) {
      if (link.dataset.page === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#page = id;
    document.title = `${pages[id].name} · heard`;
    document.body.dataset.page = id;
    const root = byID("page");
    fill(root);
    this.#leave = pages[id].open(root, this);
  }

  /** @param {number} n counted from 1 */
  go(n) {
    const id = this.#tabs()[n - 1]?.[0];
    if (!id) return;
    goTo(`/${id}`);
    this.show();
  }

  #tabs() {
    return Object.entries(pages).filter(([, page]) => page.isFor(this.claims.role));
  }

  /** Calls act when orders, moves or the connection changed. @param {() => void} act */
  watch(act) {
    this.#watchers.add(act);
    return () => this.#watchers.delete(act);
  }

  changed() {
    const board = document.querySelector('.tabs [data-page="board"]');
    if (board) this.ready.mark(board);
    for (const act of this.#watchers) act();
  }

  /** Orders whose move is not answered yet. */
  get moving() {
    return this.mover.moving;
  }

  /** @param {Order} order as it is on the screen @param {string} status */
  move(order, status) {
    return this.mover.move(order, status);
  }

  /** @param {Order} order @param {string} reason */
  cancel(order, reason) {
    return this.mover.cancel(order, reason);
  }

  /** Back was pressed, or an address written: dialogs close, another page opens. */
  wentInHistory() {
    closeDialogsByHistory();
    if (location.pathname.slice(1) !== this.#page) this.show();
  }

  #flush = () => this.mover.flush();

  async #learnRights() {
    const settings = await this.heard.command("GET", "/api/settings").catch(() => null); // the engine refuses what may not be
    if (!settings) return;
    this.rights = new Rights(this.claims.role, settings);
    this.changed();
  }
}

/** @type {App | null} */
let app = null;

/** @param {string} [reason] shown with the sign-in form */
function leave(reason = "") {
  const left = app?.outbox.orders.length ?? 0;
  const kept = left ? ` ${count(left, "order")} of yours wait${left === 1 ? "s" : ""} on this device, and go out when you sign in here again.` : "";
  app?.stop();
  app = null;
  signOut();
  byID("state").dataset.state = "out";
  setText(byID("state").querySelector(".state-text"), "Signed out");
  openSignIn(byID("page"), reason + kept, begin);
}

function begin() {
  const now = session();
  if (!now) return leave();
  app = new App(now.token, now.claims);
  app.start();
}

/** @param {MouseEvent} event links between the pages keep the connection */
function follow(event) {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-page]");
  if (!link || !app || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  goTo(link.getAttribute("href") ?? "/");
  app.show();
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  if (event.altKey && event.key >= "1" && event.key <= "4") return void (event.preventDefault(), app?.go(Number(event.key)));
  const typing = /** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "t") turnTheme();
  if (event.key === "?" && app) openHelp(app.claims.role, () => leave());
}

fill(byID("help"), icon("person"));
showTheme();
byID("theme").addEventListener("click", turnTheme);
byID("help").addEventListener("click", () => void (app && openHelp(app.claims.role, () => leave())));
byID("retry").addEventListener("click", () => app?.heard.retry());
document.addEventListener("click", follow);
document.addEventListener("keydown", shortcut);
addEventListener("popstate", () => app?.wentInHistory());
takeHold();
begin();
