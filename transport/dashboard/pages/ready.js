import { openDialog } from "./dialogs.js";
import { el, fill, icon } from "./dom.js";
import { place } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

/**
 * Food that is ready, the waiter's own first, until somebody says that it was
 * seen or the order goes on. What becomes ready while one looks is heard, too.
 * @param {App} app
 */
export function readyNews(app) {
  const key = `heard:seen:${app.claims.org}:${app.claims.sub}`;
  const seen = new Set(read(key));
  /** @type {Set<string> | null} null: what is there at the beginning is no news */
  let known = null;
  const node = el("div", { class: "ready-news", role: "group", "aria-label": "Ready", hidden: true });
  const sound = el("button", { type: "button", class: "icon sound", "aria-label": "Sound when food is ready", on: { click: () => turn() } });
  const drawSound = () => {
    fill(sound, icon(app.bell.on ? "sound" : "mute"));
    sound.setAttribute("aria-pressed", String(app.bell.on));
  };
  const turn = () => {
    app.bell.on = !app.bell.on;
    drawSound();
    app.bell.ring("ready");
  };
  drawSound();
  const isMine = (/** @type {Order} */ order) => order.waiter_id === app.claims.sub;
  const draw = () => {
    const ready = [...app.heard.orders.values()].filter((order) => app.heard.expected(order).status === "ready");
    const ids = new Set(ready.map(({ id }) => id));
    for (const id of seen) if (app.heard.state === "live" && !ids.has(id)) seen.delete(id); // recalled: ready again is news again
    const fresh = ready.filter(({ id }) => known && !known.has(id));
    if (fresh.some((order) => !isMine(order))) app.bell.ring("ready"); // one's own is told on every page
    if (app.heard.state === "live") known = ids;
    const told = ready.filter(({ id }) => !seen.has(id)).sort((a, b) => Number(isMine(b)) - Number(isMine(a)) || (a.updated_at < b.updated_at ? -1 : 1));
    node.hidden = told.length === 0;
    const shown = told.map(({ id, version }) => `${id} ${version}`).join();
    if (node.dataset.shown === shown) return; // a finger may be on its way down
    node.dataset.shown = shown;
    fill(node, ...told.map((order) => el("button", { type: "button", class: "button ready-chip", data: isMine(order) ? { mine: "" } : {}, dir: "auto", on: { click: () => open(order) } }, `Ready: ${nameOf(order)}`)));
  };
  const see = (/** @type {Order} */ order) => {
    seen.add(order.id);
    localStorage.setItem(key, JSON.stringify([...seen]));
    draw();
  };
  const open = (/** @type {Order} */ order) => {
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, style = "") => el("button", { type: "button", class: `button ${style}`, on: { click: () => (dialog.close(), act()) } }, text);
    const dialog = openDialog(`${nameOf(order)}: ready`, el("ul", { class: "lines" }, ...(order.items ?? []).map((line) => el("li", { dir: "auto" }, el("b", {}, `${line.quantity} ×`), " ", line.name))),
      el("footer", { class: "dialog-foot" }, button("Seen", () => see(order)), button("Served", () => (see(order), void app.move(app.heard.orders.get(order.id) ?? order, "served")), "primary")));
  };
  // Between two redraws an order may be recalled and ready again.
  const close = app.heard.on("order_update", ({ id, status }) => void (status === "ready" || seen.delete(id)));
  return { node, sound, draw, close };
}

/** @param {Order} order */
const nameOf = (order) => `${place(order)}${order.table_number ? "" : ` #${order.number}`}${order.customer_name ? ` · ${order.customer_name}` : ""}`;

/** @param {string} key @returns {string[]} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}
