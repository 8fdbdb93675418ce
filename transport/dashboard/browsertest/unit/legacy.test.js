// The seed's client and its quirks (FEATURES 7.4, S19 to O7), each cured.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, heardOf, live, pair, soon, until } from "../setup.js";
import WebSocketManager, { Heard, WebSocketManager as named } from "../../heard.js";

test("S19 the path has organisation, user and role, the token is never in the URL", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  assert.equal(gateway.dialled[0].pathname, "/ws/o%201/u/waiter");
  assert.ok(!gateway.dialled[0].href.includes("good"));
  assert.equal(gateway.clients[0].protocols, "bearer,good");
});

test("the legacy constructor and surface are there", async (t) => {
  assert.equal(WebSocketManager, Heard);
  assert.equal(named, Heard);
  const legacy = new WebSocketManager("o", "u", "admin");
  for (const member of ["connect", "on", "off", "send", "disconnect"]) assert.equal(typeof legacy[member], "function", member);
  assert.equal(legacy.ws, null);
  assert.equal(legacy.send({ type: "ping" }), false); // as the seed: without a socket it is dropped
  legacy.disconnect();
});

test("a token tells organisation, user and role", async (t) => {
  const claims = Buffer.from(JSON.stringify({ sub: "ü", org: "demo", role: "kitchen", name: "Žofie" })).toString("base64url");
  const { gateway } = await pair(t);
  gateway.token = "";
  const heard = client(t, gateway, { token: `x.${claims}.y`, org: undefined, user: undefined, role: undefined });
  heard.connect();
  await live(heard);
  assert.equal(decodeURIComponent(gateway.dialled[0].pathname), "/ws/demo/ü/kitchen");
});

test("whoever the token names is in the path in one part, or not at all", async (t) => {
  for (const [sub, path] of [["auth0|5f7 c", "/ws/demo/auth0%7C5f7%20c/kitchen"], ["a/b?c#d", "/ws/demo/a%2Fb%3Fc%23d/kitchen"], ["%2F", "/ws/demo/%252F/kitchen"], ["..", "/ws"], [".", "/ws"]]) {
    const claims = Buffer.from(JSON.stringify({ sub, org: "demo", role: "kitchen" })).toString("base64url");
    const { gateway } = await pair(t);
    gateway.token = "";
    const heard = client(t, gateway, { token: `x.${claims}.y`, org: undefined, user: undefined, role: undefined });
    heard.connect();
    await live(heard);
    assert.equal(gateway.dialled[0].pathname, path);
  }
});

test("S20 S23 one ping at a time, however often it reconnected", async (t) => {
  const { gateway, heard } = await pair(t, { timing: { pingMS: 200, answerMS: 5_000, firstRetryMS: 5, longestRetryMS: 10, openingMS: 5_000, steadyMS: 1 } });
  const pongs = heardOf(heard, "pong");
  heard.connect();
  for (let i = 0; i < 6; i++) {
    await live(heard);
    gateway.clients[0].terminate();
    await until(() => gateway.dialled.length === i + 2);
  }
  await live(heard);
  gateway.received = [];
  const pings = () => gateway.received.filter((frame) => frame.type === "ping").length;
  const start = Date.now();
  await until(() => pings() >= 5);
  assert.ok(Date.now() - start >= 600, "seven timers would send five pings within one period of 200 ms");
  assert.ok(pongs.length >= 1);
});

test("S21 listeners get the data and the frame beside it, and every order has both ids", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  const updates = heardOf(heard, "order_update");
  gateway.send({ type: "order_update", data: { order_id: "a", status: "ready", version: 3 } });
  gateway.send({ type: "order_update", data: { id: "b", status: "ready", version: 1 } });
  gateway.send({ type: "order_update", data: { status: "ready" } }); // names no order: nobody is told
  gateway.send({ type: "order_update" });
  await until(() => updates.length === 2);
  await soon(30);
  assert.deepEqual(updates.map(({ data }) => [data.id, data.order_id]), [["a", "a"], ["b", "b"]]);
  assert.equal(updates[0].frame.type, "order_update");
});

