// The queue that outlives the page: kept apart by person, shared between tabs, and taken back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, heardOf, live, memory, pair, quick, soon, until } from "../setup.js";
import { defaultTiming } from "../../heard/link.js";

const order = { items: [{ name: "Tea", quantity: 1, price: 12 }] };
const soldOut = { status: 409, body: { code: "ITEM_SOLD_OUT", detail: "Tea is sold out" } };
const place = (heard, table, options) => heard.command("POST", "/api/orders", { ...order, table_id: table }, { note: { table }, lane: "new", ...options }).catch(() => {});
const tables = (gateway) => gateway.commands.map(({ body }) => body.table_id);

test("a silent network is told within five seconds", async (t) => {
  assert.ok(defaultTiming.pingMS + defaultTiming.silentMS < 5_000);
  const { gateway, heard } = await pair(t, { timing: { ...quick, silentMS: 60 } });
  heard.connect();
  await live(heard);
  gateway.pongs = false;
  await until(() => heard.state === "silent");
  const heardAt = heard.heardAt;
  assert.ok(heardAt > 0);
  // any frame ends the silence, on the same socket
  gateway.tell({ id: "a", status: "pending" }, "order.created");
  assert.equal(gateway.dialled.length, 1);
  await live(heard);
  assert.ok(heard.heardAt >= heardAt);
});

test("a browser that says it is offline is not believed, but asked", async (t) => {
  const target = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) globalThis[name] = target[name].bind(target);
  t.after(() => ["addEventListener", "removeEventListener"].forEach((name) => delete globalThis[name]));
  const { gateway, heard } = await pair(t, { timing: { ...quick, pingMS: 60_000, silentMS: 100 } });
  heard.connect();
  await live(heard);
  target.dispatchEvent(new Event("offline"));
  await until(() => gateway.received.some(({ type }) => type === "ping"));
  await soon(200);
  assert.equal(heard.state, "live");
  gateway.pongs = false;
  target.dispatchEvent(new Event("offline"));
  await until(() => heard.state === "silent");
});

test("a quiet line is pinged, a busy one is not", async (t) => {
  const { gateway, heard } = await pair(t, { timing: { ...quick, pingMS: 500 } });
  heard.connect();
  await live(heard);
  const busy = setInterval(() => gateway.send({ type: "presence", data: {} }), 20);
  await soon(1_500);
  const whileBusy = gateway.received.filter(({ type }) => type === "ping").length;
  clearInterval(busy);
  assert.equal(whileBusy, 0);
  await until(() => gateway.received.some(({ type }) => type === "ping"));
});

test("a lane keeps its order over a break, and each happens once", async (t) => {
  const { gateway, heard } = await pair(t, { storage: memory() });
  await gateway.kill();
  for (const table of ["9", "4", "7", "1"]) void place(heard, table);
  assert.deepEqual(heard.queue.map(({ note }) => note.table), ["9", "4", "7", "1"]);
  await gateway.start(gateway.port);
  heard.connect();
  await until(() => heard.waiting === 0);
  assert.deepEqual([...new Set(tables(gateway))], ["9", "4", "7", "1"]);
  assert.equal(gateway.effects.size, 4);
});

test("what was refused stays with its note until it is taken back, and holds nothing up", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage });
  gateway.answer = ({ body }) => (body.table_id === "9" ? soldOut : { status: 200, body: {} });
  const answers = heardOf(heard, "answer");
  heard.connect();
  await live(heard);
  await Promise.all([place(heard, "9", { key: "k9" }), place(heard, "4")]);
  assert.deepEqual(answers.map(({ data }) => [data.ok, data.note.table]), [[false, "9"], [true, "4"]]);
  assert.equal(heard.waiting, 0);
  heard.disconnect();
  // the next page has it too
  const next = client(t, gateway, { storage });
  assert.deepEqual(next.queue.map(({ key, note, refusal }) => [key, note.table, refusal.body.code]), [["k9", "9", "ITEM_SOLD_OUT"]]);
  next.connect();
  await live(next);
  await soon(50);
  assert.equal(gateway.commands.length, 2, "it is not sent by itself");
  gateway.answer = () => ({ status: 200, body: {} });
  next.retry("k9");
  await until(() => gateway.effects.has("k9"));
  await until(() => next.queue.length === 0);
  assert.equal(client(t, gateway, { storage }).queue.length, 0);
});

