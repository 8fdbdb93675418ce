// A network that fails, in all the ways it does: silently, with a reload, with
// the engine killed, with a sign-in that ends; and every order is placed once.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { clean, menu, open, seat, state, tickets, until, window } from "../browser.js";

const phone = { width: 390, height: 844 };

/** A line to the engine that can go silent as a Wi-Fi does: nothing is closed, nothing comes through. */
async function line(t, engine) {
  let isSilent = false;
  /** @type {Set<net.Socket>} */
  const all = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(engine.port, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      all.add(one);
      one.on("data", (bytes) => void (isSilent || other.write(bytes)));
      one.on("error", () => other.destroy());
      one.on("close", () => (all.delete(one), isSilent || other.destroy()));
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  t.after(() => (all.forEach((socket) => socket.destroy()), server.close()));
  const url = `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
  return { url, silence() { isSilent = true; }, restore() { isSilent = false; all.forEach((socket) => socket.destroy()); } };
}

async function order(pad, table, ...names) {
  await seat(pad, table);
  for (const name of names) await pad.locator(".item", { has: pad.locator(".item-name", { hasText: new RegExp(`^${name}$`) }) }).click();
  await pad.locator(".place").click();
  await pad.locator(".empty-draft").waitFor();
}

const placed = async (engine, admin) => (await engine.call(admin, "GET", "/api/orders?status=all")).map(({ number, table_number, order_type, items }) => [number, table_number || order_type, items.length]).reverse();

/** The worker has taken hold: from here on a reload needs no engine. */
const held = (page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready;
  const [name] = await caches.keys();
  return (await (await caches.open(name)).keys()).length;
});

for (const how of ["a line that says nothing", "a browser that says it is offline"]) {
  test(`${how}: told in seconds, and the next tables are served meanwhile`, async (t) => {
    const { engine, browser, admin } = await open(t);
    const wire = await line(t, engine);
    const pad = await window(browser, { url: wire.url }, engine.token("waiter"), "/pad", { viewport: phone });
    await state(pad, "live");
    await pad.locator(".item").first().waitFor();
    if (how.startsWith("a line")) wire.silence();
    else await pad.context().setOffline(true);
    // told, while the socket is open still, and large enough for somebody at the stove
    await pad.locator("#state", { hasText: /No answer \d+ s/ }).waitFor();
    assert.equal(await pad.locator("#state").getAttribute("data-state"), "silent");
    await pad.locator("#lost", { hasText: "No answer for" }).waitFor();
    assert.ok(parseFloat(await pad.locator(".lost-text").evaluate((node) => getComputedStyle(node).fontSize)) >= 20);
    for (const [table, name] of [["Table 9", menu[0].name], ["Table 4", menu[1].name]]) {
      await seat(pad, table);
      await pad.fill("#search", name);
      await pad.keyboard.press("Enter");
      await pad.locator(".peek").click();
      await pad.locator(".place").click();
      await pad.locator(".peek:disabled").waitFor();
    }
    assert.equal(await pad.locator(".waiting").textContent(), "2 waiting: Table 9, Table 4");
    if (how.startsWith("a line")) wire.restore();
    else await pad.context().setOffline(false);
    await state(pad, "live");
    await until(async () => JSON.stringify(await placed(engine, admin)) === JSON.stringify([[1, 9, 1], [2, 4, 1]]), "both orders, in their order");
    await pad.locator(".waiting").waitFor({ state: "hidden" });
    clean(pad);
  });
}

test("without the engine the page loads, with menu, draft and queue; all is placed once when it is back", async (t) => {
  const { engine, browser, admin } = await open(t);
  const pad = await window(browser, engine, engine.token("waiter"), "/pad");
  await state(pad, "live");
  assert.ok((await held(pad)) > 30);
  await engine.kill();
  await state(pad, "offline");
  for (const n of [3, 9, 4]) await order(pad, `Table ${n}`, menu[0].name, menu[1].name);
  await seat(pad, "Table 12");
  await pad.locator(".item").nth(2).click();
  for (let i = 0; i < 2; i++) {
    await pad.reload();
    await pad.locator(".waiting", { hasText: "3 waiting: Table 3, Table 9, Table 4" }).waitFor();
    await pad.locator("#lost", { hasText: "No connection since" }).waitFor();
  }
  assert.equal(await pad.locator("#table").textContent(), "Table 12", "the draft is there");
  assert.ok((await pad.locator(".item").count()) > 40, "the menu is there");
  await order(pad, "Table 5", menu[3].name); // the draft's table and dish, then this
  await pad.goto(`${engine.url}/kitchen`);
  await pad.locator(".empty").waitFor();
  await engine.start();
  await state(pad, "live");
  await until(async () => JSON.stringify(await placed(engine, admin)) === JSON.stringify([[1, 3, 2], [2, 9, 2], [3, 4, 2], [4, 5, 2]]), "each order once");
  // killed again while they go out, and nothing is doubled
  await pad.goto(`${engine.url}/pad`);
  await state(pad, "live");
  await engine.kill();
  await state(pad, "offline");
  for (let n = 10; n < 20; n++) await order(pad, `Table ${n}`, menu[0].name);
  for (let i = 0; i < 3; i++) {
    await engine.start();
    await until(async () => (await engine.call(admin, "GET", "/api/orders?status=all")).length > 4 + i);
    await engine.kill();
  }
  await engine.start();
  await state(pad, "live");
  await pad.locator(".waiting").waitFor({ state: "hidden" });
  const all = await engine.call(admin, "GET", "/api/orders?status=all");
  assert.equal(all.length, 14);
  assert.equal(new Set(all.map(({ table_number }) => table_number)).size, all.length, "no table has two");
  clean(pad);
});

test("a table is not kept by a page that was loaded again, and what was placed is said", async (t) => {
  const { engine, browser } = await open(t);
  const pad = await window(browser, engine, engine.token("waiter"), "/pad");
  await state(pad, "live");
  await held(pad);
  await engine.kill();
  await state(pad, "offline");
  await order(pad, "Table 9", menu[0].name);
  await pad.reload();
  await pad.locator(".waiting").waitFor();
  await engine.start();
  await pad.locator(".toast", { hasText: "Order 1 · Table 9 placed" }).waitFor();
  assert.equal(await pad.locator("#table").textContent(), "Choose a table");
});

test("what the menu has no more when it is sent comes back to the waiter, and can be mended", async (t) => {
  const { engine, browser, admin } = await open(t);
  const pad = await window(browser, engine, engine.token("waiter"), "/pad");
  await state(pad, "live");
  await pad.locator(".item").first().waitFor();
  await engine.kill();
  await state(pad, "offline");
  await order(pad, "Table 9", menu[0].name, menu[1].name);
  await order(pad, "Table 4", menu[2].name);
  await order(pad, "Table 5", menu[0].name);
  let isBlocked = true;
  await pad.route("**/api/orders", (route) => (isBlocked ? route.abort() : route.continue()));
  await pad.routeWebSocket(/\/ws/, (socket) => void (isBlocked ? socket.close() : socket.connectToServer()));
  await engine.start();
  await engine.call(admin, "POST", "/api/menu/86", { item_ids: [menu[0].id] });
  isBlocked = false;
  // the first is a draft again, the one in the middle was placed, the last waits for the draft to be free
  await pad.locator(".bill .problem", { hasText: `${menu[0].name} is sold out` }).waitFor();
  await pad.locator(".draft-line.refused", { hasText: menu[0].name }).waitFor();
  assert.equal(await pad.locator("#table").textContent(), "Table 9");
  await until(async () => JSON.stringify(await placed(engine, admin)) === JSON.stringify([[1, 4, 1]]));
  await pad.locator(".waiting", { hasText: "1 order refused: Table 5" }).click();
  await pad.locator(".waiting-order", { hasText: `${menu[0].name} is sold out` }).waitFor();
  await pad.locator(".waiting-order .button", { hasText: "Edit" }).click();
  await pad.locator(".toast-error", { hasText: "First place or clear" }).waitFor();
  await pad.keyboard.press("Escape");
  await pad.locator(".draft-line.refused .step").first().click();
  await pad.locator(".place").click();
  await until(async () => JSON.stringify(await placed(engine, admin)) === JSON.stringify([[1, 4, 1], [2, 9, 1]]));
  await pad.locator(".empty-draft").waitFor();
  await pad.locator(".waiting").click();
  await pad.locator(".waiting-order .button", { hasText: "Discard" }).click();
  await pad.locator("dialog p", { hasText: "The kitchen does not have it." }).waitFor();
  await pad.locator("dialog .danger", { hasText: "Discard it" }).click();
  await pad.locator(".waiting").waitFor({ state: "hidden" });
  assert.equal(await pad.locator("dialog").count(), 0);
  clean(pad);
});

test("a sign-in that ends keeps the orders for that person, and nobody else sends them", async (t) => {
  const { engine, browser, admin } = await open(t);
  const asha = engine.token("waiter", "asha");
  const pad = await window(browser, engine, asha, "/pad");
  await state(pad, "live");
  await pad.locator(".item").first().waitFor();
  await engine.kill();
  await state(pad, "offline");
  await order(pad, "Table 9", menu[0].name);
  await engine.start("--jwt-secret", "another-secret-of-at-least-32-bytes!"); // no token of before is good
  await pad.locator("#problem", { hasText: /no longer accepted.*1 order of yours waits/ }).waitFor();
  await engine.kill();
  await engine.start();
  await pad.goto(`${engine.url}/pad#token=${engine.token("waiter", "binh")}`);
  await pad.reload();
  await state(pad, "live");
  await pad.locator(".others", { hasText: "has 1 order waiting on this device" }).waitFor();
  await order(pad, "Table 4", menu[1].name);
  await until(async () => JSON.stringify(await placed(engine, admin)) === JSON.stringify([[1, 4, 1]]));
  await pad.goto(`${engine.url}/pad#token=${asha}`);
  await pad.reload();
  await until(async () => (await placed(engine, admin)).length === 2);
  const [, mine] = (await engine.call(admin, "GET", "/api/orders")).reverse();
  assert.deepEqual([mine.table_number, mine.waiter_id], [9, "asha"]);
  clean(pad);
});

