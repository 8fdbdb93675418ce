// Commands: each happens once, however often it had to be sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, heardOf, live, memory, pair, soon, until } from "../setup.js";
import { HeardError } from "../../heard.js";

const order = { items: [{ name: "Tea", quantity: 1, price: 12 }] };

test("a command goes over the socket and its promise is the answer", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.answer = () => ({ status: 200, body: { id: "a" } });
  heard.connect();
  await live(heard);
  assert.deepEqual(await heard.command("POST", "/api/orders", order), { id: "a" });
  const [command] = gateway.commands;
  assert.deepEqual([command.road, command.method, command.path, command.body], ["socket", "POST", "/api/orders", order]);
  assert.match(command.headers["Idempotency-Key"], /^[0-9a-f-]{32,36}$/);
});

test("a refusal rejects with the engine's problem", async (t) => {
  const { gateway, heard } = await pair(t);
  const problem = { status: 422, code: "PRICE_MISMATCH", detail: "the menu says 12.00", errors: [{ field: "items[0].price", detail: "x" }] };
  gateway.answer = () => ({ status: 422, body: problem });
  heard.connect();
  await live(heard);
  await assert.rejects(heard.command("POST", "/api/orders", order), (error) => {
    assert.ok(error instanceof HeardError);
    assert.deepEqual([error.status, error.code, error.message, error.errors], [422, "PRICE_MISMATCH", problem.detail, problem.errors]);
    return true;
  });
  assert.equal(heard.waiting, 0);
});

test("without a socket it goes over REST, with the token", async (t) => {
  const { gateway, heard } = await pair(t);
  assert.deepEqual(await heard.command("POST", "/api/orders", order), { ok: true });
  assert.equal(gateway.commands[0].road, "rest");
});

test("what was asked while nobody answered is carried out once, in its order", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  await gateway.kill();
  await until(() => heard.state !== "live");
  const queue = heardOf(heard, "queue");
  const moves = ["preparing", "ready", "served"].map((status) => heard.command("PUT", "/api/orders/a/status", { status }));
  assert.equal(heard.waiting, 3);
  await soon(100);
  await gateway.start(gateway.port);
  await Promise.all(moves);
  assert.deepEqual([...gateway.effects.keys()].length, 3);
  const first = new Set();
  const sequence = gateway.commands.filter(({ headers }) => !first.has(headers["Idempotency-Key"]) && first.add(headers["Idempotency-Key"])).map(({ body }) => body.status);
  assert.deepEqual(sequence, ["preparing", "ready", "served"]);
  assert.equal(queue.at(-1).data.waiting, 0);
});

test("a lost answer is asked for again under the same key", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  gateway.replies = false;
  const placed = heard.command("POST", "/api/orders", order);
  await until(() => gateway.commands.length === 1);
  gateway.replies = true;
  gateway.clients[0].terminate();
  assert.deepEqual(await placed, { ok: true });
  assert.equal(gateway.effects.size, 1);
  assert.equal(new Set(gateway.commands.map(({ headers }) => headers["Idempotency-Key"])).size, 1);
});

test("503 and 429 are repeated, also OUTCOME_UNKNOWN, other refusals are not", async (t) => {
  const { gateway, heard } = await pair(t);
  const answers = [503, 429, 503, 200];
  gateway.answer = () => ({ status: answers.shift() ?? 500, body: { code: "OUTCOME_UNKNOWN" } });
  heard.connect();
  await live(heard);
  await heard.command("POST", "/api/orders", order);
  assert.deepEqual([gateway.commands.length, gateway.effects.size], [4, 1]);
});

test("one's own key is kept", async (t) => {
  const { gateway, heard } = await pair(t);
  await heard.command("POST", "/api/orders", order, { key: "table-4-first" });
  assert.equal(gateway.commands[0].headers["Idempotency-Key"], "table-4-first");
});

test("a read is asked once, and says when nobody is there", async (t) => {
  const { gateway, heard } = await pair(t);
  assert.deepEqual(await heard.command("GET", "/api/menu"), { ok: true });
  assert.equal(gateway.commands[0].headers["Idempotency-Key"], undefined);
  await gateway.kill();
  await assert.rejects(heard.command("GET", "/api/menu"), { code: "OFFLINE" });
});

test("unanswered commands outlive the page, and happen once", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage });
  await gateway.kill();
  heard.command("POST", "/api/orders", order, { key: "k1" }).catch(() => {});
  await soon(50);
  heard.disconnect(); // the page is gone
  await gateway.start(gateway.port);
  const next = client(t, gateway, { storage });
  const answers = heardOf(next, "answer");
  assert.equal(next.waiting, 1);
  next.connect();
  await until(() => answers.length === 1);
  assert.deepEqual([answers[0].data.key, answers[0].data.ok, gateway.effects.size], ["k1", true, 1]);
  assert.equal(client(t, gateway, { storage }).waiting, 0);
  // another person at the same device does not send it
  assert.equal(client(t, gateway, { storage, user: "other" }).waiting, 0);
});

test("what is older than its key may be is not sent", async (t) => {
  const storage = memory();
  const { gateway } = await pair(t);
  const yesterday = { key: "k", method: "POST", path: "/api/orders", body: order, headers: { "Idempotency-Key": "k" }, madeAt: Date.now() - 24 * 3_600_000 };
  storage.setItem("heard:command:o%201:u:k", JSON.stringify(yesterday));
  const heard = client(t, gateway, { storage });
  const answers = heardOf(heard, "answer");
  heard.connect();
  await until(() => answers.length === 1);
  assert.deepEqual([answers[0].data.ok, answers[0].data.body.code, gateway.commands.length], [false, "EXPIRED", 0]);
});

test("a refused token stops the queue and loses nothing", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.answer = () => ({ status: 401, body: { code: "TOKEN_EXPIRED" } });
  let placed = false;
  heard.command("POST", "/api/orders", order).then(() => (placed = true));
  await until(() => heard.state === "unauthorised");
  await soon(100);
  assert.deepEqual([gateway.commands.length, heard.waiting], [1, 1]);
  gateway.answer = () => ({ status: 200, body: {} });
  heard.connect();
  await until(() => placed);
});

test("after disconnect nothing is sent", async (t) => {
  const { gateway, heard } = await pair(t);
  await gateway.kill();
  heard.connect();
  heard.command("POST", "/api/orders", order).catch(() => {});
  await soon(50);
  heard.disconnect();
  await gateway.start(gateway.port);
  await soon(400);
  assert.deepEqual([gateway.commands.length, gateway.dialled.length], [0, 0]);
});

test("no more are under way at once than the engine takes, and all get there", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  gateway.replies = false;
  const all = Array.from({ length: 60 }, () => heard.command("POST", "/api/orders", order));
  await until(() => gateway.commands.length >= 12);
  await soon(50);
  assert.equal(gateway.commands.length, 12);
  gateway.replies = true;
  gateway.clients[0].terminate();
  await Promise.all(all);
  assert.equal(gateway.effects.size, 60);
});

test("the queue is bounded", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.replies = false;
  heard.connect();
  await live(heard);
  for (let i = 0; i < 1_000; i++) heard.command("POST", "/api/orders", order).catch(() => {});
  await assert.rejects(heard.command("POST", "/api/orders", order), { code: "QUEUE_FULL" });
});

test("keys are made on pages without a secure context too", async (t) => {
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  t.after(() => delete crypto.randomUUID);
  const { gateway, heard } = await pair(t);
  await heard.command("POST", "/api/orders", order);
  assert.match(gateway.commands[0].headers["Idempotency-Key"], /^[0-9a-f]{32}$/);
});
