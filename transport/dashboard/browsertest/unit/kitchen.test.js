// What the kitchen's screen remembers, and what a move's way back is, without a browser.
import assert from "node:assert/strict";
import test from "node:test";
import { KitchenMemory } from "../../pages/kitchen-memory.js";
import { takesAway } from "../../pages/lines.js";
import { Rights, forward, mayCancel, wayBack } from "../../pages/moves.js";
import { own, place, plainly, under } from "../../pages/words.js";
import { memory as storage } from "../setup.js";

const line = (line_id, quantity, more = {}) => ({ line_id, menu_item_id: line_id, name: `Dish ${line_id}`, quantity, modifiers: [], notes: "", ...more });
const order = (version, items, more = {}) => ({ id: "o1", order_id: "o1", number: 1, status: "preparing", version, table_number: 3, created_at: "2026-11-30T20:00:00Z", updated_at: `2026-11-30T20:0${version}:00Z`, items, ...more });
const texts = ({ lines, gone, badge }) => [badge, ...[...lines].map(([id, { text, was }]) => `${id} ${text}${was ? ` was ${was}` : ""}`), ...gone.map(({ line_id }) => `-${line_id}`)].filter(Boolean).join("; ");

test("what changed on a ticket is marked until it was seen, also after a reload", () => {
  const kept = storage();
  const first = new KitchenMemory(kept, "k");
  assert.equal(first.take(order(1, [line("l1", 2), line("l2", 3), line("l3", 1)])), "new");
  const changed = order(2, [line("l1", 3), line("l2", 1), line("l4", 1), line("l3", 1, { notes: "no nuts" })]);
  assert.equal(first.take(changed), "");
  const wanted = "l1 +1 NEW; l2 CHANGED 3 → 1; l4 NEW; l3 CHANGED was nothing special";
  assert.equal(texts(first.marks(changed)), wanted);
  first.save();
  const second = new KitchenMemory(kept, "k");
  assert.equal(texts(second.marks(changed)), wanted);
  second.seen(changed);
  assert.equal(texts(second.marks(changed)), "");
  assert.equal(texts(second.marks(order(3, changed.items.slice(1)))), "-l1");
});

test("what was added says the order itself, where the screen remembers nothing", () => {
  const memory = new KitchenMemory(storage(), "k");
  const now = order(4, [line("l1", 2), line("l2", 5, { added: 2 }), line("l3", 1, { added: 1 })]);
  memory.take(now);
  assert.equal(texts(memory.marks(now)), "l2 +2 NEW; l3 NEW");
  memory.seen(now);
  assert.equal(texts(memory.marks(now)), "");
});

test("a second round on what was made: its own clock, only what came is new, the rest was made before", () => {
  const memory = new KitchenMemory(storage(), "k");
  memory.take(order(1, [line("l1", 2)]));
  assert.equal(memory.take(order(2, [line("l1", 2)], { status: "ready" })), "");
  const again = order(3, [line("l1", 2), line("l2", 1, { added: 1 })]);
  assert.equal(memory.take(again), "recalled");
  assert.equal(texts(memory.marks(again)), "More; l2 NEW");
  assert.deepEqual(memory.marks(again).made, { l1: 2 });
  assert.equal(memory.asked(again), again.updated_at);
  memory.seen(again);
  assert.deepEqual(memory.marks(again).made, { l1: 2 }, "seen is not made");
});

test("bumped and taken back, a ticket is as it was; recalled by another, it says so", () => {
  const memory = new KitchenMemory(storage(), "k");
  memory.take(order(1, [line("l1", 2)]));
  const more = order(2, [line("l1", 2), line("l2", 1)]);
  memory.take(more);
  memory.take(order(3, more.items, { status: "ready" }));
  assert.equal(memory.take(order(4, more.items), true), "");
  assert.equal(texts(memory.marks(order(4, more.items))), "l2 NEW");
  assert.equal(memory.asked(more), more.created_at);
  memory.take(order(5, more.items, { status: "ready" }));
  assert.equal(memory.take(order(6, more.items)), "recalled");
  assert.equal(texts(memory.marks(order(6, more.items))), "Back again; l2 NEW");
});

