import assert from "node:assert/strict";
import test from "node:test";

/** As much of a document as a table needs. */
class Element {
  constructor(tag) { Object.assign(this, { tag, children: [], attributes: {}, dataset: {}, hidden: false }); }
  setAttribute(name, value) { this.attributes[name] = value; }
  append(child) { this.children.push(child); }
  replaceChildren() { this.children = []; }
  get text() { return this.children.map((child) => (typeof child === "string" ? child : child.text)).join("|"); }
}
globalThis.document = /** @type {any} */ ({ createElement: (tag) => new Element(tag), createElementNS: (_, tag) => new Element(tag) });
const { showNodes } = await import("../../pages/nodes.js");

test("an engine that is alone shows no nodes", () => {
  const root = new Element("section");
  showNodes(/** @type {any} */ (root), {});
  assert.equal(root.hidden, true);
  assert.equal(root.text, "");
});

test("nodes are shown with what they have, and those that do not answer as such", () => {
  const root = new Element("section");
  root.hidden = true;
  showNodes(/** @type {any} */ (root), {
    remote_p50_ms: 1.24, remote_p99_ms: 0,
    nodes: [
      { name: "n1", address: "10.0.0.1:8001", self: true, answers: true, organisations: 7, moves_out: 1, takeovers: 2, fenced: 3 },
      { name: "n2", address: "10.0.0.2:8001", answers: false },
      { name: "n3", address: "10.0.0.3:8001", left: true, answers: false },
    ],
  });
  assert.equal(root.hidden, false);
  assert.match(root.text, /1\.2 ms \(p99 –\) · all else here is of this one/);
  assert.match(root.text, /n1 \(this one\)\|7\|1\|2\|3\|10\.0\.0\.1:8001/);
  assert.match(root.text, /n2 \(does not answer\)\|–\|–\|–\|–/);
  assert.match(root.text, /n3 \(leaving\)/);
});