test("two tabs of one person: one effect of each order, and neither forgets the other's", async (t) => {
  const { engine, browser, admin } = await open(t);
  const one = await window(browser, engine, engine.token("waiter"), "/pad");
  const two = await one.context().newPage();
  await two.goto(`${engine.url}/pad#token=${engine.token("waiter")}`);
  for (const page of [one, two]) {
    await state(page, "live");
    await page.locator(".item").first().waitFor();
  }
  await engine.kill();
  for (const page of [one, two]) await state(page, "offline");
  await order(one, "Table 1", menu[0].name);
  await order(two, "Table 2", menu[0].name);
  await order(one, "Table 3", menu[0].name);
  for (const page of [one, two]) await page.locator(".waiting", { hasText: "3 waiting: Table 1, Table 2, Table 3" }).waitFor();
  // one of them is discarded, in the other tab
  await two.locator(".waiting").click();
  await two.locator(".waiting-order", { hasText: "Table 3" }).locator(".button", { hasText: "Discard" }).click();
  await two.locator("dialog .danger", { hasText: "Discard it" }).click();
  await one.locator(".waiting", { hasText: "2 waiting: Table 1, Table 2" }).waitFor();
  await engine.start();
  for (const page of [one, two]) await page.locator(".waiting").waitFor({ state: "hidden" });
  assert.deepEqual((await placed(engine, admin)).map(([, table]) => table).sort(), [1, 2]);
  // a tab that crashes: the other one takes its orders up
  await engine.kill();
  await state(one, "offline");
  await order(one, "Table 6", menu[0].name);
  await one.close();
  await two.reload().catch(() => {});
  await engine.start();
  await until(async () => (await placed(engine, admin)).some(([, table]) => table === 6));
  assert.equal((await placed(engine, admin)).length, 3);
});

