import { ageText, secondsSince } from "./clock.js";
import { openDialog } from "./dialogs.js";
import { el, fill } from "./dom.js";
import { labels } from "./moves.js";
import { deviceTables, ordersAt, setDeviceTables, whereName } from "./pad-where.js";
import { money } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */
/** @typedef {import("./pad-where.js").Where} Where */
/** @typedef {{where: Where, adds: {id: string, number: number} | null, beside: string[]}} Choice an order to add to, or the orders a new one is made beside of */

const namesLongest = 60;

/**
 * Asks whom the order is for. Where a table has an open order already, it is
 * shown and asked whether to add to it: a second order is never made silently.
 * @param {App} app @param {(choice: Choice) => void} done @param {Where} [at] asks about this table at once
 */
export function pickWhere(app, done, at) {
  const content = el("div", { class: "picker" });
  const dialog = openDialog("Whom is it for?", content);
  const finish = (/** @type {Where} */ where, /** @type {Choice["adds"]} */ adds, /** @type {Order[]} */ beside) => {
    dialog.close();
    done({ where, adds, beside: beside.map(({ id }) => id) });
  };
  const choose = (/** @type {Where} */ where) => {
    const open = ordersAt(app.heard.orders.values(), where);
    const waiting = app.outbox.at(where).length;
    if (open.length || waiting) fill(content, ...occupied(app, where, open, waiting, (adds) => finish(where, adds, open), () => showAll()));
    else finish(where, null, []);
  };
  const showAll = () => fill(content, ...everything(app, choose, () => showAll()));
  if (at) choose(at);
  else showAll();
}

/** @param {App} app @param {(where: Where) => void} choose @param {() => void} again */
function everything(app, choose, again) {
  const { count, names } = deviceTables();
  const orders = [...app.heard.orders.values()];
  const elsewhere = orders.filter(({ table_id, table_number, order_type }) => table_id && !table_number && table_id !== "counter" && (order_type ?? "dine_in") === "dine_in").map(({ table_id }) => String(table_id));
  const tables = [...Array.from({ length: count }, (_, i) => ({ number: i + 1 })), ...[...new Set([...names, ...elsewhere])].map((name) => ({ name }))];
  const typed = el("input", { id: "other-table", maxlength: namesLongest, autocomplete: "off", dir: "auto", placeholder: "Terrace 3" });
  const other = el("form", { class: "picker-other", method: "post" }, el("label", { for: "other-table" }, "Another table"), typed, el("button", { class: "button" }, "Use it"));
  other.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = typed.value.trim();
    if (name) choose(/^\d{1,6}$/.test(name) && Number(name) ? { kind: "table", number: Number(name) } : { kind: "table", name });
  });
  const kinds = /** @type {const} */ (["counter", "takeaway", "delivery"]).map((kind) => el("button", { type: "button", class: "button", on: { click: () => choose({ kind }) } }, whereName({ kind })));
  return [el("div", { class: "picker-kinds" }, ...kinds),
    el("div", { class: "picker-tables" }, ...tables.map((one) => tableButton(app, orders, { kind: "table", ...one }, choose))), other, deviceSetting(again)];
}

/** @param {App} app @param {Order[]} orders @param {Where} where @param {(where: Where) => void} choose */
function tableButton(app, orders, where, choose) {
  const open = ordersAt(orders, where);
  const said = open.length ? `${open.map(({ number }) => `#${number}`).join(" ")} · ${ageText(secondsSince(open[0].created_at, app.heard.now()))}` : app.outbox.at(where).length ? "waiting" : "";
  return el("button", { type: "button", class: "table", data: said ? { open: "" } : {}, on: { click: () => choose(where) } },
    el("b", { dir: "auto" }, whereName(where)), el("span", {}, said));
}

/** @param {() => void} again */
function deviceSetting(again) {
  const { count, names } = deviceTables();
  const number = el("input", { id: "table-count", type: "number", min: 0, max: 500, value: count, inputmode: "numeric" });
  const text = el("textarea", { id: "table-names", rows: 4, dir: "auto" });
  text.value = names.join("\n");
  const save = () => (setDeviceTables({ count: number.value, names: text.value.split("\n") }), again());
  return el("details", { class: "picker-setting" }, el("summary", {}, "Tables of this device"), el("div", { class: "stack" },
    el("label", { for: "table-count" }, "Tables with numbers, from 1 to"), number, el("label", { for: "table-names" }, "Tables with names, one a line"), text,
    el("button", { type: "button", class: "button", on: { click: save } }, "Keep")));
}

/** @param {App} app @param {Where} where @param {Order[]} open @param {number} waiting @param {(adds: Choice["adds"]) => void} done @param {() => void} back */
function occupied(app, where, open, waiting, done, back) {
  const name = whereName(where);
  const said = [open.length === 1 ? `${name} has order ${open[0].number} open.` : open.length ? `${name} has ${open.length} orders open.` : "", waiting ? `${name} has an order that waits to be sent.` : ""].filter(Boolean).join(" ");
  return [el("p", { class: "picker-said", dir: "auto" }, said),
    ...open.map((order) => el("section", { class: "picker-order" },
      el("p", {}, el("b", {}, `Order ${order.number}`), ` · ${[labels[order.status] ?? order.status, ageText(secondsSince(order.created_at, app.heard.now())), order.waiter_name, order.total === undefined ? "" : money(order.total, order.currency)].filter(Boolean).join(" · ")}`),
      el("ul", {}, ...(order.items ?? []).map((line) => el("li", { dir: "auto" }, `${line.quantity} × ${line.name}`))),
      el("button", { type: "button", class: "button primary", on: { click: () => done({ id: order.id, number: order.number ?? 0 }) } }, `Add to order ${order.number}`))),
    el("footer", { class: "dialog-foot" }, el("button", { type: "button", class: "button", on: { click: back } }, "Another table"), el("button", { type: "button", class: "button", on: { click: () => done(null) } }, `New order for ${name}`))];
}
