// The kitchen display in a full evening, on the real engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, forty, menu, open, press, settled, state, tickets, until, whole, wide, window } from "../browser.js";

const [cold, , grill] = menu;
const place = (engine, token, ...items) => engine.call(token, "POST", "/api/orders", { table_id: "t-3", table_number: 3, items: items.map((item) => ({ menu_item_id: item.id ?? item, quantity: item.quantity ?? 2 })) });
const marks = (page) => page.locator(".ticket:visible .mark").allTextContents();
const count = (page, text) => until(async () => (await page.locator(".kitchen-count").textContent()) === text, text);

/** Where each ticket of the page is, by its number. */
const places = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".ticket")].filter((node) => node.offsetParent).map((node) => [/#(\d+)/.exec(node.querySelector(".ticket-sub").textContent)[1], node.dataset.spot])));

/** Tickets and their continuations do not lie on each other, and none is cut off; once they have slid to their places. */
const overlaps = (page) => page.evaluate(async () => {
  await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
  const main = document.querySelector(".kitchen-main").getBoundingClientRect();
  const slips = [...document.querySelectorAll(".slip")].filter((node) => node.offsetParent).map((node) => [node, node.getBoundingClientRect()]);
  const wrong = [];
  for (const [i, [node, a]] of slips.entries()) {
    if (a.right > main.right || (a.bottom > main.bottom && getComputedStyle(node).maxHeight !== "none")) wrong.push("cut off");
    for (const [, b] of slips.slice(i + 1)) if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) wrong.push("on another");
    const lines = node.querySelector(".ticket-lines");
    if (lines.scrollHeight > lines.clientHeight + 1) wrong.push(`lines hidden in ${node.textContent.slice(0, 40)}`);
  }
  return wrong;
});

test("forty tickets: packed in columns and paged, each is on exactly one page", async (t) => {
  const { engine, browser, admin } = await open(t);
  await forty(engine, admin, { longAt: 11 });
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { viewport: { ...wide, height: 1080 } });
  await count(page, "40 open");
  await page.locator(".page-more", { hasText: "more" }).waitFor();
  assert.ok(await whole(page, ".ticket") >= 8, `${await whole(page, ".ticket")} whole tickets`);
  const pages = Number((await page.locator(".page-nth").textContent()).split("/")[1]);
  const seen = [];
  for (let nth = 1; nth <= pages; nth++) {
    assert.equal(await page.locator(".page-nth").textContent(), `${nth}/${pages}`);
    assert.deepEqual(await overlaps(page), []);
    const here = Object.keys(await places(page));
    assert.equal(await page.locator(".page-more").textContent(), `${40 - here.length} more`);
    seen.push(...here);
    if (here.includes("12")) await longTicket(page);
    if (nth === pages) break;
    if (nth % 2) await page.keyboard.press("ArrowRight");
    else await page.locator("[aria-label='Next page']").click();
  }
  assert.deepEqual(seen.map(Number).sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i + 1));
  clean(page);
});

/** 25 lines: it goes on in the next column, and its buttons are in sight. */
async function longTicket(page) {
  const lines = await page.locator(".part:visible .ticket-lines li, .ticket[data-split]:visible .ticket-lines li").count();
  assert.equal(lines, 25);
  assert.match(await page.locator(".part:visible .ticket-head").first().textContent(), /Table 12\s*continued 2\//);
  assert.equal(await whole(page, ".ticket[data-split] .ticket-bump, .part .ticket-bump"), 1 + await page.locator(".part:visible").count());
}

test("three columns on a tablet; text size and compact are this screen's and stay", async (t) => {
  const { engine, browser, admin } = await open(t);
  await forty(engine, admin);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { viewport: { width: 1024, height: 768 } });
  await count(page, "40 open");
  const columns = async () => new Set(Object.values(await places(page)).map((spot) => spot.split(" ")[1])).size;
  const font = () => page.locator(".ticket:visible .what").first().evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  await until(async () => (await columns()) === 3);
  const [before, shown] = [await font(), (await tickets(page)).length];
  assert.equal(shown, 40);
  await page.locator(".kitchen-foot [aria-label^='Screen']").click();
  await page.locator("dialog .option", { hasText: "Huge" }).click();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.ok((await font()) > before * 1.6);
  assert.ok((await columns()) < 3);
  await page.reload();
  await count(page, "40 open");
  assert.ok((await font()) > before * 1.6, "kept over a reload");
  await page.locator(".kitchen-foot [aria-label^='Screen']").click();
  await page.locator("dialog .option", { hasText: "Small" }).click();
  await page.locator("dialog .option", { hasText: "Compact" }).click();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await until(async () => (await columns()) >= 3);
  assert.ok((await font()) < before);
  assert.deepEqual(await overlaps(page), []);
  clean(page);
});