test("too many waiting orders are refused with a reason, and the draft stays", async (t) => {
  const { engine, browser } = await open(t);
  const pad = await window(browser, engine, engine.token("waiter"), "/pad");
  await state(pad, "live");
  await held(pad);
  await engine.kill();
  await state(pad, "offline");
  await order(pad, "Table 9", menu[0].name);
  await pad.evaluate(() => {
    const name = Object.keys(localStorage).find((name) => name.startsWith("heard:command:"));
    const record = JSON.parse(localStorage[name]);
    for (let i = 1; i < 200; i++) localStorage[`${name.slice(0, name.lastIndexOf(":"))}:k${i}`] = JSON.stringify({ ...record, key: `k${i}` });
  });
  await pad.reload();
  await pad.locator(".waiting", { hasText: "200 waiting" }).waitFor();
  await seat(pad, "Table 4");
  await pad.locator(".item").nth(3).click();
  await pad.locator(".place").click();
  await pad.locator(".bill .problem", { hasText: "200 orders are waiting on this device" }).waitFor();
  assert.equal(await pad.locator(".draft-line").count(), 1);
  clean(pad);
});

test("a kitchen that is cut off clears its screen, and a reload shows what was known", async (t) => {
  const { engine, browser, admin } = await open(t);
  for (const table of [1, 2]) await engine.call(admin, "POST", "/api/orders", { table_id: `t-${table}`, table_number: table, items: [{ menu_item_id: menu[0].id, quantity: 1 }] });
  const kitchen = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await state(kitchen, "live");
  await held(kitchen);
  await until(async () => (await tickets(kitchen)).join() === "1,2");
  await engine.kill();
  await state(kitchen, "offline");
  await kitchen.locator(".ticket-bump").first().click();
  await until(async () => (await tickets(kitchen)).join() === "2", "the bumped ticket is gone");
  await kitchen.reload();
  await until(async () => (await tickets(kitchen)).join() === "2", "the other one is known, the bumped one still gone");
  await engine.start();
  await state(kitchen, "live");
  await until(async () => (await engine.call(admin, "GET", "/api/orders")).map(({ status }) => status).join() === "pending,ready");
  clean(kitchen);
});