test("a cancelled ticket stays until somebody has seen it, also after a reload; one that was made does not", () => {
  const kept = storage();
  const first = new KitchenMemory(kept, "k");
  first.take(order(1, [line("l1", 2)]));
  assert.equal(first.take(order(2, [line("l1", 2)], { status: "cancelled", cancel_reason: "walked out" })), "cancelled");
  first.save();
  const second = new KitchenMemory(kept, "k");
  assert.deepEqual(second.cancelled.map(({ status, cancel_reason, items }) => [status, cancel_reason, items?.length]), [["cancelled", "walked out", 1]]);
  assert.equal(texts(second.marks(second.cancelled[0])), "Cancelled");
  second.seen(second.cancelled[0]);
  assert.deepEqual(second.cancelled, []);
  const made = new KitchenMemory(storage(), "k");
  made.take(order(1, [line("l1", 2)]));
  made.take(order(2, [line("l1", 2)], { status: "served" }));
  assert.equal(made.take(order(3, [line("l1", 2)], { status: "cancelled" })), "");
  assert.deepEqual(made.cancelled, []);
});

test("the memory is bounded, and broken storage is no memory", () => {
  const kept = storage();
  const memory = new KitchenMemory(kept, "k");
  for (let i = 0; i < 1_000; i++) memory.take(order(1, [line("l1", 1)], { id: `o${i}` }));
  memory.save();
  assert.equal(JSON.parse(kept.getItem("k")).length, 300);
  kept.setItem("k", "{");
  assert.deepEqual(new KitchenMemory(kept, "k").open, []);
  assert.equal(kept.getItem("k"), null);
});

test("every move has its way back, or none", () => {
  const manager = new Rights("manager", null);
  const waiter = new Rights("waiter", null);
  const back = (from, to, rights = manager) => wayBack(from, to, rights)?.join() ?? null;
  assert.equal(back("pending", "preparing"), "pending");
  assert.equal(back("preparing", "ready"), "preparing");
  assert.equal(back("pending", "ready"), "preparing,pending");
  assert.equal(back("ready", "preparing"), "ready");
  assert.equal(back("preparing", "pending"), "preparing");
  assert.equal(back("ready", "served"), null);
  assert.equal(back("ready", "served", new Rights("waiter", { status_transitions: "lenient" })), "ready");
  assert.equal(back("served", "completed"), "reopen,served");
  assert.equal(back("preparing", "completed"), "reopen");
  assert.equal(back("served", "completed", waiter), null);
  assert.equal(back("pending", "cancelled"), null);
});

test("what is offered follows the settings", () => {
  const rights = new Rights("waiter", { permissions: { complete: ["manager"], cancel: ["waiter"] } });
  assert.equal(forward({ status: "served" }, rights), "");
  assert.equal(forward({ status: "ready" }, rights), "served");
  assert.equal(mayCancel({ status: "pending" }, rights), true);
  assert.equal(mayCancel({ status: "preparing" }, rights), false);
  assert.equal(forward({ status: "served" }, new Rights("kitchen", null)), "");
});

test("words: a sign for what is left out, places once, no path of a field", () => {
  assert.deepEqual(["No onion", "Extra sev", "Without nuts", "بدون بصل", "Nougat"].map(takesAway), [true, false, true, true, false]);
  const drive = { number: 4, order_type: "drive_through", table_number: 2, customer_name: "Asha" };
  assert.equal([place(drive), ...under(drive)].join(" / "), "Drive through / #4 / Table 2 / Asha");
  assert.equal(plainly({ message: "items[0].menu_item_id: Paneer Tikka is sold out", errors: [] }), "Paneer Tikka is sold out");
  assert.equal(plainly({ message: "x", errors: [{ field: "items[0].quantity", detail: "must be more than 0" }] }), "Quantity must be more than 0");
  assert.equal(plainly({ message: "Role waiter may not cancel this order" }), "Role waiter may not cancel this order");
  assert.equal(own("Bar 2"), "Bar 2");
  assert.equal(own("شرفة"), "\u2068شرفة\u2069");
});