test("somebody else's bump leaves the other tickets where they are", async (t) => {
  const { engine, browser, admin } = await open(t);
  const orders = await forty(engine, admin);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", {
    prepare: (page) => page.addInitScript(() => {
      window.shifts = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => void (window.shifts += entry.value))).observe({ type: "layout-shift", buffered: true });
    }),
  });
  await count(page, "40 open");
  await until(async () => Object.keys(await places(page)).length > 5);
  const before = await places(page);
  const first = Object.keys(before)[0];
  await page.evaluate(() => (window.shifts = 0));
  await engine.call(admin, "PUT", `/api/orders/${orders[first - 1].id}/status?status=ready`);
  await count(page, "39 open");
  const after = await places(page);
  for (const number of Object.keys(before)) if (number !== first) assert.equal(after[number], before[number], `ticket ${number}`);
  assert.ok(await page.evaluate(() => window.shifts) < 0.02, `layout shift ${await page.evaluate(() => window.shifts)}`);
  clean(page);
});

test("two taps on one spot never move two orders, however slow the second is", async (t) => {
  const { engine, browser, admin } = await open(t);
  await forty(engine, admin);
  const said = async () => (await engine.call(admin, "GET", "/api/orders?status=ready&limit=100")).length;
  for (const options of [{ viewport: wide }, { viewport: { width: 390, height: 844 }, hasTouch: true }]) {
    const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", options);
    for (const pause of [150, 600, 900]) {
      const were = await said();
      await page.locator(".ticket-bump:visible").first().waitFor();
      await settled(page);
      const { x, y, width, height } = await page.locator(".ticket-bump:visible").first().boundingBox();
      const tap = () => (options.hasTouch ? page.touchscreen.tap(x + width / 2, y + height / 2) : page.mouse.click(x + width / 2, y + height / 2));
      await tap();
      await until(async () => (await said()) === were + 1);
      await page.waitForTimeout(pause); // the time between two taps is what is claimed
      await tap();
      await settled(page);
      assert.equal(await said(), were + 1, `after ${pause} ms`);
      if (await page.locator("dialog").count()) await page.keyboard.press("Escape");
    }
    await page.context().close();
  }
});

test("a second round, a changed note, less of a dish, a line taken off: marked until seen, also after a reload", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin, cold, grill);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await page.locator(".ticket").waitFor();
  await state(page, "live");
  const at = `/api/orders/${order.id}`;
  await engine.call(admin, "POST", `${at}/items`, { items: [{ menu_item_id: menu[8].id, quantity: 1 }] });
  await engine.call(admin, "PATCH", `${at}/items/l1`, { quantity: 5, notes: "no nuts" });
  await engine.call(admin, "PATCH", `${at}/items/l2`, { quantity: 1 });
  const wanted = ["+3 NEW · CHANGED", "CHANGED 2 → 1", "NEW"];
  await until(async () => (await marks(page)).join() === wanted.join(), String(wanted));
  await page.reload();
  await until(async () => (await marks(page)).join() === wanted.join(), "the same after a reload");
  await engine.call(admin, "DELETE", `${at}/items/l2`);
  await page.locator(".ticket .gone", { hasText: grill.name }).waitFor();
  await press(page, ".ticket-seen:visible");
  await until(async () => (await marks(page)).length === 0);
  assert.equal(await page.locator(".gone").count(), 0);
  await page.reload();
  await page.locator(".ticket").waitFor();
  await state(page, "live");
  assert.deepEqual(await marks(page), []);
  clean(page);
});