test("the worker keeps files alone, and the next version shows at the next load", async (t) => {
  const { engine: behind, browser, admin } = await open(t);
  const engine = await upgradable(t, behind);
  const page = await window(browser, engine, admin, "/board");
  await held(page);
  const kept = await page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url));
    return found.map(({ pathname, search, hash }) => pathname + search + hash);
  });
  assert.deepEqual(kept.filter((path) => path !== "/" && !/^\/assets\/[0-9a-f]{12}\/(heard|pages|vendor)/.test(path)), []);
  assert.ok(!kept.some((path) => /token|api/.test(path)));
  // an upgrade: another version of everything
  engine.isNext = true;
  await page.reload();
  const version = () => page.evaluate(() => /\/assets\/(\w+)\//.exec(document.querySelector("script[type=module]").src)[1]);
  assert.equal(await version(), next);
  await until(async () => (await page.evaluate(() => caches.keys())).join() === `heard ${next}`, "the old files are gone, the new ones kept");
  await engine.stop();
  await page.reload();
  await page.locator("#tabs a").first().waitFor();
  assert.equal(await version(), next, "and without the engine it is not the old page");
});

const next = "0123456789ab";

/** A server before the engine that can put another version's name on its files. */
async function upgradable(t, engine) {
  const server = http.createServer(async ({ url }, response) => {
    const answer = await fetch(engine.url + url);
    const body = Buffer.from(await answer.arrayBuffer());
    const isText = /text|json|javascript/.test(answer.headers.get("content-type") ?? "");
    const headers = ["content-type", "cache-control", "content-security-policy"].flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : []));
    response.writeHead(answer.status, Object.fromEntries(headers)).end(front.isNext && isText ? body.toString().replaceAll(front.version, next) : body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  const stop = () => new Promise((done) => (server.close(done), server.closeAllConnections()));
  t.after(stop);
  const document = await (await fetch(`${engine.url}/`)).text();
  const front = { url: `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`, version: /\/assets\/(\w+)\//.exec(document)[1], isNext: false, stop };
  return front;
}
