import { el, icon } from "./dom.js";
import { hostToasts } from "./notices.js";

/** @type {HTMLDialogElement[]} the open ones, the upper one last */
const open = [];

/** Entries of the browser's history that stand for open dialogs. */
const entries = () => history.state?.dialogs ?? 0;
if (entries()) history.replaceState({ ...history.state, dialogs: 0 }, ""); // a reload closed them

/**
 * A dialog the browser keeps the focus in. Escape, a tap beside it and the
 * browser's Back close it.
 * @param {string} title @param {...any} content
 */
export function openDialog(title, ...content) {
  const close = el("button", { type: "button", class: "icon", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close"));
  const dialog = el("dialog", { class: "dialog", "aria-label": title }, el("header", { class: "dialog-head" }, el("h2", { dir: "auto" }, title), close), ...content);
  dialog.addEventListener("click", (/** @type {Event} */ event) => void (event.target === dialog && dialog.close()));
  dialog.addEventListener("close", () => gone(dialog));
  document.body.append(dialog);
  dialog.showModal();
  open.push(dialog);
  history.pushState({ ...history.state, dialogs: entries() + 1 }, "");
  return dialog;
}

/** @param {HTMLDialogElement} dialog */
function gone(dialog) {
  if (open.includes(dialog)) open.splice(open.indexOf(dialog), 1);
  hostToasts();
  dialog.remove();
  if (entries() > open.length) history.go(open.length - entries());
}

/** After the browser's Back: closes the dialogs that were opened after where it went. */
export function closeDialogsByHistory() {
  for (const dialog of open.slice(entries())) dialog.close();
}

/** Another page: no dialog stays over it. @param {string} address */
export function goTo(address) {
  const inDialog = entries() > 0;
  for (const dialog of open.splice(0)) dialog.close();
  if (inDialog) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

const documentation = ["admin", "manager"];

/** @param {string} role */
export function openHelp(role, /** @type {() => void} */ signOut) {
  const keys = [
    ["Alt 1 … 4", "Orders board, kitchen, pad, performance"],
    ["Tab, Enter", "Go to an order's button, move it on"],
    ["M", "Open the order that has the focus"],
    ["1 … 9", "Kitchen: bump the ticket with that number"],
    ["← →", "Kitchen: turn the page"],
    ["R", "Kitchen: recall the last bumped ticket"],
    ["A", "Kitchen: all-day counts"],
    ["/", "Board and pad: search"],
    ["Ctrl Enter", "Pad: place the order"],
    ["T", "Light or dark"],
    ["?", "This help"],
  ];
  const list = el("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)]));
  const dialog = openDialog("Shortcuts", list, el("p", { class: "dim" }, `You are signed in with the role ${role}.`),
    el("footer", { class: "dialog-foot" }, documentation.includes(role) && el("a", { class: "button", href: "/docs", target: "_blank", rel: "noreferrer" }, "Interface documentation"),
      el("button", { type: "button", class: "button", on: { click: () => (dialog.close(), signOut()) } }, "Sign out")));
}
