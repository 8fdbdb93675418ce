import { el, icon } from "./dom.js";

/**
 * A dialog the browser keeps the focus in. Escape and a tap beside it close it.
 * @param {string} title @param {...any} content
 */
export function openDialog(title, ...content) {
  const close = el("button", { type: "button", class: "icon", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close"));
  const dialog = el("dialog", { class: "dialog", "aria-label": title }, el("header", { class: "dialog-head" }, el("h2", {}, title), close), ...content);
  dialog.addEventListener("click", (/** @type {Event} */ event) => void (event.target === dialog && dialog.close()));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {string} role */
export function openHelp(role, /** @type {() => void} */ signOut) {
  const keys = [
    ["Alt 1 … 4", "Orders board, kitchen, pad, performance"],
    ["Tab, Enter", "Go to an order, move it on"],
    ["M", "Menu of the order that has the focus"],
    ["1 … 9", "Kitchen: bump that ticket"],
    ["R", "Kitchen: recall the last bumped ticket"],
    ["A", "Kitchen: all-day counts"],
    ["/", "Pad: search the menu"],
    ["Ctrl Enter", "Pad: place the order"],
    ["T", "Light or dark"],
    ["?", "This help"],
  ];
  const list = el("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)]));
  const dialog = openDialog("Shortcuts", list, el("p", { class: "dim" }, `You are signed in with the role ${role}.`),
    el("footer", { class: "dialog-foot" }, el("a", { class: "button", href: "/docs", target: "_blank", rel: "noreferrer" }, "Interface documentation"),
      el("button", { type: "button", class: "button", on: { click: () => (dialog.close(), signOut()) } }, "Sign out")));
}