test("what was added says the order, on a screen that never saw it before", async (t) => {
  const { engine, browser, admin } = await open(t);
  await place(engine, admin, cold, grill);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { prepare: (page) => page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const frame = JSON.parse(String(message));
      if (frame.data?.items) Object.assign(frame.data.items[0], { quantity: 5, added: 3 });
      socket.send(JSON.stringify(frame));
    });
  }) });
  await until(async () => (await marks(page)).join() === "+3 NEW");
  clean(page);
});

test("a cancelled order stays, struck through, until somebody has seen it: also when it was cancelled meanwhile", async (t) => {
  const { engine, browser, admin } = await open(t);
  const here = await place(engine, admin, cold);
  const meanwhile = await place(engine, admin, grill);
  await place(engine, admin, cold);
  const kitchen = engine.token("kitchen");
  const page = await window(browser, engine, kitchen, "/kitchen");
  await count(page, "3 open");
  await state(page, "live");
  const cancelled = page.locator('.ticket[data-status="cancelled"]');
  await engine.call(admin, "PUT", `/api/orders/${here.id}/cancel`, { reason: "walked out" });
  await cancelled.filter({ hasText: "walked out" }).waitFor();
  assert.match(await cancelled.evaluate((node) => getComputedStyle(node.querySelector(".ticket-lines")).textDecorationLine), /line-through/);
  assert.deepEqual(await cancelled.locator("button:visible").allTextContents(), ["Seen"]);
  await count(page, "2 open");
  await page.goto("about:blank");
  await engine.call(admin, "PUT", `/api/orders/${meanwhile.id}/cancel`);
  await page.goto(`${engine.url}/kitchen`);
  await until(async () => (await cancelled.count()) === 2, "both, after coming back");
  for (const left of [1, 0]) {
    await press(page, '.ticket[data-status="cancelled"] .ticket-seen');
    await until(async () => (await cancelled.count()) === left);
  }
  await page.reload();
  await count(page, "1 open");
  await state(page, "live");
  assert.equal(await cancelled.count(), 0);
  clean(page);
});

/** Counts what is played and whether the screen is asked to stay on: neither can be heard or seen here. */
const instruments = (page) => page.addInitScript(() => {
  window.tones = [];
  window.locks = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) { window.tones.push(this.frequency.value); return start.apply(this, args); };
  Object.defineProperty(navigator, "wakeLock", { value: { request: async () => ({ release: async () => window.locks--, ...{ n: window.locks++ } }) } });
});

test("a bell for what is new, changed and cancelled, once the screen was touched; its switch stays", async (t) => {
  const { engine, browser, admin } = await open(t);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { prepare: instruments });
  await state(page, "live");
  const tones = () => page.evaluate(() => window.tones.splice(0).length);
  const flashed = (kind) => page.locator(`.kitchen[data-flash="${kind}"]`).waitFor();
  await page.locator(".bell").click();
  await page.locator(".bell").waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => window.locks), 1);
  const order = await place(engine, admin, cold);
  await flashed("new");
  assert.equal(await tones(), 2);
  await engine.call(admin, "PATCH", `/api/orders/${order.id}/items/l1`, { quantity: 7 });
  await flashed("changed");
  assert.equal(await tones(), 3);
  await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=ready`);
  await count(page, "0 open");
  await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=preparing`);
  await flashed("changed");
  await page.locator(".ticket-badge", { hasText: "Back again" }).waitFor();
  assert.equal(await tones(), 3);
  await engine.call(admin, "PUT", `/api/orders/${order.id}/cancel`);
  await flashed("cancelled");
  assert.equal(await tones(), 2);
  // off, and it stays off
  await page.locator(".kitchen-foot [aria-label^='Screen']").click();
  await page.locator("dialog .option", { hasText: "Sound" }).click();
  await page.reload();
  await state(page, "live");
  await page.locator(".kitchen-count").click();
  assert.equal(await page.locator(".bell").isVisible(), false);
  await place(engine, admin, cold);
  await flashed("new");
  assert.equal(await tones(), 0);
  await page.keyboard.press("Alt+1");
  await page.locator(".board").waitFor();
  assert.equal(await page.evaluate(() => window.locks), 0, "other pages let the screen sleep");
  clean(page);
});

