import { openDialog } from "./dialogs.js";
import { el, fill, icon } from "./dom.js";
import { place } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

const sound = "heard:sound"; // "off", or anything else
const notes = [880, 1175]; // Hz, one after the other

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
  const bell = soundSwitch();
  const isMine = (/** @type {Order} */ order) => order.waiter_id === app.claims.sub;
  const draw = () => {
    const ready = [...app.heard.orders.values()].filter((order) => app.heard.expected(order).status === "ready");
    const ids = new Set(ready.map(({ id }) => id));
    for (const id of seen) if (app.heard.state === "live" && !ids.has(id)) seen.delete(id); // recalled: ready again is news again
    const fresh = ready.filter(({ id }) => known && !known.has(id));
    if (fresh.length) ring();
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
  return { node, sound: bell.node, draw, close: bell.close };
}

/** @param {Order} order */
const nameOf = (order) => `${place(order)}${order.table_number ? "" : ` #${order.number}`}${order.customer_name ? ` · ${order.customer_name}` : ""}`;

/** @type {AudioContext | null} */
let audio = null;

const isOn = () => localStorage.getItem(sound) !== "off";

/** Browsers make no sound before the first touch of a page. */
function wake() {
  audio ??= new AudioContext();
  void audio.resume();
}

function ring() {
  if (!isOn()) return;
  navigator.vibrate?.(200);
  const context = audio;
  if (!context) return;
  notes.forEach((frequency, i) => {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + i * 0.18;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.25, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  });
}

function soundSwitch() {
  const node = el("button", { type: "button", class: "icon sound", on: { click: () => turn() } });
  const draw = () => {
    fill(node, icon(isOn() ? "sound" : "mute"));
    node.setAttribute("aria-pressed", String(isOn()));
    node.setAttribute("aria-label", "Sound when food is ready");
  };
  const turn = () => {
    localStorage.setItem(sound, isOn() ? "off" : "on");
    draw();
    ring();
  };
  draw();
  addEventListener("pointerdown", wake);
  return { node, close: () => removeEventListener("pointerdown", wake) };
}

/** @param {string} key @returns {string[]} */
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}
