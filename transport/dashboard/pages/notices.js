import { byID, el } from "./dom.js";

const toastMS = 6_000;
const mostToasts = 3;
const quietMS = 2_000;

/**
 * Shows a line that goes away by itself. Errors are read aloud at once.
 * @param {string} text @param {{error?: boolean, action?: string, act?: () => void}} [options]
 */
export function toast(text, { error = false, action, act } = {}) {
  const all = byID("toasts");
  const node = el("div", { class: error ? "toast toast-error" : "toast" }, el("span", {}, text));
  const close = () => node.remove();
  if (action) node.append(el("button", { type: "button", class: "small", on: { click: () => (close(), act?.()) } }, action));
  else node.append(el("button", { type: "button", class: "small", "aria-label": "Dismiss", on: { click: close } }, "OK"));
  all.append(node);
  while (all.childElementCount > mostToasts) all.firstElementChild.remove();
  setTimeout(close, error ? toastMS * 2 : toastMS);
  if (error) byID("assertive").textContent = text;
}

/** @type {string[]} */
let waiting = [];
let planned = false;

/** Tells a screen reader, but not every order of a busy evening one by one. @param {string} text */
export function announce(text) {
  waiting.push(text);
  if (planned) return;
  planned = true;
  setTimeout(() => {
    byID("polite").textContent = waiting.length > 3 ? `${waiting.length} changes. Last: ${waiting.at(-1)}` : waiting.join(". ");
    waiting = [];
    planned = false;
  }, quietMS);
}