test("one station's screen says done here, and moves the whole order only when that is asked", async (t) => {
  const { engine, browser, admin } = await open(t);
  const both = await place(engine, admin, cold, grill);
  await place(engine, admin, grill);
  const kitchen = engine.token("kitchen");
  const mine = await window(browser, engine, kitchen, "/kitchen?station=grill");
  const other = await window(browser, engine, kitchen, "/kitchen?station=cold");
  await until(async () => (await mine.locator(".ticket-done:visible").count()) === 1);
  const buttons = (page, nth) => page.locator(".ticket").nth(nth).locator("button:visible").allTextContents();
  assert.deepEqual(await buttons(mine, 0), ["Start", "Done here"]);
  assert.deepEqual(await buttons(mine, 1), ["Start", "Bump"], "all of it is made here");
  await press(mine, ".ticket-done:visible");
  await until(async () => (await buttons(mine, 0)).join() === "Not done,Whole order ready");
  assert.match(await mine.locator(".ticket").first().textContent(), /\+ 1 more: cold/);
  assert.equal((await engine.call(admin, "GET", `/api/orders/${both.id}`)).status, "pending");
  assert.deepEqual(await tickets(other), ["1"], "the other station still has it");
  await mine.reload();
  await until(async () => (await buttons(mine, 0)).join() === "Not done,Whole order ready");
  // what comes later is not done
  await engine.call(admin, "POST", `/api/orders/${both.id}/items`, { items: [{ menu_item_id: grill.id, quantity: 1, notes: "rare" }] });
  await until(async () => (await buttons(mine, 0)).includes("Done here"));
  assert.deepEqual(await marks(mine), ["NEW"]);
  await press(mine, ".ticket-done:visible");
  await press(mine, ".ticket-bump:visible:text('Whole order ready')");
  await until(async () => (await engine.call(admin, "GET", `/api/orders/${both.id}`)).status === "ready");
  await until(async () => (await tickets(other)).length === 0);
  [mine, other].forEach(clean);
});

test("keys are on the tickets, and bump what they are on", async (t) => {
  const { engine, browser, admin } = await open(t);
  for (let i = 0; i < 4; i++) await place(engine, admin, cold);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await count(page, "4 open");
  await state(page, "live");
  const keys = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".ticket")].map((node) => [node.querySelector(".ticket-key").textContent, /#(\d+)/.exec(node.textContent)[1]])));
  const before = await keys();
  await page.keyboard.press("2");
  await count(page, "3 open");
  assert.equal(Object.values(await keys()).includes(before[2]), false);
  for (const key of ["1", "3", "4"]) assert.equal((await keys())[key], before[key], "the others keep theirs");
  clean(page);
});

test("a phone on its side: a ticket's dishes and its Bump are in sight, and the bar below never changes its height", async (t) => {
  const { engine, browser, admin } = await open(t);
  await place(engine, admin, cold);
  await place(engine, admin, cold, grill);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { viewport: { width: 844, height: 390 }, hasTouch: true });
  await count(page, "2 open");
  assert.ok(await whole(page, ".ticket-bump") >= 1);
  assert.ok(await whole(page, ".ticket-lines li") >= 1);
  const height = () => page.locator(".kitchen-foot").evaluate((node) => node.offsetHeight);
  for (const viewport of [{ width: 844, height: 390 }, wide, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    const before = await height();
    await press(page, ".ticket-bump:visible");
    await page.locator(".recalls .button").first().waitFor();
    assert.equal(await height(), before);
    await press(page, ".recalls .button");
    await page.locator(".recalls .button").first().waitFor({ state: "detached" });
    assert.equal(await height(), before);
  }
  clean(page);
});
