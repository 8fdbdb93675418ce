import { isOpen } from "../heard.js";
import { Chart } from "./charts.js";
import { everySecond } from "./clock.js";
import { el, fill, setText } from "./dom.js";
import { showNodes } from "./nodes.js";

/** @typedef {import("./app.js").App} App */

const rows = 300; // five minutes, one a second

/** @typedef {{name: string, colour: string, isBroad?: boolean}} Series a broad line is drawn first, for one that may cover it exactly */
/** @type {{id: string, title: string, unit: string, series: Series[], about: string}[]} */
export const charts = [
  { id: "throughput", title: "Throughput", unit: "/s", about: "Carried out in the last second", series: [{ name: "appends", colour: "--green", isBroad: true }, { name: "frames", colour: "--violet" }, { name: "commands", colour: "--blue" }] },
  { id: "latency", title: "Request latency", unit: "ms", about: "HTTP, over the last minute", series: [{ name: "p50", colour: "--green" }, { name: "p90", colour: "--amber" }, { name: "p99", colour: "--red" }] },
  { id: "cache", title: "Cache hits by tier", unit: "%", about: "Where reads were answered, in the last second", series: [{ name: "memory", colour: "--green" }, { name: "second tier", colour: "--blue" }, { name: "store", colour: "--amber" }] },
  { id: "batches", title: "Batch size", unit: "", about: "Entries a write carried in the last second", series: [{ name: "log records", colour: "--blue" }, { name: "documents", colour: "--violet" }] },
  { id: "sockets", title: "Live", unit: "", about: "Screens connected, and open orders of all organisations in memory", series: [{ name: "sockets", colour: "--blue" }, { name: "open orders", colour: "--amber" }] },
];

const tiles = ["Commands", "p99", "Memory hits", "Log fsync p99", "Sockets", "Open orders"];

/** @type {import("./app.js").Page} */
export function openPerformance(root, app) {
  const values = Object.fromEntries(tiles.map((name) => [name, el("b", {}, "–")]));
  const problem = el("p", { class: "problem", role: "alert" });
  const plots = charts.map((chart) => new Chart(chart, rows));
  const nodes = el("section", { class: "nodes", hidden: "" });
  fill(root, el("h1", { class: "unseen" }, "Performance"), el("div", { class: "performance" },
    el("div", { class: "figures-row" }, ...tiles.map((name) => el("div", { class: "figure card" }, el("span", { class: "dim" }, name), values[name]))),
    el("p", { class: "dim" }, "All figures are of the whole engine, with all organisations it has in memory; Open orders are yours alone."), problem, nodes, el("div", { class: "plots" }, ...plots.map((plot) => plot.node))));

  /** @type {any} */
  let before = null;
  let asking = false;
  const poll = async () => {
    if (asking) return; // a slow answer is not helped by a second question
    asking = true;
    try {
      const stats = await app.heard.command("GET", "/api/admin/performance-stats");
      const sample = sampleOf(stats, before);
      before = stats;
      setText(problem, "");
      showNodes(nodes, stats.cluster);
      if (sample) show(stats, sample);
    } catch (error) {
      setText(problem, error instanceof Error ? error.message : String(error));
      if (before) for (const plot of plots) plot.push(app.heard.now() / 1000, null);
      before = null;
    } finally {
      asking = false;
    }
  };
  /** @param {any} stats @param {Record<string, (number | null)[]>} sample */
  const show = (stats, sample) => {
    const at = Date.parse(stats.timestamp) / 1000;
    for (const plot of plots) plot.push(at, sample[plot.id]);
    const texts = [`${fixed(sample.throughput[2])}/s`, `${fixed(sample.latency[2])} ms`, `${fixed(sample.cache[0])} %`, `${fixed(stats.journal?.fsync_p99_ms)} ms`, fixed(sample.sockets[0]), fixed([...app.heard.orders.values()].filter(isOpen).length)];
    tiles.forEach((name, i) => setText(values[name], texts[i]));
  };
  const stop = everySecond(poll);
  void poll();
  return () => {
    stop();
    for (const plot of plots) plot.destroy();
  };
}

/** @param {number | null | undefined} n */
function fixed(n) {
  if (n === null || n === undefined || Number.isNaN(n)) return "–";
  return n >= 100 || Number.isInteger(n) ? Math.round(n).toLocaleString() : n.toFixed(n < 10 ? 2 : 1);
}

/**
 * What happened between two readings of the counters. Null when the engine was
 * started anew between them: its counters began again.
 * @param {any} now @param {any} then @returns {Record<string, (number | null)[]> | null}
 */
function sampleOf(now, then) {
  const seconds = then ? (Date.parse(now.timestamp) - Date.parse(then.timestamp)) / 1000 : 0;
  if (seconds <= 0 || now.actors?.commands < then.actors?.commands) return null;
  /** @param {string} part @param {string} name @returns {number | null} */
  const grown = (part, name) => number(now[part]?.[name]) === null || number(then[part]?.[name]) === null ? null : now[part][name] - then[part][name];
  /** @param {number | null} n */
  const rate = (n) => (n === null ? null : Math.max(0, n) / seconds);
  /** @param {number | null} a @param {number | null} b */
  const per = (a, b) => (a === null || !b ? null : a / b);
  const reads = grown("cache", "total_requests");
  const tier = (/** @type {string} */ name) => (reads ? (100 * (grown("cache", name) ?? 0)) / reads : null);
  return {
    throughput: [rate(grown("journal", "appends")), rate(grown("websocket", "messages_sent")), rate(grown("actors", "commands"))],
    latency: ["p50_ms", "p90_ms", "p99_ms"].map((name) => number(now.http?.[name])),
    cache: ["l1_hits", "l2_hits", "l3_hits"].map(tier),
    batches: [per(grown("journal", "entries"), grown("journal", "appends")), per(grown("batch_processor", "total_operations"), grown("batch_processor", "batches_processed"))],
    sockets: [number(now.websocket?.active_connections), number(now.actors?.open_orders)],
  };
}

/** @param {unknown} value */
const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);
