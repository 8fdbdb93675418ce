// The older front end's client, which knows nothing of tokens and of resuming,
// in Chromium against `heard serve --demo --allow-insecure-ws`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { launched, some, until } from "../browser.js";
import { Engine } from "../engine.js";
import { serveOrigin } from "../origin.js";

const flags = ["--demo", "--allow-insecure-ws"];
const script = readFileSync(new URL("../legacy-client.js", import.meta.url), "utf8");

/** The client's own port, or another one where somebody has that already. */
async function serve(t) {
  const engine = new Engine();
  t.after(() => engine.kill());
  engine.port = 8000;
  try {
    await engine.start(...flags);
  } catch {
    engine.port = 0;
    await engine.start(...flags);
    t.diagnostic(`port 8000 is taken: the client's address was changed to port ${engine.port}`);
  }
  return engine;
}

async function openPage(t, engine, prepare = async (_page) => {}) {
  const context = await (await launched()).newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await prepare(page);
  const html = `<!doctype html><title>older</title><script>${script.replace("localhost:8000", `localhost:${engine.port}`)}</script>`;
  await page.goto(await serveOrigin(t, () => html));
  return page;
}

test("it opens, gets its pongs, hears of every order, and its list is right again after kill -9", async (t) => {
  const engine = await serve(t);
  const admin = engine.token("admin", "boss", "demo");
  const page = await openPage(t, engine, (page) => page.clock.install()); // its ping comes after 30 s
  await page.evaluate(() => begin("demo", "anyone", "waiter"));
  await until(() => page.evaluate(() => opened === 1), "the socket opens");
  await page.clock.fastForward(30_000);
  await until(() => page.evaluate(() => pongs > 0), "a pong");
  // when an order is placed and moved
  const order = await engine.call(admin, "POST", "/api/orders", some(2));
  const heardOf = (status) => page.evaluate(([id, status]) => updates.some((data) => data.id === id && data.order_id === id && data.status === status), [order.id, status]);
  await until(() => heardOf("pending"), "order_update of the new order");
  await page.evaluate((orders) => (list = orders), await engine.call(admin, "GET", "/api/orders"));
  await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=preparing`);
  await until(() => heardOf("preparing"), "order_update of its move");
  assert.equal(await page.evaluate((id) => list.find((one) => one.id === id).status, order.id), "preparing");
  assert.equal(await page.evaluate(() => updates.some((data) => data.order_id === undefined || data.id !== data.order_id || "_id" in data)), false);
  // when the engine dies, and things change before the client comes back
  const before = await page.evaluate(() => opened);
  await engine.kill();
  await engine.start(...flags);
  await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=ready`).catch(() => {}); // unless the demo, which took it over, was faster
  // then its own retry finds the engine, and what it shows is what is true
  await until(() => page.evaluate((before) => opened > before, before), "it comes back by itself");
  await until(async () => {
    const now = Object.fromEntries((await engine.call(admin, "GET", "/api/orders")).map(({ id, status }) => [id, status]));
    const shown = await page.evaluate(() => list.map(({ id, status }) => [id, status]));
    return shown.every(([id, status]) => now[id] === undefined || now[id] === status); // its list keeps what was closed meanwhile
  }, "every active row is as the engine says");
  assert.notEqual(await page.evaluate((id) => list.find((one) => one.id === id).status, order.id), "preparing");
  // and it may not do more than watch
  const refused = await page.evaluate((url) => new Promise((done) => {
    const socket = new WebSocket(`${url}/ws/demo/anyone/admin`);
    socket.onmessage = ({ data }) => void (JSON.parse(data).type === "reply" && done(JSON.parse(data).data));
    socket.onopen = () => socket.send(JSON.stringify({ type: "command", id: 1, method: "GET", path: "/api/settings" }));
  }), engine.url.replace("http", "ws"));
  assert.deepEqual([refused.status, refused.body.code], [403, "FORBIDDEN"]);
});

test("a page that does not know who it is, and a role nobody has, are told so", async (t) => {
  const engine = await new Engine().start("--allow-insecure-ws");
  t.after(() => engine.kill());
  const page = await openPage(t, engine);
  for (const [who, reason] of [["undefined/undefined/undefined", /undefined/], ["demo/anyone/chef", /unknown role/]]) {
    const ended = await page.evaluate((address) => new Promise((done) => (new WebSocket(address).onclose = ({ code, reason }) => done({ code, reason }))), `${engine.url.replace("http", "ws")}/ws/${who}`);
    assert.equal(ended.code, 4403);
    assert.match(ended.reason, reason);
  }
});