test("taken back is taken back for good, once", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage });
  await gateway.kill();
  void place(heard, "9", { key: "k9" });
  void place(heard, "4", { key: "k4" });
  const twin = client(t, gateway, { storage });
  assert.deepEqual(heard.queue.map(({ sent }) => sent), [true, false]);
  assert.equal(heard.takeBack("k4").note.table, "4");
  assert.equal(heard.takeBack("k4"), null);
  assert.equal(twin.takeBack("k4"), null, "another tab was faster");
  await gateway.start(gateway.port);
  heard.connect();
  await until(() => heard.queue.length === 0);
  assert.deepEqual([...gateway.effects.keys()], ["k9"]);
});

test("two tabs that share a storage make one effect of each, and lose none of each other's", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage });
  const other = client(t, gateway, { storage });
  await gateway.kill();
  void place(heard, "1");
  void place(other, "2");
  void place(heard, "3");
  const third = client(t, gateway, { storage });
  assert.deepEqual(third.queue.map(({ note }) => note.table).sort(), ["1", "2", "3"]);
  await gateway.start(gateway.port);
  for (const tab of [heard, other, third]) tab.connect();
  await until(() => [heard, other, third].every(({ waiting }) => waiting === 0));
  assert.equal(gateway.effects.size, 3);
  assert.equal(storage.held.size, 0);
});

test("a person never sends what another one of a like name asked", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage, user: "a:b" });
  await gateway.kill();
  void place(heard, "9");
  for (const user of ["a", "a:", "b", "a%3Ab"]) assert.equal(client(t, gateway, { storage, user }).queue.length, 0, user);
  assert.equal(client(t, gateway, { storage, user: "a:b", org: "other" }).queue.length, 0);
  assert.equal(client(t, gateway, { storage, user: "a:b" }).queue.length, 1);
});

test("a full storage is said, and the queue lives as long as the page", async (t) => {
  const storage = { ...memory(), setItem() { throw new Error("QuotaExceededError"); } };
  const { gateway, heard } = await pair(t, { storage });
  await gateway.kill();
  void place(heard, "9");
  assert.deepEqual(heard.queue.map(({ kept }) => kept), [false]);
  await gateway.start(gateway.port);
  heard.connect();
  await until(() => gateway.effects.size === 1);
});

test("an order shows what is to become of it, until its own frame says so", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.happen({ id: "a", status: "pending" }, "order.created");
  heard.connect();
  await live(heard);
  const now = () => heard.orders.get("a");
  assert.equal(heard.expected(now()), now());
  await gateway.kill();
  await until(() => heard.state !== "live");
  gateway.answer = () => ({ status: 200, body: { order_id: "a", status: "ready", version: 2 } });
  const bumped = heard.command("PUT", "/api/orders/a/status", { status: "ready" });
  await soon(1_100); // so long, that the answer is one to something that waited
  assert.deepEqual([heard.expected(now()).status, now().status], ["ready", "pending"]);
  await gateway.start(gateway.port);
  await bumped;
  assert.equal(heard.expected(now()).status, "ready", "the answer came before the frame");
  gateway.tell({ id: "a", status: "ready" });
  await until(() => now().version === 2);
  assert.equal(heard.expected(now()), now());
  // what is asked on a line that answers is not anticipated
  const asked = heard.command("PUT", "/api/orders/a/status", { status: "ready" });
  assert.equal(heard.expected(now()), now());
  await asked;
  // refused: it is as it was
  await gateway.kill();
  await until(() => heard.state !== "live");
  gateway.answer = () => ({ status: 412, body: { code: "VERSION_MISMATCH" } });
  const refused = assert.rejects(heard.command("PUT", "/api/orders/a/cancel"));
  assert.equal(heard.expected(now()).status, "cancelled");
  await gateway.start(gateway.port);
  await refused;
  assert.equal(heard.expected(now()), now());
});
