// The page of the interface: readable on a phone, every call tried out with what
// stands there already, and nothing of it from elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, open, window } from "../browser.js";

test("the documentation tries calls out, on a phone, and asks no other host", async (t) => {
  const { engine, browser, admin } = await open(t);
  /** @type {string[]} */
  const elsewhere = [];
  const prepare = (page) => page.on("request", (request) => {
    if (!request.url().startsWith(engine.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  const page = await window(browser, engine, admin, "/docs", { viewport: { width: 390, height: 844 }, isMobile: true, prepare });
  await page.locator("#operations-orders-createOrder").waitFor();
  assert.equal(await page.evaluate(() => window.innerWidth), 390, "wider than the phone");
  // sign in
  await page.locator(".auth-wrapper .authorize").first().click();
  await page.fill(".auth-container input", admin);
  await page.locator(".auth-container button[type=submit]").click();
  await page.locator(".modal-ux .close-modal").click();
  // what stands there is accepted
  const tried = async (tag, id) => {
    const call = page.locator(`#operations-${tag}-${id}`);
    await call.locator(".opblock-summary-control").click();
    await call.locator("button.execute").click();
    const answer = call.locator(".live-responses-table .response");
    await answer.waitFor();
    return { status: Number((await answer.locator(".response-col_status").textContent()).trim().slice(0, 3)), body: await answer.locator(".highlight-code").first().textContent() };
  };
  const placed = await tried("orders", "createOrder");
  assert.equal(placed.status, 200);
  assert.match(placed.body, /"total_minor": ?12600/);
  const menu = await tried("menu", "getMenu");
  assert.equal(menu.status, 200);
  assert.match(menu.body, /"masala-chai"/);
  clean(page);
  assert.deepEqual(elsewhere, []);
});
