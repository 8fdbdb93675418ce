// Moving orders on the board by hand: what a touch does, what takes it back, what is found again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { board, clean, forty, menu, open, press, settled, state, until, whole, wide, window } from "../browser.js";

const place = (engine, token, more = {}) => engine.call(token, "POST", "/api/orders", { table_id: "t-3", table_number: 3, items: [{ menu_item_id: menu[0].id, quantity: 2, notes: "Nut allergy", modifiers: ["No onion"] }], ...more });
const status = async (engine, token, { id }) => (await engine.call(token, "GET", `/api/orders/${id}`)).status;
const put = (engine, token, { id }, to) => engine.call(token, "PUT", `/api/orders/${id}/status?status=${to}`);
const undo = (page) => page.locator(".toast button", { hasText: "Undo" });
const told = (page, text) => page.locator(".toast", { hasText: text });
const column = (page, number, wanted) => until(async () => (await board(page))[number] === wanted, `order ${number} in ${wanted}`);

test("a tap on a card opens it; only the button moves it", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin, { customer_name: "Asha" });
  const page = await window(browser, engine, engine.token("waiter"), "/board");
  await page.locator(".order").waitFor();
  for (const part of [".order-place", ".order-lines", ".order-sub"]) {
    await settled(page);
    await page.locator(part).click();
    await page.locator("dialog", { hasText: "Order 1" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  await page.locator(".order-place").click();
  const text = await page.locator("dialog").innerText();
  for (const wanted of ["2 ×", menu[0].name, "No onion", "Nut allergy", "₹440.00", "Total", "₹462.00", "Asha"]) assert.ok(text.includes(wanted), `${wanted} in ${text}`);
  assert.ok(!/unpaid/i.test(text), "there are no payments yet");
  await page.locator("dialog summary").click();
  await page.locator(".timeline li", { hasText: "Created" }).waitFor();
  assert.equal(await status(engine, admin, order), "pending");
  await page.keyboard.press("Escape");
  await press(page, ".order-move");
  await column(page, 1, "preparing");
  clean(page);
});

test("two taps on one spot of the board never move two orders", async (t) => {
  const { engine, browser, admin } = await open(t);
  for (let i = 0; i < 12; i++) await place(engine, admin);
  const page = await window(browser, engine, admin, "/board");
  await page.locator(".order").first().waitFor();
  let moved = 0;
  for (const pause of [150, 600, 900]) {
    await settled(page);
    const { x, y } = await page.locator(".order-move").first().boundingBox();
    await page.mouse.click(x + 20, y + 10);
    moved++;
    await until(async () => Object.values(await board(page)).filter((column) => column === "preparing").length === moved);
    await page.waitForTimeout(pause); // the time between two taps is what is claimed
    await page.mouse.click(x + 20, y + 10);
    await settled(page);
    const all = await engine.call(admin, "GET", "/api/orders");
    assert.equal(all.filter((order) => order.status === "preparing").length, moved, `after ${pause} ms`);
  }
  // nor does one that was on its way when somebody else's move brought another order there
  const [first] = (await engine.call(admin, "GET", "/api/orders?status=pending")).sort((a, b) => a.number - b.number);
  const { x, y } = await page.locator(".order-move").first().boundingBox();
  await page.mouse.move(x + 20, y + 10);
  await page.mouse.down();
  await put(engine, admin, first, "ready");
  await column(page, first.number, "ready");
  await page.mouse.up();
  await settled(page);
  assert.equal(Object.values(await board(page)).filter((column) => column === "preparing").length, moved);
  clean(page);
});

test("every move is taken back by its own Undo, to where it was", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin);
  const page = await window(browser, engine, admin, "/board");
  const kitchen = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await page.locator(".order").waitFor();
  const takeBack = async (from, act, moved = true) => {
    if ((await status(engine, admin, order)) !== from) await put(engine, admin, order, from);
    await column(page, 1, from);
    await settled(page);
    await page.locator(".order:not([data-moving])").waitFor();
    await act();
    await undo(page).waitFor();
    if (moved) await until(async () => (await status(engine, admin, order)) !== from);
    await undo(page).click();
    await until(async () => (await status(engine, admin, order)) === from, `back to ${from}`);
    await column(page, 1, from);
    await undo(page).waitFor({ state: "detached" });
  };
  const dialog = async (name) => {
    await press(page, ".order-menu");
    await page.locator("dialog .dialog-foot button", { hasText: name }).click();
  };
  await takeBack("pending", () => page.locator(".order-move").click());
  await takeBack("preparing", () => page.locator(".order-move").click());
  await takeBack("preparing", () => dialog("Recall"));
  await takeBack("preparing", () => dialog("Complete"));
  await takeBack("ready", () => dialog("Recall"));
  await takeBack("ready", () => page.locator(".order-move").click(), false); // serving waits: the engine has no way back from it
  await takeBack("ready", () => dialog("Complete"));
  await put(engine, admin, order, "served");
  await takeBack("served", () => page.locator(".order-move").click());
  // a bump without a start goes back to where it was, not half the way
  const second = await place(engine, admin);
  await press(kitchen, ".ticket-bump");
  await until(async () => (await status(engine, admin, second)) === "ready");
  await undo(kitchen).click();
  await until(async () => (await status(engine, admin, second)) === "pending");
  [page, kitchen].forEach(clean);
});

