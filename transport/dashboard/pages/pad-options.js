import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { money } from "./words.js";

/**
 * Asks for modifiers and a note. What a group demands is demanded here.
 * @param {any} item @param {{modifiers: any[], notes: string}} chosen @param {(chosen: {modifiers: any[], notes: string}) => void} done
 * @param {string} currency
 */
export function askOptions(item, chosen, done, currency) {
  const notes = el("input", { id: "notes", value: chosen.notes, maxlength: 200, autocomplete: "off", placeholder: "No onions, birthday…" });
  const problem = el("p", { class: "problem", role: "alert" });
  const groups = (item.modifier_groups ?? []).map((/** @type {any} */ group) => groupOf(group, chosen.modifiers, currency));
  const form = el("form", { class: "stack", method: "post" }, ...groups.map((/** @type {any} */ group) => group.node),
    el("label", { for: "notes" }, "Note for the kitchen"), notes, problem, el("footer", { class: "dialog-foot" }, el("button", { class: "button primary" }, "Done")));
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = groups.map((/** @type {any} */ group) => group.problem()).find(Boolean) ?? "";
    if (problem.textContent) return;
    done({ modifiers: groups.flatMap((/** @type {any} */ group) => group.chosen()), notes: notes.value.trim() });
    dialog.close();
  });
  const dialog = openDialog(item.name, form);
}

/** @param {any} group @param {any[]} chosen @param {string} currency */
function groupOf(group, chosen, currency) {
  const single = group.max === 1;
  const inputs = group.options.map((/** @type {any} */ option) => {
    const on = chosen.some(({ name }) => name === option.name);
    const input = el("input", { type: "checkbox", checked: on });
    input.addEventListener("change", () => {
      if (single && input.checked) for (const other of inputs) if (other.input !== input) other.input.checked = false;
    });
    return { input, option, node: el("label", { class: "option" }, input, el("span", {}, option.name), Number(option.price) ? el("span", { class: "dim" }, `+ ${money(option.price, currency)}`) : null) };
  });
  const picked = () => inputs.filter((/** @type {any} */ { input }) => input.checked);
  const rule = group.min ? `choose ${group.min}${group.max === group.min ? "" : " or more"}` : group.max ? `up to ${group.max}` : "";
  return {
    node: el("fieldset", {}, el("legend", {}, group.name, rule && el("span", { class: "dim" }, ` · ${rule}`)), el("div", { class: "options" }, ...inputs.map((/** @type {any} */ one) => one.node))),
    chosen: () => picked().map((/** @type {any} */ { option }) => ({ name: option.name, price: option.price })),
    problem() {
      const n = picked().length;
      if (n < (group.min ?? 0)) return `${group.name}: choose at least ${group.min}`;
      return group.max && n > group.max ? `${group.name}: at most ${group.max}` : "";
    },
  };
}
