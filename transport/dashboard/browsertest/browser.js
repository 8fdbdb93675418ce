/** Chromium, and what the tests do with its pages. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { Engine } from "./engine.js";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const menu = JSON.parse(readFileSync(new URL("../../../examples/menu.json", import.meta.url), "utf8"));
export const wide = { width: 1920, height: 1080 };
export const sizes = [{ width: 390, height: 844 }, { width: 1024, height: 768 }, wide];

/** @type {Promise<import("playwright-core").Browser> | null} */
let launching = null;
after(async () => (await launching)?.close());

/** The one browser of a file's tests; each window is a context of its own. */
export function launched() {
  launching ??= chromium.launch({ executablePath: process.env.HEARD_CHROMIUM ?? "/usr/bin/chromium", args: flags });
  return launching;
}

/** An engine with the menu in it, and the browser. The engine and its windows are gone after the test. */
export async function open(t) {
  const engine = await new Engine().start();
  const browser = await launched();
  t.after(async () => {
    for (const context of browser.contexts()) await context.close();
    await engine.kill();
  });
  const admin = engine.token("admin");
  await engine.call(admin, "PUT", "/api/menu", menu);
  return { engine, browser, admin };
}

/**
 * A window of its own, signed in. Errors of the page, and anything the content
 * policy stopped, fail the test.
 */
export async function window(browser, engine, token, at = "/", options = {}) {
  const context = await browser.newContext({ viewport: wide, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    const isBreak = /WebSocket connection|ERR_CONNECTION|Failed to load resource/.test(text); // the browser's own words for an engine that is away
    if (message.type() === "error" && !isBreak) page.problems.push(text);
  });
  page.setDefaultTimeout(60_000);
  await options.prepare?.(page);
  await page.goto(`${engine.url}${at}#token=${token}`);
  return page;
}

export const state = (page, wanted) => page.waitForSelector(`#state[data-state="${wanted}"]`);

/** @param {any} page */
export function clean(page) {
  assert.deepEqual(page.problems, []);
}

/** Waits for a claim; the time-out is no claim about speed. */
export async function until(claim, what = String(claim)) {
  const end = Date.now() + 60_000;
  let last;
  while (Date.now() < end) {
    last = await claim();
    if (last) return last;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`never: ${what}`);
}

/** What the board shows: order number and column. */
export const board = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".column .order")].map((card) => [/#(\d+)/.exec(card.querySelector(".order-sub").textContent)[1], card.closest(".column").dataset.status])));

/** What the kitchen has to make: the numbers on its tickets. */
export const tickets = (page) => page.evaluate(() => [...document.querySelectorAll('.ticket:not([data-status="cancelled"])')].map((ticket) => /#(\d+)/.exec(ticket.querySelector(".ticket-sub").textContent)[1]));

/** Chooses on the pad whom the order is for: "Table 7", "Takeaway". */
export async function seat(pad, name) {
  await pad.locator("#table:visible, .peek-where:visible").first().click();
  await pad.locator(".picker button").filter({ hasText: new RegExp(`^${name}(?!\\d)`) }).first().click();
}

export const some = (n, table = 4) => ({ table_id: `t-${table}`, table_number: table, items: Array.from({ length: n }, (_, i) => ({ menu_item_id: menu[i * 3].id, quantity: 1 + (i % 3) })) });

/** Nothing came to its place so lately that a touch would be taken for a mistake. */
export const settled = (page) => page.waitForFunction(() => !document.querySelector("[data-settling]"));

/** Presses the first of what the selector finds, as somebody who looks first. */
export async function press(page, selector) {
  await page.locator(selector).first().waitFor();
  await settled(page);
  await page.locator(selector).first().click();
}

/** How many of what the selector finds are wholly to be seen. */
export const whole = (page, selector) => page.evaluate((selector) => [...document.querySelectorAll(selector)].filter((node) => {
  const { left, top, right, bottom, width } = node.getBoundingClientRect();
  if (!width || left < 0 || top < 0 || right > innerWidth + 1 || bottom > innerHeight + 1) return false;
  const inView = [[left + 12, top + 12], [right - 12, bottom - 12]];
  return inView.every(([x, y]) => node.contains(document.elementFromPoint(x, y)));
}).length, selector);

/** Forty orders of one to six lines, as the middle of an evening has them. */
export async function forty(engine, token, more = {}) {
  const orders = [];
  for (let i = 0; i < 40; i++) {
    const lines = i === (more.longAt ?? -1) ? 25 : 1 + ((i * 7) % 6);
    const items = Array.from({ length: lines }, (_, k) => ({ menu_item_id: menu[(i * 3 + k * 2) % menu.length].id, quantity: 1 + ((i + k) % 3), ...(k === 1 && i % 3 === 0 && { notes: "Nut allergy" }) }));
    orders.push(await engine.call(token, "POST", "/api/orders", { table_id: `t-${1 + i}`, table_number: 1 + i, items }));
  }
  return orders;
}
