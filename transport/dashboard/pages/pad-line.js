import { el, icon } from "./dom.js";
import { askOptions } from "./pad-options.js";
import { askQuantity } from "./pad-quantity.js";
import { money } from "./words.js";

/**
 * One line of the draft: what, with which options, how many and for how much.
 * @param {import("./pad-draft.js").DraftLine} line @param {import("./pad-draft.js").Draft} draft @param {string} currency
 */
export function lineOf(line, draft, currency) {
  const { item, quantity, modifiers, notes } = line;
  const each = Number(item.price) + modifiers.reduce((sum, { price }) => sum + Number(price), 0);
  const step = (/** @type {number} */ by, /** @type {"plus" | "minus"} */ shape, /** @type {string} */ word) =>
    el("button", { type: "button", class: "icon step", data: { focus: `${line.key} ${shape}` }, "aria-label": `${word} ${item.name}`, on: { click: () => draft.change(line, { quantity: Math.max(0, Math.round((quantity + by) * 1_000) / 1_000) }) } }, icon(shape));
  const ask = () => askOptions(item, line, currency, (chosen, isForOne) => (isForOne ? draft.split(line, chosen) : draft.change(line, chosen)));
  return el("li", { class: line.problem ? "draft-line refused" : "draft-line" },
    el("button", { type: "button", class: "draft-what", data: { focus: `${line.key} what` }, "aria-label": `${item.name}: options and note`, on: { click: ask } },
      el("span", { class: "draft-name", dir: "auto" }, item.name),
      ...modifiers.map(({ name }) => el("span", { class: "modifier", dir: "auto" }, name)), notes && el("span", { class: "note", dir: "auto" }, notes),
      line.problem && el("span", { class: "problem" }, line.problem),
      el("span", { class: "draft-more" }, item.modifier_groups?.length ? "Options, note" : "Note")),
    el("span", { class: "draft-amount" }, money(each * quantity, currency)),
    el("span", { class: "steps" }, step(-1, "minus", "One less of"),
      el("button", { type: "button", class: "how-many", data: { focus: `${line.key} number` }, "aria-label": `${quantity} ${item.name}: how many`, on: { click: () => askQuantity(item.name, quantity, (n) => draft.change(line, { quantity: n })) } }, quantity),
      step(1, "plus", "One more of")));
}
