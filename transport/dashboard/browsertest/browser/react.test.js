// The React sample of docs/CLIENT.md, as it stands there, in Chromium under
// StrictMode.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import ts from "typescript";
import { launched, open, some, until } from "../browser.js";
import { serveOrigin } from "../origin.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

/** React's packages are CommonJS: a require of ten lines saves a bundler. */
function script(engineURL) {
  const [, sample] = /```jsx\n([\s\S]*?)```/.exec(read("../../../../docs/CLIENT.md"));
  assert.ok(sample.includes('"http://localhost:8000"'));
  const { outputText } = ts.transpileModule(sample.replace("http://localhost:8000", engineURL), { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.ReactJSX } });
  const find = createRequire(import.meta.url);
  const files = { react: "react/cjs/react.development.js", "react/jsx-runtime": "react/cjs/react-jsx-runtime.development.js", "react-dom": "react-dom/cjs/react-dom.development.js", "react-dom/client": "react-dom/cjs/react-dom-client.development.js", scheduler: "scheduler/cjs/scheduler.development.js" };
  const folder = (name) => find.resolve(`${name}/package.json`).replace(/package\.json$/, "");
  const texts = Object.entries(files).map(([name, file]) => [name, readFileSync(folder(file.split("/")[0]) + file.slice(file.indexOf("/") + 1), "utf8")]);
  const sources = [...texts, ["./sample.js", outputText]].map(([name, text]) => `${JSON.stringify(name)}: (require, module, exports) => {${text}\n}`);
  return `
    globalThis.process = { env: { NODE_ENV: "development" } };
    const modules = { "./heard.js": await import("./heard.js") };
    const sources = {${sources.join(",\n")}};
    const require = (name) => {
      if (!modules[name]) {
        const module = (modules[name] = { exports: {} });
        sources[name](require, module, module.exports);
        modules[name] = module.exports;
      }
      return modules[name];
    };
    const { createElement, StrictMode } = require("react");
    globalThis.OrderCard = ({ order }) => createElement("li", { "data-number": order.number, "data-status": order.status });
    globalThis.root = require("react-dom/client").createRoot(document.getElementById("root"));
    globalThis.show = (token) => root.render(createElement(StrictMode, null, createElement(require("./sample.js").OrderList, { token })));
    globalThis.isReady = true;`;
}

async function openPage(t, engine) {
  const context = await (await launched()).newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  await page.goto(await serveOrigin(t, (path) => {
    if (path === "/") return '<!doctype html><title>sample</title><div id="root"></div><script type="module" src="/script.js"></script>';
    return path === "/script.js" ? script(engine.url) : read(`../..${path}`);
  }));
  await until(() => page.evaluate(() => globalThis.isReady), "the script is there");
  return page;
}

const rows = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("#root li")].map((row) => [row.dataset.number, row.dataset.status])));
const shows = (page, wanted) => until(async () => JSON.stringify(await rows(page)) === JSON.stringify(wanted), JSON.stringify(wanted));
const busy = (page) => page.evaluate(() => document.querySelector("#root section")?.ariaBusy);

test("the React sample leaves no socket behind, shows new orders, draws once a frame, and heals", async (t) => {
  const { engine, admin } = await open(t);
  const sockets = async () => (await engine.call(admin, "GET", "/api/admin/performance-stats")).websocket.active_connections;
  const move = (order, status) => engine.call(admin, "PUT", `/api/orders/${order.id}/status?status=${status}`);
  const first = await engine.call(admin, "POST", "/api/orders", some(1));
  const page = await openPage(t, engine);
  const got = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => got.push(String(payload))));
  await page.evaluate((token) => show(token), engine.token("waiter"));
  await shows(page, { 1: "pending" });
  await until(async () => (await busy(page)) === "false" && (await sockets()) === 1, "one socket, though it mounted twice");
  // a new order, and moves
  const second = await engine.call(admin, "POST", "/api/orders", some(2));
  await move(first, "preparing");
  await shows(page, { 1: "preparing", 2: "pending" });
  await move(second, "completed");
  await shows(page, { 1: "preparing" });
  // twenty events while no frame is drawn are one drawing
  await page.evaluate(() => {
    globalThis.held = [];
    globalThis.requestAnimationFrame = (act) => held.push(act);
  });
  for (let i = 0; i < 20; i++) await engine.call(admin, "POST", "/api/orders", some(1));
  await until(() => got.some((frame) => frame.includes('"number":22')), "the last of twenty came");
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  assert.equal(await page.evaluate(() => held.length), 1);
  assert.deepEqual(await rows(page), { 1: "preparing" });
  await page.evaluate(() => {
    globalThis.requestAnimationFrame = (act) => setTimeout(act, 0);
    held[0]();
  });
  await until(async () => Object.keys(await rows(page)).length === 21, "all of them");
  // kill -9
  await engine.kill();
  await until(async () => (await busy(page)) === "true", "it says so");
  await engine.start();
  await move(first, "ready");
  await until(async () => (await rows(page))[1] === "ready" && (await busy(page)) === "false", "it heals");
  // and it goes when the component does
  await page.evaluate(() => root.unmount());
  await until(async () => (await sockets()) === 0, "no socket is left");
  assert.deepEqual(page.problems, []);
});
