// Figures that say what they are of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, open, some, until, window } from "../browser.js";

test("open orders are one's own, and what is of all organisations says so", async (t) => {
  const { engine, browser, admin } = await open(t);
  const other = engine.token("admin", "somebody", "elsewhere");
  for (let i = 0; i < 5; i++) await engine.call(other, "POST", "/api/orders", { items: [{ name: "Tea", price: 10, quantity: 1 }] });
  for (let i = 0; i < 2; i++) await engine.call(admin, "POST", "/api/orders", some(1));
  const page = await window(browser, engine, admin, "/performance", { viewport: { width: 1024, height: 768 } });
  const tile = page.locator(".figure", { hasText: "Open orders" }).locator("b");
  await until(async () => (await tile.textContent()) === "2");
  const chart = page.locator(".plot", { hasText: "open orders of all organisations in memory" });
  await until(async () => /open orders 7/.test(await chart.locator(".legend").textContent()));
  assert.match(await page.locator(".performance > p.dim").textContent(), /all organisations it has in memory/);
  clean(page);
});
