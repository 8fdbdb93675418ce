import { byID, el, setText } from "./dom.js";

const toastMS = 6_000;
const mostToasts = 3;
const quietMS = 2_000;

/** @typedef {{close: () => void, change: (text: string) => void}} Toast change says something else, and takes the action away */

/**
 * Shows a line that goes away by itself. Errors are read aloud at once and stand
 * before what is only told. They lie on the bar, where nothing is that one needs next.
 * @param {string} text @param {{error?: boolean, action?: string, act?: () => void, stayMS?: number}} [options]
 * @returns {Toast}
 */
export function toast(text, { error = false, action, act, stayMS = error ? toastMS * 2 : toastMS } = {}) {
  const all = byID("toasts");
  const words = el("span", { dir: "auto" }, text);
  const node = el("div", { class: error ? "toast toast-error" : "toast" }, words);
  const close = () => node.remove();
  const button = action
    ? el("button", { type: "button", class: "small", on: { click: () => (close(), act?.()) } }, action)
    : el("button", { type: "button", class: "small", "aria-label": "OK, dismiss", on: { click: close } }, "OK");
  node.append(button);
  hostToasts();
  if (error) all.append(node);
  else all.insertBefore(node, all.querySelector(".toast-error"));
  while (all.childElementCount > mostToasts) all.firstElementChild.remove();
  setTimeout(close, stayMS);
  if (error) byID("assertive").textContent = text;
  return {
    close,
    change: (to) => {
      setText(words, to);
      if (action) button.remove();
    },
  };
}

/** An open dialog makes all else inert, a toast too: so it is shown inside. */
export function hostToasts() {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  const all = byID("toasts");
  if (all.parentElement !== open) open.append(all);
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
