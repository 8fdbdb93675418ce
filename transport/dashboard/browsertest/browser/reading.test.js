// Whether everybody can read it: any script, any eyes, any reader, at every size.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { clean, forty, menu, open, press, settled, state, until, wide, window } from "../browser.js";

const folder = new URL("../screenshots/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const sides = [wide, { width: 1024, height: 768 }, { width: 768, height: 1024 }, { width: 390, height: 844 }, { width: 844, height: 390 }];
const arabic = "كباب لحم ضأن مشوي مع أرز بالزعفران وصلصة الزبادي";
const long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";

async function people(engine, admin) {
  await engine.call(admin, "POST", "/api/orders", { table_id: "t-1", table_number: 1, items: [{ name: arabic, price: 120, quantity: 2, notes: "بدون بصل، 2 قطعة extra", modifiers: ["بدون بصل", "Extra sev"] }] });
  await engine.call(admin, "POST", "/api/orders", { order_type: "takeaway", customer_name: "عبد الرحمن بن محمد", items: [{ name: `Grandmother's ${long}`, price: 90, quantity: 1.125, notes: `Allergy: nuts. ${long}` }] });
  await engine.call(admin, "POST", "/api/orders", { order_type: "drive_through", table_number: 2, customer_name: "Zomato 8831", items: Array.from({ length: 9 }, (_, i) => ({ menu_item_id: menu[i].id, quantity: 1, ...(i === 8 && { notes: "Peanut allergy" }) })) });
}

test("names and notes of any script are whole, in their own direction, with room beside the quantity", async (t) => {
  const { engine, browser, admin } = await open(t);
  await people(engine, admin);
  for (const viewport of sides) {
    for (const at of ["/board", "/kitchen"]) {
      const page = await window(browser, engine, admin, at, { viewport });
      await until(async () => (await page.locator(".order, .ticket").count()) === 3);
      const wrong = await page.evaluate(() => {
        const wrong = [];
        for (const node of document.querySelectorAll(".what, .note, .modifier, .ticket-sub, .order-sub bdi")) {
          if (!node.offsetParent || !node.textContent) continue;
          const isRTL = /^[^A-Za-z]*[\u0600-\u06ff]/.test(node.firstChild.textContent);
          if (node.matches("[dir=auto]") && (getComputedStyle(node).direction === "rtl") !== isRTL) wrong.push(`direction of ${node.textContent}`);
          const room = (node.closest(".slip") ?? node.closest(".order")).getBoundingClientRect();
          const range = document.createRange();
          range.selectNodeContents(node);
          for (const box of range.getClientRects()) if (node.matches(".what, .note, .modifier") && (box.left < room.left || box.right > room.right)) wrong.push(`${node.className} is cut: ${node.textContent}`);
        }
        for (const head of document.querySelectorAll(".order-place, .order-sub, .ticket-place, .ticket-sub")) if (head.scrollWidth > head.clientWidth + 1) wrong.push(`cut: ${head.textContent}`);
        for (const what of document.querySelectorAll("li > .what")) {
          const gap = what.getBoundingClientRect().left - what.previousSibling.getBoundingClientRect().right;
          if (what.offsetParent && gap < 4) wrong.push(`${gap} px between ${what.previousSibling.textContent} and ${what.textContent}`);
        }
        if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push("the page is too wide");
        return wrong;
      });
      assert.deepEqual(wrong, [], `${at} ${viewport.width}x${viewport.height}`);
      await page.screenshot({ path: `${folder}people-${at.slice(1)}-${viewport.width}x${viewport.height}.png` });
      clean(page);
      await page.context().close();
    }
  }
});

test("a card and a ticket say what matters: allergies however late in the list, names, what is left out, once", async (t) => {
  const { engine, browser, admin } = await open(t);
  await people(engine, admin);
  const board = await window(browser, engine, engine.token("waiter"), "/board");
  await until(async () => (await board.locator(".order").count()) === 3);
  const drive = board.locator(".order", { hasText: "Drive through" });
  assert.match(await drive.innerText(), /Zomato 8831[^]*Peanut allergy/);
  const kitchen = await window(browser, engine, engine.token("kitchen"), "/kitchen");
  await until(async () => (await kitchen.locator(".ticket").count()) === 3);
  const ticket = await kitchen.locator(".ticket", { hasText: "Zomato 8831" }).innerText();
  assert.equal(ticket.match(/Drive through/g).length, 1);
  const signs = await kitchen.evaluate(() => [...document.querySelectorAll(".modifier")].map((node) => getComputedStyle(node, "::before").content.replace(/"/g, "") + node.textContent));
  assert.deepEqual(signs, ["− بدون بصل", "+ Extra sev"]);
  for (const page of [board, kitchen]) assert.ok(!/unpaid/i.test(await page.locator("body").innerText()));
  // the interface's documentation is nothing for waiters
  for (const [page, wanted] of [[board, 0], [await window(browser, engine, admin, "/board"), 1]]) {
    await state(page, "live");
    await page.locator("#help").click();
    await page.locator("dialog").waitFor();
    assert.equal(await page.locator("dialog a[href='/docs']").count(), wanted);
    clean(page);
  }
});

/** Contrast of two colours as WCAG counts it, in the page. */
const contrasts = (page) => page.evaluate(() => {
  const parts = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const behind = (node) => {
    for (let at = node.parentElement; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour[3] === undefined || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll(".button, .order-move, input, select, textarea, .switch, .option")) {
    const style = getComputedStyle(node);
    if (!node.offsetParent || node.disabled || !parseFloat(style.borderTopWidth)) continue;
    const edge = ratio(parts(style.borderTopColor), behind(node));
    const face = ratio(parts(style.backgroundColor), behind(node));
    if (Math.max(edge, face) < 3) low.push(`${node.className || node.tagName} ${edge.toFixed(2)}`);
  }
  return low;
});

test("what can be pressed or filled in has an edge that can be seen, light and dark", async (t) => {
  const { engine, browser, admin } = await open(t);
  await people(engine, admin);
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [wide, { width: 390, height: 844 }]) {
      const page = await window(browser, engine, admin, "/board", { viewport, colorScheme });
      await page.locator(".order").first().waitFor();
      assert.deepEqual(await contrasts(page), []);
      await press(page, ".order-menu");
      await page.locator("dialog .danger").click();
      assert.deepEqual(await contrasts(page), []);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      await page.waitForFunction(() => !history.state?.dialogs);
      await page.locator(".tabs [data-page=kitchen]").click();
      await page.locator(".ticket").first().waitFor();
      assert.deepEqual(await contrasts(page), []);
      await page.locator("[aria-label^='Screen']").click();
      assert.deepEqual(await contrasts(page), []);
      await page.context().close();
    }
  }
});

test("a reader's name for a button begins with what stands on it; forced colours still tell the status", async (t) => {
  const { engine, browser, admin } = await open(t);
  await people(engine, admin);
  await engine.call(admin, "POST", "/api/orders", { items: [{ menu_item_id: menu[0].id, quantity: 1 }] }).then(({ id }) => engine.call(admin, "PUT", `/api/orders/${id}/status?status=ready`));
  const page = await window(browser, engine, admin, "/board", { forcedColors: "active" });
  await until(async () => (await page.locator(".order").count()) === 4);
  const strange = () => page.evaluate(() => [...document.querySelectorAll("button[aria-label]")].filter((node) => node.innerText.trim() && !node.getAttribute("aria-label").toLowerCase().includes(node.innerText.trim().toLowerCase())).map((node) => `${node.innerText}: ${node.getAttribute("aria-label")}`));
  assert.deepEqual(await strange(), []);
  const colours = await page.evaluate(() => [...document.querySelectorAll(".status-dot")].map((dot) => getComputedStyle(dot).backgroundColor));
  assert.equal(new Set(colours).size, 4);
  await page.locator(".tabs [data-page=kitchen]").click();
  await page.locator(".ticket").first().waitFor();
  assert.deepEqual(await strange(), []);
  clean(page);
});

test("pictures of forty of everything, for people", async (t) => {
  const { engine, browser, admin } = await open(t);
  await people(engine, admin);
  await forty(engine, admin, { longAt: 11 });
  for (const viewport of sides) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await window(browser, engine, admin, "/kitchen", { viewport, colorScheme });
      await page.locator(".ticket").nth(42).waitFor({ state: "attached" });
      await state(page, "live");
      await settled(page);
      await page.screenshot({ path: `${folder}forty-kitchen-${viewport.width}x${viewport.height}-${colorScheme}.png` });
      await page.locator(".tabs [data-page=board]").click();
      await page.locator(".order").first().waitFor();
      await page.screenshot({ path: `${folder}forty-board-${viewport.width}x${viewport.height}-${colorScheme}.png` });
      clean(page);
      await page.context().close();
    }
  }
});
