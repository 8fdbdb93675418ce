// Coming back: position, gaps, other histories, and what the states say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, heardOf, live, memory, pair, quick, soon, until } from "../setup.js";

test("the first socket takes a snapshot, the next resumes behind it without gap or duplicate", async (t) => {
  const { gateway, heard } = await pair(t);
  for (let i = 1; i <= 30; i++) gateway.happen({ id: `o${i}`, status: "pending" }, "order.created");
  heard.connect();
  await live(heard);
  assert.equal(heard.orders.size, 30);
  assert.deepEqual(heard.position, { epoch: "e1", seq: 30 });
  const seen = heardOf(heard, "order_update");
  for (let round = 0; round < 5; round++) {
    gateway.clients[0].terminate();
    for (let i = 1; i <= 10; i++) gateway.happen({ id: `o${i}`, status: `r${round}` });
    await until(() => heard.position?.seq === 40 + 10 * round);
    await live(heard);
  }
  assert.deepEqual(seen.map(({ frame }) => frame.seq), Array.from({ length: 50 }, (_, i) => 31 + i));
  assert.equal(gateway.dialled[0].searchParams.get("seq"), null);
  assert.equal(gateway.dialled[1].searchParams.get("seq"), "30");
  assert.equal(gateway.dialled[1].searchParams.get("epoch"), "e1");
  assert.equal(gateway.dialled[0].searchParams.get("snapshot"), "full");
});

test("a gap told by prev is closed by resuming", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  const seqs = heardOf(heard, "order_update");
  gateway.tell({ id: "a", status: "pending" }, "order.created", { prev: 0 });
  gateway.happen({ id: "b", status: "pending" }, "order.created", { prev: 1 }); // lost on the way
  gateway.tell({ id: "c", status: "pending" }, "order.created", { prev: 2 });
  await until(() => heard.orders.size === 3);
  assert.deepEqual(seqs.map(({ frame }) => frame.seq), [1, 2, 3]);
  assert.equal(gateway.dialled.length, 2);
});

test("a filtered socket's jumps in seq are no gap where prev says so", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  heard.subscribe("table:t-4");
  gateway.tell({ id: "a", status: "pending" }, "order.created", { prev: 0 });
  gateway.happen({ id: "b", status: "pending" }, "order.created");
  gateway.tell({ id: "a", status: "ready" }, "order.status_changed", { prev: 1 });
  await until(() => heard.position?.seq === 3);
  assert.equal(gateway.dialled.length, 1);
  // and the rooms are named again on the next socket
  gateway.received = [];
  gateway.clients[0].terminate();
  await until(() => gateway.received.some((frame) => frame.type === "subscribe" && frame.rooms[0] === "table:t-4"));
});

test("older versions are dropped", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  const seen = heardOf(heard, "order_update");
  const item = { id: "a", items: [] };
  gateway.send({ type: "order_update", data: { ...item, status: "ready", version: 5 } });
  gateway.send({ type: "order_update", data: { ...item, status: "pending", version: 4 } });
  gateway.send({ type: "order_update", data: { ...item, status: "served", version: 6 } });
  await until(() => seen.length === 2);
  assert.equal(heard.orders.get("a")?.status, "served");
});

test("resync_required: what the snapshot does not name is removed, and nothing flickers", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.happen({ id: "stays", status: "pending" }, "order.created");
  gateway.happen({ id: "goes", status: "pending" }, "order.created");
  heard.connect();
  await live(heard);
  const removed = heardOf(heard, "order_removed");
  const created = heardOf(heard, "order_created");
  const sizes = [];
  heard.on("*", () => sizes.push(heard.orders.size));
  gateway.happen({ id: "goes", status: "completed" });
  gateway.happen({ id: "came", status: "pending" }, "order.created");
  const [socket] = gateway.clients;
  const say = (frame) => socket.send(JSON.stringify(frame));
  say({ type: "resync_required", data: {} });
  await until(() => heard.state === "catching-up");
  gateway.snapshot(say);
  await live(heard);
  assert.deepEqual([...heard.orders.keys()].sort(), ["came", "stays"]);
  assert.deepEqual(removed.map(({ data }) => data.id), ["goes"]);
  assert.deepEqual(created.map(({ data }) => data.id), ["came"]);
  assert.ok(Math.min(...sizes) >= 2, "the page never was empty");
  assert.deepEqual(heard.position, { epoch: "e1", seq: 4 });
});

