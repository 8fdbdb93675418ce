// The order pad, as a waiter uses it all evening.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, menu, open, seat, some, state, tickets, until, window } from "../browser.js";

const tablet = { width: 1024, height: 768 };
const phone = { width: 390, height: 844 };

async function padOf(t, options = {}, role = "waiter") {
  const all = await open(t);
  if (options.menu) await all.engine.call(all.admin, "PUT", "/api/menu", options.menu);
  const pad = await window(all.browser, all.engine, all.engine.token(role), "/pad", { viewport: tablet, ...options });
  await state(pad, "live");
  await pad.locator(".item").first().waitFor();
  return { ...all, pad, orders: () => all.engine.call(all.admin, "GET", "/api/orders?status=all").then((orders) => orders.reverse()) };
}

const tile = (pad, name) => pad.locator(".item", { has: pad.locator(".item-name", { hasText: new RegExp(`^${name}$`) }) });
const toast = (pad, text) => pad.locator(".toast", { hasText: text }).waitFor();

test("nobody's table is never the counter, and tables are those of the device", async (t) => {
  const { pad, orders } = await padOf(t);
  await tile(pad, menu[0].name).click();
  await pad.locator(".place", { hasText: "Choose a table" }).click();
  await pad.locator(".picker-setting summary").click();
  await pad.fill("#table-count", "3");
  await pad.fill("#table-names", "T 5\n\n Terrasse é \nT 5");
  await pad.locator(".picker-setting .button").click();
  assert.deepEqual(await pad.locator(".table b").allTextContents(), ["Table 1", "Table 2", "Table 3", "T 5", "Terrasse é"]);
  await pad.locator(".table", { hasText: "T 5" }).click();
  assert.equal((await orders()).length, 0, "choosing is not placing");
  await pad.locator(".place", { hasText: /^Place order/ }).click();
  await toast(pad, "Order 1 · T 5 placed");
  // a typed name, and a number beyond the list
  for (const [typed, said] of [["टेरेस 2", "टेरेस 2"], ["44", "Table 44"]]) {
    await tile(pad, menu[0].name).click();
    await pad.locator("#table").click();
    await pad.fill("#other-table", typed);
    await pad.keyboard.press("Enter");
    assert.equal(await pad.locator("#table").textContent(), said);
    await pad.locator(".place").click();
    await toast(pad, `${said} placed`);
  }
  assert.deepEqual((await orders()).map(({ table_id, table_number }) => [table_id, table_number]), [["T 5", 0], ["टेरेस 2", 0], ["t-44", 44]]);
  // by choice, the counter is there
  await tile(pad, menu[0].name).click();
  await seat(pad, "Counter");
  await pad.locator(".place").click();
  await until(async () => (await orders())[3]?.table_id === "counter");
  clean(pad);
});

test("a table with an open order is asked about, and another round is added by clicks", async (t) => {
  const { pad, orders, engine, admin } = await padOf(t);
  await engine.call(admin, "POST", "/api/orders", { table_id: "t-7", table_number: 7, items: [{ menu_item_id: menu[0].id, quantity: 1 }] });
  await pad.locator("#table").click();
  await pad.locator(".table[data-open]", { hasText: "Table 7" }).click();
  await pad.locator(".picker-said", { hasText: "Table 7 has order 1 open." }).waitFor();
  await pad.locator(".picker-order", { hasText: `1 × ${menu[0].name}` }).waitFor();
  await pad.locator("dialog .primary", { hasText: "Add to order 1" }).click();
  await tile(pad, menu[1].name).click();
  await pad.locator(".place", { hasText: "Add to order 1" }).click();
  await toast(pad, "Added to order 1 · table 7");
  assert.deepEqual((await orders()).map(({ items }) => items.length), [2]);
  assert.equal(await pad.locator("#table").textContent(), "Choose a table");
  // a second order is made when one says so
  await seat(pad, "Table 7");
  await pad.locator("dialog .button", { hasText: "New order for Table 7" }).click();
  await tile(pad, menu[1].name).click();
  await pad.locator(".place", { hasText: /^Place order/ }).click();
  await until(async () => (await orders()).length === 2);
  // and never because somebody else was faster
  await seat(pad, "Table 8");
  await tile(pad, menu[2].name).click();
  await engine.call(admin, "POST", "/api/orders", { table_id: "t-8", table_number: 8, items: [{ menu_item_id: menu[0].id, quantity: 1 }] });
  await pad.locator("#polite", { hasText: "Table 8" }).waitFor({ state: "attached" }); // now it is known here
  await pad.locator(".place").click();
  await pad.locator(".picker-said", { hasText: "Table 8 has order 3 open." }).waitFor();
  assert.equal((await orders()).length, 3);
  clean(pad);
});

