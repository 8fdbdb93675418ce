import { el, fill, icon, setText } from "./dom.js";
import { draftName } from "./pad-draft.js";
import { lineOf } from "./pad-line.js";
import { asksCustomer } from "./pad-where.js";
import { money } from "./words.js";

/** @typedef {import("./pad-draft.js").Draft} Draft */

/**
 * The order on the right: whom it is for, lines, the bill so far, and the button.
 * @param {Draft} draft @param {() => string} currency @param {{place: () => void, pick: () => void, clear: () => void, close: () => void}} acts
 */
export function billPanel(draft, currency, { place, pick, clear, close }) {
  const where = el("button", { type: "button", class: "button where", id: "table", "aria-label": "Whom it is for", on: { click: pick } });
  const wipe = el("button", { type: "button", class: "button", on: { click: clear } }, "Clear");
  const back = el("button", { type: "button", class: "icon pad-close", "aria-label": "Back to the menu", on: { click: close } }, icon("close"));
  const customer = customerFields(draft);
  const lines = el("ul", { class: "draft-lines" });
  const figures = el("dl", { class: "figures", "aria-live": "polite" });
  const problem = el("p", { class: "problem", role: "alert" });
  const button = el("button", { type: "button", class: "button primary place", on: { click: place } });
  const node = el("section", { class: "bill card", "aria-label": "Order" }, el("header", { class: "bill-head" }, where, wipe, back),
    el("div", { class: "bill-scroll" }, customer.node, lines, figures), el("footer", {}, problem, button));

  const draw = () => {
    const name = draftName(draft);
    setText(where, name || "Choose a table");
    where.toggleAttribute("data-missing", !name && draft.lines.length > 0);
    customer.draw();
    showLines(lines, draft, currency());
    showFigures(figures, draft, currency());
    setText(problem, draft.problem);
    button.disabled = !draft.lines.length;
    const total = draft.bill ? money(draft.bill.total, currency()) : "";
    setText(button, `${!name && draft.lines.length ? "Choose a table" : draft.adds ? `Add to order ${draft.adds.number}` : "Place order"}  ${draft.lines.length ? total : ""}`.trimEnd());
    wipe.disabled = !draft.lines.length && !name;
  };
  return { node, draw };
}

/** Who comes for it, or where it goes. @param {Draft} draft */
function customerFields(draft) {
  const field = (/** @type {"name" | "phone"} */ member, /** @type {string} */ word, /** @type {any} */ more) => {
    const input = el("input", { id: `customer-${member}`, maxlength: 100, autocomplete: "off", placeholder: word, "aria-label": word, ...more });
    input.addEventListener("input", () => draft.setCustomer({ [member]: input.value.trim() }));
    return input;
  };
  const name = field("name", "Name", { dir: "auto" });
  const phone = field("phone", "Phone", { type: "tel", inputmode: "tel" });
  const node = el("div", { class: "customer", hidden: true }, name, phone);
  return {
    node,
    draw() {
      node.hidden = !asksCustomer(draft.where);
      for (const [input, text] of [[name, draft.customer.name], [phone, draft.customer.phone]]) if (input.value.trim() !== text) input.value = text;
    },
  };
}

/** @param {Element} list @param {Draft} draft @param {string} currency */
function showLines(list, draft, currency) {
  const focus = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.focus;
  if (!draft.lines.length) return fill(list, el("li", { class: "empty-draft dim" }, "Tap what the table would like."));
  fill(list, ...draft.lines.map((line) => lineOf(line, draft, currency)));
  if (focus) /** @type {HTMLElement | null} */ (list.querySelector(`[data-focus="${CSS.escape(focus)}"]`))?.focus();
}

/** @param {Element} list @param {Draft} draft @param {string} currency */
function showFigures(list, { bill, lines }, currency) {
  const rows = bill ? [
    ["Subtotal", bill.subtotal],
    Number(bill.discount) ? ["Discount", -bill.discount] : null,
    ...(bill.charges ?? []).map((/** @type {any} */ charge) => [charge.code, charge.amount]),
    ...(bill.taxes ?? []).map((/** @type {any} */ tax) => [`${tax.code} ${tax.rate} %`, tax.amount]),
    Number(bill.round_off) ? ["Round-off", bill.round_off] : null,
    ["Total", bill.total],
  ].filter(Boolean) : [["Subtotal", null], ["Total", null]];
  fill(list, ...(lines.length ? rows : []).flatMap(([name, amount]) => [el("dt", {}, name), el("dd", {}, amount === null ? "–" : money(amount, currency))]));
}
