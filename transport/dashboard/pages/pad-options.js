import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { count, money } from "./words.js";

const noteLongest = 256;

/** @typedef {{modifiers: any[], notes: string}} Options */

/**
 * Asks for modifiers and a note. What a group demands is demanded here. Of
 * several dishes, one may get options of its own.
 * @param {any} item @param {Options & {quantity?: number}} now @param {string} currency
 * @param {(chosen: Options, isForOne: boolean) => void} done
 */
export function askOptions(item, now, currency, done) {
  const { quantity = 1 } = now;
  const notes = el("textarea", { id: "notes", rows: 2, maxlength: noteLongest, autocomplete: "off", dir: "auto", placeholder: "No onions, birthday…" });
  notes.value = now.notes;
  const problem = el("p", { class: "problem", role: "alert" });
  const groups = (item.modifier_groups ?? []).map((/** @type {any} */ group, /** @type {number} */ i) => groupOf(group, `group-${i}`, now.modifiers, currency));
  const one = radio("for", "Only one of them", false);
  const many = quantity > 1 && el("fieldset", {}, el("legend", {}, `For ${count(quantity, "dish", "dishes")}`), el("div", { class: "options" }, radio("for", "All of them", true).node, one.node));
  const form = el("form", { class: "stack", method: "post" }, many, ...groups.map((/** @type {any} */ group) => group.node),
    el("label", { for: "notes" }, "Note for the kitchen"), notes, problem, el("footer", { class: "dialog-foot" }, el("button", { class: "button primary" }, "Done")));
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = groups.map((/** @type {any} */ group) => group.problem()).find(Boolean) ?? "";
    if (problem.textContent) return;
    dialog.close();
    done({ modifiers: groups.flatMap((/** @type {any} */ group) => group.chosen()), notes: notes.value.trim() }, one.input.checked);
  });
  notes.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const dialog = openDialog(item.name, form);
}

/** @param {string} name @param {string} text @param {boolean} checked @param {string} [price] */
function radio(name, text, checked, price = "", type = "radio") {
  const input = el("input", { type, name, checked });
  return { input, node: el("label", { class: "option" }, input, el("span", { dir: "auto" }, text), price && el("span", { class: "dim" }, price)) };
}

/** @param {any} group @param {string} name @param {any[]} chosen @param {string} currency */
function groupOf(group, name, chosen, currency) {
  const isSingle = group.max === 1;
  const least = group.min ?? 0;
  const id = group.id ?? group.name; // two groups may have an option of one name
  const inputs = group.options.map((/** @type {any} */ option) => {
    const isOn = chosen.some((one) => one.name === option.name && one.group === id);
    return { option, ...radio(name, option.name, isOn, Number(option.price) ? `+ ${money(option.price, currency)}` : "", isSingle ? "radio" : "checkbox") };
  });
  const picked = () => inputs.filter((/** @type {any} */ { input }) => input.checked);
  const none = isSingle && least === 0 && radio(name, "None", picked().length === 0); // what was chosen can be left out again
  const rule = isSingle && least ? "choose one" : least ? `choose ${least}${group.max === least ? "" : " or more"}` : group.max > 1 ? `up to ${group.max}` : "";
  return {
    node: el("fieldset", {}, el("legend", { dir: "auto" }, group.name, rule && el("span", { class: "dim" }, ` · ${rule}`)), el("div", { class: "options" }, none && none.node, ...inputs.map((/** @type {any} */ one) => one.node))),
    chosen: () => picked().map((/** @type {any} */ { option }) => ({ name: option.name, price: option.price, group: id })),
    problem() {
      const n = picked().length;
      if (n < least) return `${group.name}: choose ${isSingle ? "one" : `at least ${least}`}`;
      return group.max && n > group.max ? `${group.name}: at most ${group.max}` : "";
    },
  };
}
