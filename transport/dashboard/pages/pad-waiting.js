import { openDialog } from "./dialogs.js";
import { el, fill, setText } from "./dom.js";
import { toast } from "./notices.js";
import { labelOf, summary } from "./outbox.js";
import { inWords } from "./refusals.js";
import { clockText, count } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./outbox.js").Waiting} Waiting */

const patienceMS = 1_000; // an order that is answered sooner was not waiting

/** Says which orders wait or were refused; a tap lists them. @param {App} app @param {(order: Waiting) => boolean} takeBack into the draft; false: that is taken */
export function waitingStrip(app, takeBack) {
  const text = el("span", {});
  const node = el("button", { type: "button", class: "button waiting", hidden: true, on: { click: () => openList(app, takeBack) } }, text);
  const others = el("p", { class: "dim others", hidden: true });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const draw = () => {
    clearTimeout(timer);
    const { orders } = app.outbox;
    const isLate = (/** @type {Waiting} */ order) => order.refusal || app.heard.state !== "live" || Date.now() - order.madeAt >= patienceMS;
    const told = orders.filter(isLate);
    if (told.length < orders.length) timer = setTimeout(draw, patienceMS);
    node.hidden = told.length === 0;
    node.toggleAttribute("data-refused", told.some(({ refusal }) => refusal));
    const isLost = told.some(({ kept, refusal }) => !kept && !refusal);
    setText(text, summary(told) + (isLost ? ". This device could not keep them: leave this page open" : ""));
    const theirs = app.outbox.others().map(([name, n]) => `${name} has ${count(n, "order")} waiting on this device: sent when ${name} signs in here`);
    others.hidden = theirs.length === 0;
    setText(others, theirs.join(". "));
  };
  return { node: el("div", { role: "status" }, node, others), draw };
}

/** @param {App} app @param {(order: Waiting) => boolean} takeBack */
function openList(app, takeBack) {
  const list = el("div", { class: "stack" });
  const dialog = openDialog("Not placed yet", list);
  const draw = () => {
    const { orders } = app.outbox;
    if (!orders.length) return dialog.close();
    fill(list, ...orders.map((order) => entry(app, order, () => {
      if (takeBack(order)) dialog.close();
      else toast("First place or clear the order that is being taken", { error: true });
    })));
  };
  const unwatch = app.watch(draw);
  dialog.addEventListener("close", unwatch);
  draw();
}

/** @param {App} app @param {Waiting} order @param {() => void} edit */
function entry(app, order, edit) {
  const { key, note, refusal, sent, madeAt } = order;
  const state = refusal ? inWords(refusal.body ?? { code: `status ${refusal.status}` }, note.lines).text
    : `Waits since ${clockText(madeAt, app.house.timezone)}${sent ? ". It was sent, and nobody answered yet" : ""}`;
  const discard = () => askDiscard(labelOf(order), sent && !refusal, () => app.heard.takeBack(key));
  const button = (/** @type {string} */ text, /** @type {() => void} */ act, style = "") => el("button", { type: "button", class: `button ${style}`, on: { click: act } }, text);
  return el("section", { class: "waiting-order" }, el("h3", { dir: "auto" }, labelOf(order)), el("p", { class: refusal ? "problem" : "dim" }, state),
    el("ul", {}, ...note.lines.map((/** @type {any} */ { item, quantity, notes }) => el("li", { dir: "auto" }, `${quantity} × ${item.name}${notes ? ` (${notes})` : ""}`))),
    el("footer", { class: "dialog-foot" }, button("Discard…", discard, "danger"), refusal && button("Edit", edit), button("Try now", () => app.heard.retry(key), "primary")));
}

/** @param {string} label @param {boolean} mayHaveHappened @param {() => void} act */
function askDiscard(label, mayHaveHappened, act) {
  const dialog = openDialog(`Discard ${label}?`,
    el("p", {}, mayHaveHappened ? "It was sent and not answered: the kitchen may have it all the same. Ask there." : "The kitchen does not have it."),
    el("footer", { class: "dialog-foot" }, el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Keep it"),
      el("button", { type: "button", class: "button danger", on: { click: () => (dialog.close(), act()) } }, "Discard it")));
}