test("an Undo goes when its order moves on, and never takes back anything else", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin);
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await page.locator(".ticket").waitFor();
  await press(page, ".ticket-bump");
  await undo(page).waitFor();
  await press(page, ".recalls .button");
  await until(async () => (await status(engine, admin, order)) === "preparing");
  await told(page, "preparing").waitFor();
  assert.equal(await undo(page).count(), 1, "the bump's own Undo is gone");
  await undo(page).click();
  await until(async () => (await status(engine, admin, order)) === "ready");
  await until(async () => (await undo(page).count()) === 0);
  // somebody else moves it on
  await press(page, ".recalls .button");
  await undo(page).waitFor();
  await put(engine, admin, order, "served");
  await undo(page).waitFor({ state: "detached" });
  clean(page);
});

test("two windows race: an Undo that comes too late does nothing, and says why", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin);
  // what the other window does is not told to this one
  const page = await window(browser, engine, engine.token("kitchen"), "/kitchen", { prepare: (page) => page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => void (/^\{"type":"order_update".*"status":"served"/.test(String(message)) || socket.send(message)));
  }) });
  const other = await window(browser, engine, engine.token("waiter"), "/board");
  await press(page, ".ticket-bump");
  await undo(page).waitFor();
  await column(other, 1, "ready");
  await put(engine, admin, order, "served");
  await undo(page).click();
  await told(page, "Not undone: Order 1 · Table 3 is served now").waitFor();
  assert.equal(await status(engine, admin, order), "served");
  // and a serving that waits is dropped when somebody was first
  const second = await place(engine, admin);
  await put(engine, admin, second, "ready");
  await column(other, 2, "ready");
  await press(other, '.column[data-status="ready"] .order-move');
  await undo(other).waitFor();
  await put(engine, admin, second, "preparing");
  await told(other, "Not moved to served: Order 2 · Table 3 is preparing now").waitFor();
  assert.equal(await undo(other).count(), 0);
  await column(other, 2, "preparing");
  assert.equal(await status(engine, admin, second), "preparing");
  [page, other].forEach(clean);
});

test("a serving that waits is sent when the page goes away, and otherwise by itself", async (t) => {
  const { engine, browser, admin } = await open(t);
  const [first, second] = [await place(engine, admin), await place(engine, admin)];
  for (const order of [first, second]) await put(engine, admin, order, "ready");
  const page = await window(browser, engine, engine.token("waiter"), "/board");
  await press(page, ".order-move");
  await undo(page).waitFor();
  assert.equal(await status(engine, admin, first), "ready");
  await until(async () => (await status(engine, admin, first)) === "served");
  await column(page, 1, "served");
  await press(page, '.column[data-status="ready"] .order-move');
  await undo(page).waitFor();
  await page.reload();
  await until(async () => (await status(engine, admin, second)) === "served");
  clean(page);
});

