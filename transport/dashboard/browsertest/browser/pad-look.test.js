// How the pad holds long names, other scripts and small screens. The pictures are for people.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { clean, menu, open, seat, some, state, wide, window } from "../browser.js";

const folder = new URL("../screenshots/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

const sides = [wide, { width: 1024, height: 768 }, { width: 768, height: 1024 }, { width: 390, height: 844 }, { width: 844, height: 390 }, { width: 568, height: 320 }];

const long = [
  { id: "gran", name: "Grandmother's slow-cooked lamb shoulder with apricots, almonds and saffron rice for two", category: "Mains, large", price: 1250, modifier_groups: [{ id: "x", name: "Without", min: 0, max: 3, options: [{ id: "n", name: "No almonds, since somebody at the table is allergic", price: 0 }] }] },
  { id: "word", name: "Donaudampfschifffahrtsgesellschaftskapitänsschnitzel", category: "Mains, large", price: 1890.5 },
  { id: "kebab", name: "كباب لحم الضأن مع أرز بالزعفران", category: "مشويات", price: 640 },
  { id: "tea", name: "चाय मसाला, अदरक और इलायची के साथ", category: "पेय", price: 60 },
];

/** What is cut off, hangs out of its place, or lies under something else. */
const flaws = (page) => page.evaluate(() => {
  const problems = [];
  const inside = (node, room, what) => {
    const a = node.getBoundingClientRect();
    const b = room.getBoundingClientRect();
    if (a.bottom > b.bottom + 1 || a.top < b.top - 1 || a.right > b.right + 1 || a.left < b.left - 1) problems.push(`${what} hangs out: ${node.textContent}`);
  };
  const tiles = [...document.querySelectorAll(".item")];
  for (const tile of tiles) for (const part of tile.querySelectorAll(".item-name, .item-price")) inside(part, tile, part.className);
  tiles.forEach((tile, i) => {
    const a = tile.getBoundingClientRect();
    for (const other of tiles.slice(i + 1)) {
      const b = other.getBoundingClientRect();
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) problems.push(`${tile.textContent} lies over ${other.textContent}`);
    }
  });
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
  for (const node of document.querySelectorAll("button, a, input, select, textarea")) {
    const box = node.getBoundingClientRect();
    if (!box.width || getComputedStyle(node).visibility === "hidden" || node.closest(".skip") || /radio|checkbox/.test(node.type)) continue;
    if (box.height < 43.5 || box.width < 43.5) problems.push(`${node.className || node.id} is ${Math.round(box.width)}×${Math.round(box.height)}`);
  }
  return problems;
});

