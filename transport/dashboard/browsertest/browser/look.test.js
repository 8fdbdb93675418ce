// How it looks: every page at three sizes, light and dark, without anything cut
// off, too small to touch, or moving about. The pictures are for people.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { clean, menu, open, sizes, state, wide, window } from "../browser.js";

const folder = new URL("../screenshots/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

/** Orders become older on the way, so that there are late ones without waiting. */
const age = (page) => page.routeWebSocket(/\/ws/, (socket) => {
  const server = socket.connectToServer();
  server.onMessage((message) => {
    const frame = JSON.parse(String(message));
    if (frame.data?.created_at) frame.data.created_at = new Date(Date.parse(frame.data.created_at) - Math.max(0, 26 - 2.2 * frame.data.number) * 60_000).toISOString();
    socket.send(JSON.stringify(frame));
  });
});

async function evening(engine, admin) {
  await engine.call(admin, "POST", "/api/menu/86", { item_ids: [menu[4].id, menu[11].id] });
  const steps = [[], ["preparing"], ["preparing", "ready"], ["preparing", "ready", "served"]];
  for (let i = 0; i < 14; i++) {
    const items = Array.from({ length: 1 + (i % 5) }, (_, k) => {
      const item = menu[[0, 5, 8, 14, 20, 26, 31, 17][(i * 3 + k * 2) % 8]];
      const group = item.modifier_groups?.[0];
      return { menu_item_id: item.id, quantity: 1 + ((i + k) % 3), ...(k === 1 && { notes: "Nut allergy" }), ...(group && k === 0 && { modifiers: [{ name: group.options[0].name, price: group.options[0].price }] }) };
    });
    const type = i === 6 ? { order_type: "takeaway", customer_name: "Ravi <b>Rao</b>" } : { table_id: `t-${1 + ((i * 5) % 12)}`, table_number: 1 + ((i * 5) % 12) };
    const order = await engine.call(admin, "POST", "/api/orders", { ...type, items });
    for (const status of steps[[3, 1, 0, 2, 1, 0, 1, 3, 0, 2, 0, 1, 0, 0][i]]) await engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=${status}`);
  }
}

test("every page at every size, light and dark", async (t) => {
  const { engine, browser, admin } = await open(t);
  await evening(engine, admin);
  const wrong = [];
  for (const size of sizes) {
    const page = await window(browser, engine, admin, "/board", { viewport: size, colorScheme: "light", hasTouch: size.width < wide.width, prepare: age });
    const picture = async (name) => {
      wrong.push(...await flaws(page, `${name} at ${size.width}`));
      await page.screenshot({ path: `${folder}${name}-${size.width}.png` });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.waitForTimeout(50); // the charts are drawn anew
      await page.screenshot({ path: `${folder}${name}-${size.width}-dark.png` });
      await page.emulateMedia({ colorScheme: "light" });
    };
    await state(page, "live");
    for (const name of ["board", "kitchen", "pad", "performance"]) {
      await page.locator(`.tabs [data-page="${name}"]`).click();
      if (name === "pad") await fillPad(page, size);
      await page.waitForTimeout(name === "performance" ? 3_300 : 300);
      await picture(name);
      if (name === "kitchen") {
        await page.locator(".station").selectOption("grill");
        await page.waitForTimeout(100);
        await picture("kitchen-station");
      }
      if (name === "pad" && size.width < 820) {
        await page.locator(".peek").click();
        await picture("pad-bill");
        await page.locator(".pad-close").click();
      }
    }
    clean(page);
    await page.context().close();
  }
  assert.deepEqual(wrong, []);
});

async function fillPad(page, size) {
  await page.locator(".item:not(:disabled)").first().waitFor();
  for (const nth of [0, 0, 2, 9]) await page.locator(".item:not(:disabled)").nth(nth).click();
  await page.locator(size.width < 820 ? ".peek" : ".place").filter({ hasText: /\d\.\d\d/ }).waitFor();
}

/** Nothing runs out of the page sideways, and what is to be touched is large enough. */
function flaws(page, where) {
  return page.evaluate((where) => {
    const problems = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
    for (const node of document.querySelectorAll("button, a, input, select")) {
      const box = node.getBoundingClientRect();
      const style = getComputedStyle(node);
      if (!box.width || style.visibility === "hidden" || node.closest(".skip") || node.type === "checkbox") continue;
      const room = node.closest(".card, .column, .bar")?.getBoundingClientRect();
      if (room && (box.right > room.right + 1 || box.left < room.left - 1)) problems.push(`${node.className || node.id} is cut off`);
      if (box.height < 43.5 || box.width < 43.5) problems.push(`${node.className || node.id || node.textContent} is ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    for (const card of document.querySelectorAll(".order")) {
      if (card.getBoundingClientRect().right > card.closest(".column").getBoundingClientRect().right) problems.push("a card is cut off");
    }
    return problems.map((problem) => `${where}: ${problem}`);
  }, where);
}

test("sign-in, help, order menu and a lost connection", async (t) => {
  const { engine, browser, admin } = await open(t);
  await evening(engine, admin);
  for (const size of sizes) {
    const page = await window(browser, engine, admin, "/board", { viewport: size, prepare: age });
    await state(page, "live");
    await page.locator(".order-menu:visible").first().click();
    await page.screenshot({ path: `${folder}menu-${size.width}.png` });
    await page.keyboard.press("Escape");
    await page.locator("#help").click();
    await page.screenshot({ path: `${folder}help-${size.width}.png` });
    await page.locator("dialog .button", { hasText: "Sign out" }).click();
    await page.locator(".sign-in").waitFor();
    await page.screenshot({ path: `${folder}sign-in-${size.width}.png` });
    clean(page);
    await page.context().close();
  }
  const page = await window(browser, engine, admin, "/kitchen", { prepare: age });
  await state(page, "live");
  await page.keyboard.press("a");
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${folder}kitchen-all-day-1920.png` });
  await engine.kill();
  await state(page, "offline");
  await page.locator("#lost").waitFor();
  await page.screenshot({ path: `${folder}kitchen-lost-1920.png` });
});

test("nothing moves about while orders come in, the connection breaks and a page loads", async (t) => {
  const { engine, browser, admin } = await open(t);
  await evening(engine, admin);
  const page = await window(browser, engine, admin, "/board", {
    prepare: (page) => page.addInitScript(() => {
      window.shifts = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const inShell = entry.sources.some(({ node }) => node?.nodeType === 1 && !node.closest(".cards"));
          if (inShell && !entry.hadRecentInput) window.shifts += entry.value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    }),
  });
  await state(page, "live");
  for (let i = 0; i < 10; i++) await engine.call(admin, "POST", "/api/orders", { items: [{ menu_item_id: menu[0].id, quantity: 1 }] });
  await engine.kill();
  await state(page, "offline");
  await engine.start();
  await state(page, "live");
  const shifts = await page.evaluate(() => window.shifts);
  assert.ok(shifts < 0.02, `layout shift ${shifts}`);
});