test("recently closed: found, opened, and reopened by whom may", async (t) => {
  const { engine, browser, admin } = await open(t);
  const [done, gone] = [await place(engine, admin), await place(engine, admin, { customer_name: "Ravi" })];
  await put(engine, admin, done, "completed");
  await engine.call(admin, "PUT", `/api/orders/${gone.id}/cancel`, { reason: "walked out" });
  const waiter = await window(browser, engine, engine.token("waiter"), "/board");
  await state(waiter, "live");
  const rows = (page) => page.locator(".closed-list li");
  await waiter.locator("[aria-label='Recently closed']").click();
  await until(async () => (await rows(waiter).count()) === 2);
  assert.match(await rows(waiter).first().innerText(), /Ravi[^]*Cancelled[^]*walked out/);
  assert.equal(await waiter.locator(".closed-list .button").count(), 0);
  const manager = await window(browser, engine, engine.token("manager"), "/board");
  await state(manager, "live");
  await manager.locator("[aria-label='Recently closed']").click();
  await until(async () => (await manager.locator(".closed-list .button").count()) === 1);
  await manager.locator(".closed-list .button").click();
  await until(async () => (await status(engine, admin, done)) === "preparing");
  await until(async () => (await rows(manager).count()) === 1);
  await rows(manager).locator(".closed-order").click();
  await manager.locator("dialog", { hasText: "Order 2" }).waitFor();
  assert.equal(await manager.locator("dialog .dialog-foot button").count(), 0, "a cancelled order stays cancelled");
  [waiter, manager].forEach(clean);
});

test("an open dialog follows its order; Back and another page close it", async (t) => {
  const { engine, browser, admin } = await open(t);
  const order = await place(engine, admin);
  const page = await window(browser, engine, admin, "/pad");
  await state(page, "live");
  await page.locator(".tabs [data-page=board]").click();
  await press(page, ".order-menu");
  const actions = () => page.locator("dialog .dialog-foot button").allTextContents();
  await until(async () => (await actions())[0] === "Start: move to preparing");
  await put(engine, admin, order, "ready");
  await until(async () => (await actions()).join() === "Serve: move to served,Recall to preparing,Complete,Cancel order…");
  assert.match(await page.locator("dialog .facts").textContent(), /^Ready/);
  await page.goBack();
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.match(page.url(), /\/board$/);
  // two dialogs, one Back each
  await press(page, ".order-menu");
  await page.locator("dialog .danger").click();
  await page.locator("#reason").waitFor();
  await page.goBack();
  await page.locator("dialog").waitFor({ state: "detached" });
  // closed by hand, Back goes to the page before
  await press(page, ".order-menu");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => !history.state?.dialogs);
  await page.goBack();
  await page.locator(".pad").waitFor();
  await page.goForward();
  await press(page, ".order-menu");
  await page.keyboard.press("Alt+2");
  await page.locator(".kitchen").waitFor();
  assert.equal(await page.locator("dialog").count(), 0);
  await page.goBack();
  await page.locator(".pad, .board").waitFor();
  clean(page);
});

