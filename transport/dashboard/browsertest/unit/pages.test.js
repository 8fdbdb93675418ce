// What of the pages is plain calculation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, marks } from "../../pages/charts.js";
import { charts } from "../../pages/performance.js";
import { folded, found } from "../../pages/pad-search.js";
import { ordersAt, whereBody, whereName } from "../../pages/pad-where.js";
import { inWords } from "../../pages/refusals.js";

const names = (menu, typed) => found(menu.map((name) => ({ name })), typed).map(({ name }) => name);

test("accents and capitals are no letters of their own, signs of other scripts are", () => {
  assert.equal(folded("Crème BRÛLÉE, Łosoś, Weißbier, Smørrebrød"), "creme brulee, losos, weissbier, smorrebrod");
  assert.deepEqual(names(["Tea", "Crème Brûlée"], "brulee"), ["Crème Brûlée"]);
  assert.deepEqual(names(["Tea", "Crème Brûlée"], "CRÈME br"), ["Crème Brûlée"]);
  assert.deepEqual(names(["मसाला चाय", "मसला"], "मसाला"), ["मसाला चाय"], "a vowel sign is a letter");
});

test("what begins as one typed comes first", () => {
  const menu = ["Chana Masala", "Tea, masala chai spices", "Chutney with masala", "Masala Chai", "Amasala chx"];
  assert.deepEqual(names(menu, "masala ch"), ["Masala Chai", "Tea, masala chai spices", "Chana Masala", "Chutney with masala", "Amasala chx"]);
  assert.deepEqual(names(["Pan", "Naan", "Anand"], "an"), ["Anand", "Pan", "Naan"]);
  assert.deepEqual(names(menu, "nothing"), []);
});

test("a refusal is said in a waiter's words and shown at its line", () => {
  const lines = [{ item: { name: "Chai" } }, { item: { name: "Paneer Tikka" } }];
  const said = (problem) => inWords(problem, lines);
  const soldOut = said({ code: "ITEM_SOLD_OUT", detail: "items[1].menu_item_id: Paneer Tikka is sold out", errors: [{ field: "items[1].menu_item_id", detail: "Paneer Tikka is sold out" }] });
  assert.deepEqual([soldOut.text, [...soldOut.lines]], ["Paneer Tikka is sold out", [[1, "Sold out"]]]);
  const price = said({ code: "PRICE_MISMATCH", detail: "items[0].price: its price is 20.00", errors: [{ field: "items[0].price", detail: "its price is 20.00" }] });
  assert.deepEqual([price.text, [...price.lines]], ["Chai: its price is 20.00", [[0, "its price is 20.00"]]]);
  assert.equal(said({ code: "VALIDATION_ERROR", detail: "table_id: must be short", errors: [{ field: "table_id", detail: "must be short" }] }).text, "Table: must be short");
  assert.equal(said({ code: "CONFLICT", detail: "items[0].notes: odd" }).text, "odd");
  for (const code of ["EXPIRED", "ORDER_CLOSED", "QUEUE_FULL", "FORBIDDEN", ""]) assert.doesNotMatch(said({ code, detail: "items[0].x: y" }).text, /^$|\bnull\b|undefined/);
});

test("tables with numbers and with names, and the orders that are open there", () => {
  const seven = /** @type {const} */ ({ kind: "table", number: 7 });
  assert.deepEqual(whereBody(seven), { table_id: "t-7", table_number: 7, order_type: "dine_in" });
  assert.deepEqual(whereBody({ kind: "table", name: "Terrasse é" }), { table_id: "Terrasse é", table_number: 0, order_type: "dine_in" });
  assert.deepEqual(whereBody({ kind: "takeaway" }), { table_id: null, table_number: 0, order_type: "takeaway" });
  assert.deepEqual([whereName(seven), whereName({ kind: "table", name: "Bar 2" }), whereName({ kind: "" })], ["Table 7", "Bar 2", ""]);
  const order = (number, members) => /** @type {any} */ ({ id: `o${number}`, number, status: "pending", order_type: "dine_in", table_id: "counter", table_number: 0, ...members });
  const orders = [order(5, { table_number: 7, table_id: "t-7" }), order(2, { table_number: 7, table_id: "x", status: "served" }), order(3, { table_number: 7, status: "completed" }),
    order(4, { table_id: "t-7", order_type: "takeaway" }), order(6, {}), order(7, { table_id: "Bar 2" })];
  assert.deepEqual(ordersAt(orders, seven).map(({ number }) => number), [2, 5]);
  assert.deepEqual(ordersAt(orders, { kind: "table", name: "Bar 2" }).map(({ number }) => number), [7]);
  assert.deepEqual(ordersAt(orders, { kind: "counter" }), []);
});

test("the charts count back from now, in steps whose words have room", () => {
  for (const [seconds, width] of [[60, 280], [60, 600], [300, 280], [300, 900]]) {
    const at = marks(1_000_000 - seconds, 1_000_000, width);
    assert.equal(at.at(-1), 1_000_000);
    assert.ok(at.length >= 2 && at.length <= width / 84 + 1, `${seconds} s in ${width}: ${at.length} marks`);
  }
  assert.deepEqual([0, 30, 60, 90, 300].map(ago), ["now", "30 s ago", "1 min ago", "90 s ago", "5 min ago"]);
});

test("no line of a chart hides another that has the same figures", () => {
  const { series } = charts.find(({ id }) => id === "throughput") ?? { series: [] };
  const nth = (name) => series.findIndex((one) => one.name === name);
  assert.ok(nth("appends") < nth("commands"), "drawn first");
  assert.deepEqual(series.filter(({ isBroad }) => isBroad).map(({ name }) => name), ["appends"]);
});