test("another epoch: versions begin again, and its orders win over newer numbers of the lost history", async (t) => {
  const { gateway, heard } = await pair(t);
  for (const status of ["pending", "preparing", "ready"]) gateway.happen({ id: "a", status, updated_at: "1" });
  gateway.happen({ id: "lost", status: "pending" });
  heard.connect();
  await live(heard);
  gateway.epoch = "e2";
  gateway.log = [];
  gateway.orders.clear();
  gateway.happen({ id: "a", status: "restored", updated_at: "2" });
  gateway.clients[0].terminate();
  await until(() => heard.position?.epoch === "e2");
  await live(heard);
  assert.equal(heard.orders.get("a")?.status, "restored");
  assert.equal(heard.orders.has("lost"), false);
});

test("a slow reader that is cut off, and a snapshot that breaks, go on where they were", async (t) => {
  const { gateway, heard } = await pair(t);
  for (const id of ["a", "b", "c"]) gateway.happen({ id, status: "pending" }, "order.created");
  heard.connect();
  await live(heard);
  const removed = heardOf(heard, "order_removed");
  const updates = heardOf(heard, "order_update");
  for (const half of [[], ["a"]]) {
    const before = gateway.dialled.length;
    gateway.send({ type: "resync_required", data: { reason: "slow" } });
    for (const id of half) gateway.send({ type: "order_update", snapshot: true, data: gateway.orders.get(id) });
    gateway.happen({ id: "b", status: `missed ${before}` });
    gateway.clients[0].close(4008, "reads too slowly; resume");
    await until(() => gateway.dialled.length > before);
    await live(heard);
    assert.equal(gateway.dialled.at(-1).searchParams.get("seq"), String(gateway.log.length - 1));
    assert.equal(heard.orders.get("b")?.status, `missed ${before}`);
  }
  assert.deepEqual([heard.orders.size, removed.length, updates.length], [3, 0, 2]);
});

test("4401 and 4403 end it, until a person connects again", async (t) => {
  for (const code of [4401, 4403]) {
    const { gateway, heard } = await pair(t);
    gateway.greet = (socket) => socket.close(code);
    const states = heardOf(heard, "state");
    heard.connect();
    await until(() => heard.state === "unauthorised");
    await soon(300);
    assert.equal(gateway.dialled.length, 1, String(code));
    assert.equal(states.at(-1).data.code, code);
    gateway.greet = null;
    heard.connect();
    await live(heard);
  }
});

test("the states of a break: live, offline, connecting, catching-up, live", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  const states = heardOf(heard, "state");
  gateway.clients[0].terminate();
  await until(() => states.length >= 4);
  assert.deepEqual(states.slice(0, 4).map(({ data }) => data.state), ["offline", "connecting", "catching-up", "live"]);
});

test("a peer that is silent after a ping is given up", async (t) => {
  const { gateway, heard } = await pair(t, { timing: { ...quick, answerMS: 60 } });
  heard.connect();
  await live(heard);
  gateway.pongs = false;
  const states = heardOf(heard, "state");
  await until(() => states.some(({ data }) => data.state === "offline"));
  gateway.pongs = true;
  await live(heard);
});

test("a handshake that nobody answers is given up", async (t) => {
  const { createServer } = await import("node:net");
  const held = [];
  const deaf = createServer((socket) => void held.push(socket)).listen(0, "127.0.0.1");
  await until(() => deaf.listening);
  t.after(() => (held.forEach((socket) => socket.destroy()), deaf.close()));
  const heard = client(t, { url: `http://127.0.0.1:${deaf.address().port}` }, { timing: { ...quick, openingMS: 50 } });
  heard.connect();
  await until(() => held.length >= 2);
});

test("the position outlives the page where that is asked for", async (t) => {
  const storage = memory();
  const { gateway, heard } = await pair(t, { storage, keepPosition: true });
  gateway.happen({ id: "a", status: "pending" }, "order.created");
  heard.connect();
  await live(heard);
  heard.disconnect();
  gateway.happen({ id: "b", status: "pending" }, "order.created");
  const next = client(t, gateway, { storage, keepPosition: true });
  next.connect();
  await live(next);
  assert.equal(gateway.dialled[1].searchParams.get("seq"), "1");
  assert.deepEqual([...next.orders.keys()], ["b"]);
});

test("the engine's clock is known", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.greet = (socket, request) => {
    socket.send(JSON.stringify({ type: "connection_established", data: { seq: 0, epoch: "e1" }, timestamp: new Date(Date.now() + 600_000).toISOString() }));
    gateway.snapshot((frame) => socket.send(JSON.stringify(frame)));
  };
  heard.connect();
  await live(heard);
  assert.ok(Math.abs(heard.now() - Date.now() - 600_000) < 5_000);
});

test("closed orders are remembered, but not for ever", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  for (let i = 0; i < 700; i++) gateway.tell({ id: `o${i}`, status: "completed" });
  await until(() => heard.position?.seq === 700);
  assert.equal(heard.orders.size, 500);
});