test("what one can do with 25 lines is in sight at every size, and a toast is over an open dialog", async (t) => {
  const { engine, browser, admin } = await open(t);
  await place(engine, admin, { items: Array.from({ length: 25 }, (_, i) => ({ menu_item_id: menu[i].id, quantity: 1 })) });
  const other = await place(engine, admin);
  for (const viewport of [wide, { width: 1024, height: 768 }, { width: 390, height: 844 }, { width: 844, height: 390 }]) {
    const page = await window(browser, engine, admin, "/board", { viewport });
    await press(page, ".order-menu");
    await page.locator("dialog .lines li").nth(24).waitFor({ state: "attached" });
    assert.equal(await whole(page, "dialog .dialog-foot button"), 3, `${viewport.width}`);
    await put(engine, admin, other, "preparing");
    await put(engine, admin, other, "ready");
    await told(page, "Ready: Order 2").waitFor();
    await told(page, "Ready: Order 2").locator("button").click();
    await page.locator("dialog", { hasText: "Order 2" }).waitFor();
    await put(engine, admin, other, "preparing");
    clean(page);
    await page.context().close();
  }
});

test("who took an order is told that it is ready, on every page, and nobody else", async (t) => {
  const { engine, browser, admin } = await open(t);
  const token = engine.token("waiter", "asha");
  const order = await place(engine, token);
  const pad = await window(browser, engine, token, "/pad", { viewport: { width: 1024, height: 768 } });
  const mine = await window(browser, engine, token, "/board", { viewport: { width: 390, height: 844 } });
  const other = await window(browser, engine, engine.token("waiter", "ravi"), "/board");
  await Promise.all([pad, mine, other].map((page) => state(page, "live")));
  await put(engine, admin, order, "ready");
  await told(mine, "Ready: Order 1 · Table 3").waitFor();
  await pad.locator(".ready-chip", { hasText: "Ready: Table 3" }).waitFor();
  await column(other, 1, "ready");
  assert.equal(await told(other, "Ready").count() + await told(pad, "Ready").count(), 0);
  for (const page of [pad, mine]) assert.equal(await page.locator(".tab-badge b").textContent(), "1");
  // it lies on nothing of the page
  assert.ok(await mine.evaluate(() => document.querySelector(".toast").getBoundingClientRect().bottom <= document.querySelector("main").getBoundingClientRect().top + 1), "on the bar");
  await put(engine, admin, order, "served");
  await told(mine, "Ready").waitFor({ state: "detached" });
  for (const page of [pad, mine]) await until(async () => (await page.locator(".tab-badge b").count()) === 0);
  [pad, mine, other].forEach(clean);
});

test("forty pending orders: many in sight, found by search, by who took them, as a list", async (t) => {
  const { engine, browser, admin } = await open(t);
  await forty(engine, admin);
  const waiter = engine.token("waiter", "asha");
  await place(engine, waiter, { order_type: "takeaway", customer_name: "Crème Zoë", table_id: undefined, table_number: 0 });
  const page = await window(browser, engine, waiter, "/board");
  await until(async () => Object.keys(await board(page)).length === 41);
  assert.ok(await whole(page, ".order") >= 9, `${await whole(page, ".order")} cards`);
  const shows = (n) => until(async () => Object.keys(await board(page)).length === n, `${n} orders`);
  await page.keyboard.press("/");
  await page.keyboard.type("creme zoe");
  await shows(1);
  await page.fill(".board-search", "#12");
  await shows(1);
  assert.equal(await page.locator(".board-told").textContent(), "1 of 41");
  await page.fill(".board-search", menu[0].name.toLowerCase());
  await until(async () => (await page.locator(".order").count()) < 10);
  await page.fill(".board-search", "");
  await shows(41);
  for (const [value, n] of [["mine", 1], ["takeaway", 1], ["dine_in", 40], ["", 41]]) {
    await page.locator(".board-kind").selectOption(value);
    await shows(n);
    assert.ok(await page.locator(".board-kind").evaluate((node) => node === document.activeElement || node.value !== undefined));
  }
  await page.locator("[aria-label='List']").click();
  assert.ok(await whole(page, ".order") >= 14, `${await whole(page, ".order")} rows`);
  await page.reload();
  await shows(41);
  assert.equal(await page.locator(".board").getAttribute("data-view"), "list");
  await settled(page);
  await page.locator(".order-place").first().click();
  await page.locator("dialog").waitFor();
  clean(page);
});
