import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";

const sizeKey = "heard:kitchen-size";
const compactKey = "heard:kitchen-compact";

/** @type {[string, number][]} names and how large the letters are */
const sizes = [["Small", 0.8], ["Normal", 1], ["Large", 1.3], ["Huge", 1.7], ["From afar", 2.2]];

/** Puts this device's choice on the page. @param {HTMLElement} kitchen */
export function applyScreen(kitchen) {
  const [, size] = sizes[chosen()];
  kitchen.style.setProperty("--size", String(size));
  kitchen.toggleAttribute("data-compact", localStorage.getItem(compactKey) === "1");
}

function chosen() {
  const at = Number(localStorage.getItem(sizeKey) ?? 1);
  return at in sizes ? at : 1;
}

/** How this screen looks and sounds: kept on the device. @param {import("./app.js").App} app @param {() => void} changed */
export function openScreen(app, changed) {
  const size = el("fieldset", {}, el("legend", {}, "Text size"), el("div", { class: "options" }, ...sizes.map(([name], i) => {
    const input = el("input", { type: "radio", name: "size", checked: i === chosen() });
    input.addEventListener("change", () => (localStorage.setItem(sizeKey, String(i)), changed()));
    return el("label", { class: "option" }, input, name);
  })));
  const compact = box("Compact tickets", localStorage.getItem(compactKey) === "1", (on) => (localStorage.setItem(compactKey, on ? "1" : ""), changed()));
  const sound = box("Sound for new, changed and cancelled tickets", app.bell.on, (on) => (app.bell.on = on));
  const test = el("button", { type: "button", class: "button", on: { click: () => app.bell.ring("new") } }, "Hear it");
  openDialog("This screen", el("div", { class: "stack" }, size, compact, sound, test, el("p", { class: "dim" }, "Kept on this device. The screen stays on while the kitchen display is open, where the browser allows it.")));
}

/** @param {string} name @param {boolean} on @param {(on: boolean) => void} turn */
function box(name, on, turn) {
  const input = el("input", { type: "checkbox", checked: on });
  input.addEventListener("change", () => turn(input.checked));
  return el("label", { class: "option" }, input, name);
}

/** Keeps the screen on, also after it was hidden and came back. @returns {() => void} ends it */
export function stayAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let ended = false;
  const ask = async () => {
    if (document.hidden || ended) return;
    lock = await (navigator.wakeLock?.request("screen").catch(() => null) ?? null); // refused on a low battery, or not there
    if (ended) void lock?.release();
  };
  document.addEventListener("visibilitychange", ask);
  void ask();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}
