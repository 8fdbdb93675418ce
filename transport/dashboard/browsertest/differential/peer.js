/** A client made with npm's ws, and what the engine's tests ask of one. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { WebSocket } from "ws";

export const address = process.env.HEARD_ADDRESS;
export const token = process.env.HEARD_TOKEN;

/** Bounds every wait; it is no claim about speed. */
const patienceMS = 60_000;

const all = new Set();
after(() => all.forEach((peer) => peer.socket.terminate()));

export const orderAt = (table) => ({ table_id: table, items: [{ menu_item_id: "item1", name: "Pizza", quantity: 1, price: 10 }] });

export async function call(method, path, body) {
  const answer = await fetch(`http://${address}${path}`, { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, `${method} ${path}`);
  return answer.json();
}

export class Peer {
  /** @type {{text: string, frame: any}[]} all that came */
  frames = [];
  #read = 0; // of frames, by next
  #commands = 0;
  /** @type {any} */
  #ended = null;
  #waiting = new Set();

  constructor(path, options = {}, protocols = []) {
    this.asked = "";
    const finishRequest = (/** @type {any} */ request) => {
      this.asked = String(request.getHeader("sec-websocket-extensions"));
      request.end();
    };
    this.socket = new WebSocket(`ws://${address}${path}`, protocols, { ...options, finishRequest });
    this.socket.on("message", (data, isBinary) => {
      const text = String(data);
      this.frames.push({ text, frame: isBinary ? { type: "binary" } : JSON.parse(text) });
      this.#wake();
    });
    this.socket.on("upgrade", (response) => {
      this.response = response;
      this.#wake();
    });
    this.socket.on("close", (code, reason) => {
      this.#ended = { code, reason: String(reason) };
      this.#wake();
    });
    this.socket.on("error", (error) => (this.failure = error)); // close comes after it
    all.add(this);
  }

  #wake() {
    for (const look of this.#waiting) look();
  }

  /** Waits until found answers something, which is the result. */
  #until(what, found) {
    return new Promise((done, failed) => {
      const look = () => {
        const result = found();
        if (result === undefined && !this.#ended) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        if (result !== undefined) done(result);
        else failed(new Error(`${what}: ended with ${this.#ended.code} ${this.#ended.reason} ${this.failure ?? ""}`));
      };
      const timer = setTimeout(() => failed(new Error(`never: ${what}`)), patienceMS);
      this.#waiting.add(look);
      look();
    });
  }

  upgraded() {
    return this.#until("upgrade", () => this.response);
  }

  async connected() {
    await this.upgraded();
    if (this.socket.readyState === WebSocket.CONNECTING) await new Promise((done) => this.socket.once("open", done));
  }

  /** In, with the greeting first. */
  async opened() {
    const { frame } = await this.next();
    assert.equal(frame.type, "connection_established");
    return this;
  }

  /** The end of the snapshot. */
  async end() {
    const { frame } = await this.next("snapshot_end");
    return { seq: frame.data.seq, epoch: frame.epoch };
  }

  /** The next frame, or the next of a type and a condition. */
  next(type = "", fits = (_frame) => true) {
    return this.#until(type || "a frame", () => {
      while (this.#read < this.frames.length) {
        const one = this.frames[this.#read++];
        if ((!type || one.frame.type === type) && fits(one.frame)) return one;
      }
    });
  }

  /** A frame that has come or will: an event may be there before the reply to what caused it. */
  had(what, fits) {
    return this.#until(what, () => this.frames.find(({ frame }) => fits(frame)));
  }

  closed() {
    return this.#until("close", () => this.#ended ?? undefined);
  }

  /** The payload of the next pong of the protocol. */
  pong() {
    return new Promise((done) => this.socket.once("pong", done));
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  async answers() {
    this.send({ type: "ping" });
    await this.next("pong");
  }

  async command(method, path, body, headers) {
    const id = `c${++this.#commands}`;
    this.send({ type: "command", id, method, path, body, headers });
    return (await this.next("reply", (frame) => frame.data.id === id)).frame.data;
  }
}