test("long and right-to-left names, and small screens: nothing is cut, covered or out of reach", async (t) => {
  const { engine, browser, admin } = await open(t);
  await engine.call(admin, "PUT", "/api/menu", [...long, ...menu]);
  const mine = await engine.call(engine.token("waiter"), "POST", "/api/orders", some(2, 7));
  await engine.call(admin, "PUT", `/api/orders/${mine.id}/status?status=ready`);
  const wrong = [];
  for (const size of sides) {
    const name = `${size.width}x${size.height}`;
    const page = await window(browser, engine, engine.token("waiter"), "/pad", { viewport: size, colorScheme: "light", hasTouch: size.width < wide.width });
    await state(page, "live");
    await page.locator(".item").nth(20).waitFor({ state: "attached" });
    const look = async (what) => {
      wrong.push(...(await flaws(page)).map((flaw) => `${name} ${what}: ${flaw}`));
      await page.screenshot({ path: `${folder}pad-${what}-${name}.png` });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.screenshot({ path: `${folder}pad-${what}-${name}-dark.png` });
      await page.emulateMedia({ colorScheme: "light" });
    };
    await seat(page, "Table 12");
    for (const nth of [0, 1, 2, 3, 4, 0]) await page.locator(".item").nth(nth).click();
    await page.locator(".ready-chip").waitFor();
    await look("menu");
    const isPhone = await page.locator(".peek").isVisible();
    if (isPhone) await page.locator(".peek").click();
    await page.locator(".draft-what").nth(2).click();
    await page.fill("#notes", "بدون بصل 2, no onion");
    await page.screenshot({ path: `${folder}pad-options-${name}.png` });
    await page.locator("dialog .primary").click();
    await page.locator(".place", { hasText: /\d\.\d\d/ }).waitFor();
    await look("bill");
    // one sees what one places
    const shown = await page.evaluate(() => {
      const room = document.querySelector(".bill-scroll").getBoundingClientRect();
      const button = document.querySelector(".place").getBoundingClientRect();
      return { lines: room.height, inView: button.bottom <= innerHeight && button.top >= room.bottom - 1 };
    });
    assert.ok(shown.lines >= 100 && shown.inView, `${name}: lines have ${Math.round(shown.lines)} px, the button in view: ${shown.inView}`);
    // directions are the text's own
    const kebab = page.locator(".draft-name", { hasText: "كباب" });
    assert.equal(await kebab.evaluate((node) => getComputedStyle(node).direction), "rtl");
    assert.equal(await page.locator(".draft-line .note").evaluate((node) => getComputedStyle(node).direction), "rtl");
    // notices cover no button that places
    await page.evaluate(async () => {
      const { toast } = await import(document.querySelector("script[type=module]").src.replace("app.js", "notices.js"));
      for (let i = 0; i < 3; i++) toast("A notice that is long enough to take two lines on a phone, and to lie over something", { error: i === 1, action: i === 2 ? "Undo" : undefined });
    });
    await page.screenshot({ path: `${folder}pad-notices-${name}.png` });
    for (const button of [".place", "#table"]) {
      const isFree = await page.locator(button).evaluate((node) => {
        const { left, top, width, height } = node.getBoundingClientRect();
        return [0.1, 0.5, 0.9].every((part) => node.contains(document.elementFromPoint(left + width * part, top + height / 2)));
      });
      if (button === ".place" || !isPhone) assert.ok(isFree, `${name}: ${button} is covered`);
    }
    await page.locator("#table").click();
    await page.screenshot({ path: `${folder}pad-tables-${name}.png` });
    await page.locator(".table[data-open]").first().click();
    await page.screenshot({ path: `${folder}pad-occupied-${name}.png` });
    await page.keyboard.press("Escape");
    clean(page);
    await page.context().close();
  }
  assert.deepEqual(wrong, []);
});

test("an outage on every screen: the band covers nothing", async (t) => {
  const { engine, browser } = await open(t);
  const pages = [];
  for (const size of sides) {
    const page = await window(browser, engine, engine.token("waiter"), "/pad", { viewport: size });
    await state(page, "live");
    await page.locator(".item").first().click();
    pages.push({ page, name: `${size.width}x${size.height}` });
  }
  await engine.kill();
  for (const { page, name } of pages) {
    await state(page, "offline");
    await seat(page, "Table 9");
    if (await page.locator(".peek").isVisible()) await page.locator(".peek").click();
    await page.locator(".place").click();
    await page.locator(".waiting", { hasText: "1 waiting: Table 9" }).waitFor();
    await page.screenshot({ path: `${folder}pad-lost-${name}.png` });
    const bottom = await page.evaluate(() => {
      const lost = document.querySelector("#lost").getBoundingClientRect();
      return { over: document.querySelector("main").getBoundingClientRect().bottom - lost.top, height: lost.height };
    });
    assert.ok(bottom.over <= 1 && bottom.height > 40, `${name}: ${JSON.stringify(bottom)}`);
    await page.locator(".waiting").click();
    await page.screenshot({ path: `${folder}pad-waiting-${name}.png` });
    await page.keyboard.press("Escape");
    clean(page);
  }
});