test("S22 order_created is raised beside order_update, once", async (t) => {
  const { gateway, heard } = await pair(t);
  gateway.happen({ id: "old", status: "pending" }, "order.created");
  const created = heardOf(heard, "order_created");
  const updates = heardOf(heard, "order_update");
  heard.connect();
  await live(heard);
  assert.deepEqual([created.length, updates.length], [0, 1]); // the first snapshot is no news
  const frame = gateway.tell({ id: "new", status: "pending" }, "order.created");
  gateway.send(frame);
  gateway.tell({ id: "new", status: "ready" });
  await until(() => updates.length === 3);
  assert.deepEqual(created.map(({ data }) => data.id), ["new"]);
});

test("S23 disconnect stays disconnected, and nothing is left running", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  heard.disconnect();
  await until(() => gateway.clients.length === 0);
  await soon(400);
  assert.equal(gateway.dialled.length, 1);
  assert.equal(heard.state, "offline");
});

test("S23 disconnect while a retry is waiting ends the retry", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  await gateway.kill();
  await until(() => heard.state === "offline");
  heard.disconnect();
  const again = await gateway.start(gateway.port);
  await soon(400);
  assert.equal(again.clients.length, 0);
});

test("S26 mounting twice, as React's StrictMode does, leaves one socket", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  heard.disconnect();
  heard.connect();
  heard.connect();
  await live(heard);
  await until(() => gateway.clients.length === 1);
  await soon(100);
  assert.equal(gateway.clients.length, 1);
});

test("S24 the first retry comes within its second, jittered, and none waits longer than the most", async (t) => {
  const { gateway, heard } = await pair(t, { timing: { firstRetryMS: 1_000, longestRetryMS: 15_000, steadyMS: 60_000 } });
  await gateway.kill();
  const waits = [];
  heard.on("state", (change) => {
    if (change.state === "offline" && change.retryInMS !== undefined) waits.push(change.retryInMS);
  });
  heard.connect();
  for (let i = 0; i < 200; i++) {
    await until(() => waits.length > i);
    heard.connect(); // a person who does not want to wait
  }
  assert.ok(waits[0] <= 1_000);
  assert.ok(Math.max(...waits) <= 15_000);
  const long = waits.slice(10);
  assert.ok(Math.max(...long) - Math.min(...long) > 5_000, "they spread over the whole span");
});

test("S25 O5 a clean close is healed like any other, also 1001 and 1012", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  const states = heardOf(heard, "state"); // it may be back before anybody looks
  for (const code of [1000, 1001, 1012, 4008, 4408]) {
    await live(heard);
    states.length = 0;
    gateway.happen({ id: "a", status: `after ${code}` });
    gateway.clients[0].close(code, "planned");
    await until(() => states.some(({ data }) => data.state !== "live"));
    await live(heard);
    assert.equal(heard.orders.get("a")?.status, `after ${code}`);
  }
});

test("O6 a first connect that fails is no reason to give up", async (t) => {
  const { gateway, heard } = await pair(t);
  await gateway.kill();
  heard.connect();
  await until(() => heard.state === "offline");
  await gateway.start(gateway.port);
  await live(heard);
});

test("O7 types nobody knows go to those who listen, and hurt nobody", async (t) => {
  const { gateway, heard } = await pair(t);
  heard.connect();
  await live(heard);
  const kot = heardOf(heard, "kot_notification");
  const all = heardOf(heard, "*");
  gateway.send({ type: "kot_notification", data: { a: 1 } });
  gateway.send({ type: "presence" });
  gateway.send([]);
  gateway.send("x");
  await until(() => all.length >= 2);
  assert.deepEqual(kot[0].data, { a: 1 });
  assert.equal(heard.state, "live");
});

test("a listener that throws does not keep the others from hearing, and off ends it", async (t) => {
  t.mock.method(console, "error", () => {});
  const { gateway, heard } = await pair(t);
  heard.on("order_update", () => {
    throw new Error("of the page");
  });
  const heardIt = [];
  const listener = (order) => heardIt.push(order.id);
  heard.on("order_update", listener);
  heard.connect();
  await live(heard);
  gateway.tell({ id: "a", status: "pending" }, "order.created");
  await until(() => heardIt.length === 1);
  heard.off("order_update", listener);
  gateway.tell({ id: "b", status: "pending" }, "order.created");
  await until(() => heard.orders.has("b"));
  assert.equal(heardIt.length, 1);
});