test("what is added to an order that was ready, or served, is on the kitchen's screen again", async (t) => {
  const { pad, orders, engine, admin, browser } = await padOf(t);
  const order = await engine.call(admin, "POST", "/api/orders", some(1));
  const kitchen = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await state(kitchen, "live");
  for (const [i, status] of ["ready", "served"].entries()) {
    await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=${status}`);
    await until(async () => (await tickets(kitchen)).length === 0);
    await seat(pad, "Table 4");
    await pad.locator("dialog .primary", { hasText: "Add to order 1" }).click();
    await tile(pad, menu[1 + i].name).click();
    await pad.locator(".place").click();
    await until(async () => (await tickets(kitchen)).includes("1"), `again after ${status}`);
    assert.match(await kitchen.locator(".ticket").textContent(), new RegExp(menu[1 + i].name));
  }
  assert.equal((await orders()).length, 1);
  clean(pad);
});

test("takeaway and delivery have a name and a number", async (t) => {
  const { pad, orders } = await padOf(t);
  await seat(pad, "Delivery");
  await pad.fill("#customer-name", "Žofie नूर");
  await pad.fill("#customer-phone", "+91 98 7654");
  await tile(pad, menu[0].name).click();
  await pad.locator(".place").click();
  await toast(pad, "Delivery placed");
  assert.deepEqual((await orders()).map(({ order_type, customer_name, customer_phone }) => [order_type, customer_name, customer_phone]), [["delivery", "Žofie नूर", "+91 98 7654"]]);
  await seat(pad, "Takeaway");
  assert.equal(await pad.inputValue("#customer-name"), "", "the next one is another person");
  await pad.locator(".bill .button", { hasText: "Clear" }).click();
  assert.equal(await pad.locator(".customer").isVisible(), false);
  clean(pad);
});

test("ready food is told with a sound, one's own first, until it was seen", async (t) => {
  const { pad, engine, admin } = await padOf(t, { prepare: (page) => page.addInitScript(() => {
    window.tones = 0;
    const start = AudioScheduledSourceNode.prototype.start;
    AudioScheduledSourceNode.prototype.start = function (...when) {
      window.tones++;
      return start.apply(this, when);
    };
  }) });
  const mine = await engine.call(engine.token("waiter"), "POST", "/api/orders", some(1, 7));
  const other = await engine.call(admin, "POST", "/api/orders", some(1, 8));
  await pad.locator(".sound").click();
  await pad.locator(".sound[aria-pressed=false]").waitFor();
  await pad.locator(".sound").click();
  const tones = () => pad.evaluate(() => window.tones);
  await until(async () => (await tones()) > 0, "turning it on is heard");
  let before = await tones();
  for (const { id } of [other, mine]) await engine.call(admin, "PUT", `/api/orders/${id}/status?status=ready`);
  const chips = pad.locator(".ready-chip");
  await until(async () => (await chips.allTextContents()).join() === "Ready: Table 7,Ready: Table 8", "one's own first");
  await until(async () => (await tones()) > before);
  await pad.reload();
  await until(async () => (await chips.count()) === 2, "a reload forgets nothing");
  await chips.first().click();
  await pad.locator("dialog .button", { hasText: "Seen" }).click();
  await until(async () => (await chips.allTextContents()).join() === "Ready: Table 8");
  await pad.reload();
  await until(async () => (await chips.allTextContents()).join() === "Ready: Table 8");
  // off is off
  await pad.locator(".sound").click();
  before = await tones();
  await engine.call(admin, "PUT", `/api/orders/${mine.id}/status?status=preparing`);
  await until(async () => (await engine.call(admin, "GET", `/api/orders/${mine.id}`)).status === "preparing");
  await engine.call(admin, "PUT", `/api/orders/${mine.id}/status?status=ready`);
  await until(async () => (await chips.allTextContents()).join() === "Ready: Table 7,Ready: Table 8", "ready again is news again");
  assert.equal(await tones(), before);
  await chips.first().click();
  await pad.locator("dialog .primary", { hasText: "Served" }).click();
  await until(async () => (await engine.call(admin, "GET", `/api/orders/${mine.id}`)).status === "served");
  clean(pad);
});

const options = [
  { id: "steak", name: "Steak", category: "Mains", price: 500, modifier_groups: [
    { id: "done", name: "How done", min: 1, max: 1, options: [{ id: "rare", name: "Rare", price: 0 }, { id: "well", name: "Well done", price: 0 }] },
    { id: "side", name: "Side", min: 0, max: 1, options: [{ id: "chips", name: "Chips", price: 40 }, { id: "rice", name: "Rice", price: 30 }] },
    { id: "extra", name: "Extra", min: 0, max: 2, options: [{ id: "rice2", name: "Rice", price: 35 }] }] },
  { id: "soup", name: "Soup", category: "Starters", price: 90, modifier_groups: [{ id: "no", name: "Without", min: 0, max: 2, options: [{ id: "onion", name: "No onion", price: 0 }] }] },
  { id: "tea", name: "Tea", category: "Drinks", price: 20 },
];

test("options are marked, asked for where a choice is due, and said without a plus", async (t) => {
  const { pad, orders } = await padOf(t, { menu: options });
  assert.deepEqual(await pad.locator(".item").evaluateAll((all) => all.map((item) => [item.querySelector(".item-name").textContent, item.querySelector(".item-options")?.textContent ?? ""])), [["Steak", "choose…"], ["Soup", "options"], ["Tea", ""]]);
  await seat(pad, "Table 1");
  await tile(pad, "Steak").click();
  await pad.locator("dialog .primary").click();
  await pad.locator("dialog .problem", { hasText: "How done: choose one" }).waitFor();
  assert.equal(await pad.locator("dialog input[type=radio]").count(), 5, "one of several is a radio button");
  await pad.locator(".option", { hasText: "Rare" }).click();
  await pad.locator(".option", { hasText: "Chips" }).click();
  await pad.locator(".option", { hasText: "Rice" }).first().click();
  await pad.locator(".option", { hasText: "Rice" }).last().click();
  await pad.locator("dialog .primary").click();
  await pad.locator(".place", { hasText: "593.25" }).waitFor(); // 500 + 30 + 35, and 5 %: each Rice at the price of its group
  assert.deepEqual(await pad.locator(".draft-line .modifier").allTextContents(), ["Rare", "Rice", "Rice"]);
  // what was chosen can be left out again
  await pad.locator(".draft-what").click();
  assert.equal(await pad.locator("dialog :checked").count(), 3, "it shows what was chosen");
  await pad.locator(".option", { hasText: "None" }).click();
  await pad.locator(".option", { hasText: "Rice" }).last().click();
  await pad.locator("dialog .primary").click();
  assert.deepEqual(await pad.locator(".draft-line .modifier").allTextContents(), ["Rare"]);
  // two soups, one of them without onions and with a note of two lines
  await tile(pad, "Soup").click();
  await tile(pad, "Soup").click();
  await pad.locator(".draft-what", { hasText: "Soup" }).click();
  await pad.locator(".option", { hasText: "Only one of them" }).click();
  await pad.locator(".option", { hasText: "No onion" }).click();
  await pad.locator("#notes").pressSequentially("Birthday");
  await pad.locator("dialog .primary").click();
  assert.deepEqual(await pad.locator(".draft-line").evaluateAll((all) => all.map((line) => [line.querySelector(".draft-name").textContent, line.querySelector(".how-many").textContent, line.querySelector(".note")?.textContent ?? ""])), [["Steak", "1", ""], ["Soup", "1", ""], ["Soup", "1", "Birthday"]]);
  await until(() => pad.evaluate(() => [...document.querySelectorAll(".draft-line .modifier")].every((node) => getComputedStyle(node, "::before").content === "none")), "no plus before what is left out");
  await pad.locator(".place").click();
  await until(async () => (await orders()).length === 1);
  const [{ items }] = await orders();
  assert.deepEqual(items.map(({ name, quantity, modifiers, notes }) => [name, quantity, (modifiers ?? []).map((one) => one.name).join(), notes ?? ""]), [["Steak", 1, "Rare", ""], ["Soup", 1, "", ""], ["Soup", 1, "No onion", "Birthday"]]);
  // a note takes more than one line
  await tile(pad, "Tea").click();
  await pad.locator(".draft-what").click();
  await pad.locator("#notes").pressSequentially("No sugar\nTwo cups");
  await pad.locator("dialog .primary").click();
  const note = pad.locator(".draft-line .note");
  assert.equal(await note.textContent(), "No sugar\nTwo cups");
  assert.ok((await note.evaluate((node) => node.getClientRects()[0].height)) > 30);
  await seat(pad, "Table 2");
  await pad.locator(".place").click();
  await until(async () => (await orders())[1]?.items[0].notes === "No sugar\nTwo cups");
  clean(pad);
});

test("twelve are one entry, a cleared order can be had back, and its table is let go of", async (t) => {
  const { pad } = await padOf(t);
  await seat(pad, "Table 3");
  await tile(pad, menu[0].name).click();
  await pad.locator(".how-many").click();
  await pad.locator(".quick .button", { hasText: /^12$/ }).click();
  assert.equal(await pad.locator(".how-many").textContent(), "12");
  await pad.locator(".how-many").click();
  await pad.fill("#quantity", "1.5");
  await pad.keyboard.press("Enter");
  assert.equal(await pad.locator(".how-many").textContent(), "1.5");
  await pad.locator(".bill .button", { hasText: "Clear" }).click();
  await pad.locator(".empty-draft").waitFor();
  assert.equal(await pad.locator("#table").textContent(), "Choose a table");
  await pad.locator(".toast .small", { hasText: "Undo" }).click();
  assert.deepEqual([await pad.locator("#table").textContent(), await pad.locator(".how-many").textContent()], ["Table 3", "1.5"]);
  clean(pad);
});

test("search: Enter adds the best, and the next order begins with the whole menu", async (t) => {
  const { pad, orders } = await padOf(t, { menu: [{ id: "a", name: "Chana Masala", category: "Mains", price: 100 }, { id: "b", name: "Masala Chai", category: "Drinks", price: 30 }, { id: "c", name: "Crème Brûlée", category: "Sweets", price: 150 }] });
  await pad.locator("body").press("/");
  await pad.keyboard.type("masala ch");
  assert.deepEqual(await pad.locator(".item-name").allTextContents(), ["Masala Chai", "Chana Masala"]);
  await pad.keyboard.press("Enter");
  await pad.keyboard.type("brulee"); // in the place of what was typed before
  await pad.keyboard.press("Enter");
  assert.deepEqual(await pad.locator(".draft-name").allTextContents(), ["Masala Chai", "Crème Brûlée"]);
  await seat(pad, "Table 1");
  await pad.locator(".place").click();
  await until(async () => (await orders()).length === 1);
  assert.equal(await pad.inputValue("#search"), "");
  assert.equal(await pad.locator(".item").count(), 3);
  clean(pad);
});

test("sold out while it is in the draft: marked at once, in words", async (t) => {
  const { pad, engine, admin, orders } = await padOf(t);
  await seat(pad, "Table 1");
  await tile(pad, menu[0].name).click();
  await tile(pad, menu[1].name).click();
  await engine.call(admin, "POST", "/api/menu/86", { item_ids: [menu[0].id] });
  await pad.locator(".draft-line.refused", { hasText: `${menu[0].name}Sold out` }).waitFor();
  assert.equal(await pad.locator(".bill > footer .problem").textContent(), `${menu[0].name} is sold out`);
  await pad.locator(".place").click();
  assert.equal(await pad.locator(".draft-line").count(), 2, "it stays");
  await pad.locator(".draft-line.refused .step").first().click();
  assert.equal(await pad.locator(".bill > footer .problem").textContent(), "");
  await pad.locator(".place").click();
  await until(async () => (await orders()).length === 1);
  clean(pad);
});

test("on a phone Back closes the bill, and the notices leave the button free", async (t) => {
  const { pad } = await padOf(t, { viewport: phone });
  await pad.goto(`${new URL(pad.url()).origin}/board`);
  await pad.locator(".tabs [data-page=pad]").click();
  await tile(pad, menu[0].name).click();
  await pad.locator(".peek").click();
  await pad.locator(".bill").waitFor();
  await pad.goBack();
  await pad.locator(".bill").waitFor({ state: "hidden" });
  assert.equal(new URL(pad.url()).pathname, "/pad");
  assert.match(await pad.locator(".peek").textContent(), /1 item/);
  await pad.goBack();
  await pad.locator(".board").waitFor();
  clean(pad);
});
