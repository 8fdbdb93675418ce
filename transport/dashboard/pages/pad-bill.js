import { el, fill, icon, setText } from "./dom.js";
import { askOptions } from "./pad-options.js";
import { money } from "./words.js";

const tables = 20;

/** @typedef {import("./pad-draft.js").Draft} Draft */

/** The order on the right: table, lines, the bill so far, and the button. @param {Draft} draft @param {() => string} currency @param {() => void} place @param {() => void} close */
export function billPanel(draft, currency, place, close) {
  const table = el("select", { id: "table", on: { change: () => draft.setTable(table.value) } }, el("option", { value: "" }, "Counter"), el("option", { value: "takeaway" }, "Takeaway"),
    ...Array.from({ length: tables }, (_, i) => el("option", { value: i + 1 }, `Table ${i + 1}`)));
  const lines = el("ul", { class: "draft-lines" });
  const figures = el("dl", { class: "figures", "aria-live": "polite" });
  const problem = el("p", { class: "problem", role: "alert" });
  const button = el("button", { type: "button", class: "button primary place", on: { click: place } });
  const clear = el("button", { type: "button", class: "button", on: { click: () => draft.clear() } }, "Clear");
  const back = el("button", { type: "button", class: "icon pad-close", "aria-label": "Back to the menu", on: { click: close } }, icon("close"));
  const node = el("section", { class: "bill card", "aria-label": "Order" }, el("header", { class: "bill-head" }, el("label", { for: "table" }, "For"), table, clear, back),
    el("div", { class: "bill-scroll" }, lines), el("footer", {}, figures, problem, button));

  const draw = () => {
    if (table.value !== draft.table) table.value = draft.table;
    showLines(lines, draft, currency());
    showFigures(figures, draft.bill, currency());
    setText(problem, draft.problem);
    button.disabled = !draft.lines.length || draft.stage === "sending";
    const total = draft.bill ? money(draft.bill.total, currency()) : "";
    setText(button, draft.stage === "sending" ? "Placing…" : draft.lines.length ? `Place order  ${total}` : "Place order");
    clear.disabled = !draft.lines.length;
  };
  return { node, draw };
}

/** @param {Element} list @param {Draft} draft @param {string} currency */
function showLines(list, draft, currency) {
  const focus = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.focus;
  if (!draft.lines.length) return fill(list, el("li", { class: "empty-draft dim" }, "Tap what the table would like."));
  fill(list, ...draft.lines.map((line) => lineOf(line, draft, currency)));
  if (focus) /** @type {HTMLElement | null} */ (list.querySelector(`[data-focus="${CSS.escape(focus)}"]`))?.focus();
}

/** @param {import("./pad-draft.js").DraftLine} line @param {Draft} draft @param {string} currency */
function lineOf(line, draft, currency) {
  const { item, quantity, modifiers, notes } = line;
  const each = Number(item.price) + modifiers.reduce((sum, { price }) => sum + Number(price), 0);
  const step = (/** @type {number} */ by, /** @type {"plus" | "minus"} */ shape, /** @type {string} */ word) =>
    el("button", { type: "button", class: "icon step", data: { focus: `${line.key} ${shape}` }, "aria-label": `${word} ${item.name}`, on: { click: () => draft.change(line, { quantity: quantity + by }) } }, icon(shape));
  return el("li", { class: line.problem ? "draft-line refused" : "draft-line" },
    el("button", { type: "button", class: "draft-what", data: { focus: `${line.key} what` }, "aria-label": `${item.name}: modifiers and note`, on: { click: () => askOptions(item, line, (chosen) => draft.change(line, chosen), currency) } },
      el("span", { class: "draft-name" }, item.name), ...modifiers.map(({ name }) => el("span", { class: "modifier" }, name)), notes && el("span", { class: "note" }, notes), line.problem && el("span", { class: "problem" }, line.problem)),
    el("span", { class: "draft-amount" }, money(each * quantity, currency)),
    el("span", { class: "steps" }, step(-1, "minus", "One less of"), el("b", {}, quantity), step(1, "plus", "One more of")));
}

/** @param {Element} list @param {any} bill @param {string} currency */
function showFigures(list, bill, currency) {
  const rows = bill ? [
    ["Subtotal", bill.subtotal],
    Number(bill.discount) ? ["Discount", -bill.discount] : null,
    ...(bill.charges ?? []).map((/** @type {any} */ charge) => [charge.code, charge.amount]),
    ...(bill.taxes ?? []).map((/** @type {any} */ tax) => [`${tax.code} ${tax.rate} %`, tax.amount]),
    Number(bill.round_off) ? ["Round-off", bill.round_off] : null,
    ["Total", bill.total],
  ].filter(Boolean) : [["Subtotal", null], ["Total", null]];
  fill(list, ...rows.flatMap(([name, amount]) => [el("dt", {}, name), el("dd", {}, amount === null ? "–" : money(amount, currency))]));
}
