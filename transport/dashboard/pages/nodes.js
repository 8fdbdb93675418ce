import { el, fill } from "./dom.js";

const columns = ["Node", "Organisations", "Moved away", "Taken over", "Fenced", "Address"];

/**
 * Shows the nodes of a cluster, as performance-stats.cluster has them; an engine
 * that is alone has none.
 * @param {HTMLElement} root @param {any} cluster
 */
export function showNodes(root, cluster) {
  const nodes = cluster?.nodes ?? [];
  root.hidden = nodes.length === 0;
  if (root.hidden) return;
  const cell = (/** @type {unknown} */ value) => el("td", {}, value === undefined ? "–" : String(value));
  fill(root,
    el("h2", {}, `Nodes · other nodes answer in ${ms(cluster.remote_p50_ms)} (p99 ${ms(cluster.remote_p99_ms)}) · all else here is of this one`),
    el("table", {}, el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...nodes.map((/** @type {any} */ node) => el("tr", {},
        el("th", { scope: "row" }, node.name + (node.self ? " (this one)" : node.left ? " (leaving)" : node.answers ? "" : " (does not answer)")),
        cell(node.organisations), cell(node.moves_out), cell(node.takeovers), cell(node.fenced), cell(node.address))))));
}

/** @param {unknown} n */
const ms = (n) => (typeof n === "number" && n > 0 ? `${n.toFixed(1)} ms` : "–");
