import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";

const most = 10_000;
const quick = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24];

/** Asks how many, for twelve beers are not twelve taps. Halves are allowed, nothing removes it. @param {string} name @param {number} now @param {(quantity: number) => void} done */
export function askQuantity(name, now, done) {
  const input = el("input", { id: "quantity", type: "number", min: 0, max: most, step: "any", inputmode: "decimal", value: now });
  const finish = (/** @type {number} */ quantity) => (dialog.close(), done(quantity));
  const form = el("form", { class: "stack", method: "post", novalidate: true }, el("div", { class: "quick" }, ...quick.map((n) => el("button", { type: "button", class: "button", on: { click: () => finish(n) } }, n))),
    el("label", { for: "quantity" }, "Or how many"), input, el("footer", { class: "dialog-foot" }, el("button", { class: "button primary" }, "Done")));
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = Math.round(Number(input.value) * 1_000) / 1_000;
    if (input.value !== "" && typed >= 0 && typed <= most) finish(typed);
    else input.select();
  });
  const dialog = openDialog(name, form);
  input.select();
}
