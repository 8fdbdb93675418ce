/**
 * A gateway that follows CONTRACT section 3, for the client's own tests: it
 * can be made to misbehave in ways the engine does not.
 */
import http from "node:http";
import { WebSocketServer } from "ws";

export class Gateway {
  epoch = "e1";
  /** @type {any[]} every frame of the organisation, seq 1 first */
  log = [];
  /** @type {Map<string, any>} */
  orders = new Map();
  /** @type {any[]} what clients sent, in order */
  received = [];
  /** @type {URL[]} of the handshakes */
  dialled = [];
  /** @type {any[]} commands as they came, over either road */
  commands = [];
  /** @type {Map<string, {status: number, body: any}>} answers by idempotency key */
  effects = new Map();
  token = "good";
  pongs = true;
  replies = true;
  /** @type {(command: any) => {status: number, body?: any, headers?: any}} */
  answer = () => ({ status: 200, body: { ok: true } });
  /** @type {((socket: any, request: http.IncomingMessage) => void) | null} instead of the usual greeting */
  greet = null;

  async start(port = 0) {
    this.http = http.createServer((request, response) => void this.#rest(request, response));
    this.sockets = new WebSocketServer({ server: this.http, handleProtocols: (offered) => (offered.has("bearer") ? "bearer" : false) });
    this.sockets.on("connection", (socket, request) => this.#connected(socket, request));
    await new Promise((done) => this.http?.listen(port, "127.0.0.1", () => done(null)));
    this.port = /** @type {any} */ (this.http.address()).port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** As kill -9 does: no close frame. */
  async kill() {
    for (const socket of this.sockets?.clients ?? []) socket.terminate();
    this.http?.closeAllConnections();
    await new Promise((done) => this.http?.close(() => done(null)));
    this.sockets?.close();
  }

  get clients() {
    return [...(this.sockets?.clients ?? [])].filter((socket) => socket.readyState === 1);
  }

  /** An event of an order happened. */
  happen(order, event = "order.status_changed", members = {}) {
    const known = this.orders.get(order.id);
    const whole = { ...known, items: [], order_id: order.id, ...order, version: (known?.version ?? 0) + 1 };
    this.orders.set(order.id, whole);
    const frame = { type: "order_update", event, data: whole, timestamp: new Date().toISOString(), seq: this.log.length + 1, epoch: this.epoch, version: whole.version, ...members };
    this.log.push(frame);
    return frame;
  }

  /** It happened, and every client hears of it. */
  tell(order, event, members) {
    const frame = this.happen(order, event, members);
    this.send(frame);
    return frame;
  }

  send(frame) {
    for (const socket of this.clients) socket.send(JSON.stringify(frame));
  }

  #connected(socket, request) {
    const url = new URL(request.url ?? "", this.url);
    this.dialled.push(url);
    socket.protocols = request.headers["sec-websocket-protocol"];
    socket.on("message", (text) => this.#message(socket, JSON.parse(String(text))));
    if (this.greet) return this.greet(socket, request);
    if (this.token && !String(socket.protocols).includes(this.token)) return socket.close(4401, "no token");
    this.welcome(socket, url);
  }

  welcome(socket, url) {
    const say = (/** @type {any} */ frame) => socket.send(JSON.stringify({ timestamp: new Date().toISOString(), ...frame }));
    say({ type: "connection_established", data: { connection_id: "c", seq: this.log.length, epoch: this.epoch } });
    const seq = url.searchParams.get("seq");
    if (seq !== null && url.searchParams.get("epoch") === this.epoch && Number(seq) <= this.log.length) {
      for (const frame of this.log.slice(Number(seq))) say(frame);
      return;
    }
    if (seq !== null) say({ type: "resync_required", data: {} });
    this.snapshot(say);
  }

  snapshot(say) {
    for (const order of this.orders.values()) {
      if (!["completed", "cancelled"].includes(order.status)) say({ type: "order_update", data: order, version: order.version });
    }
    say({ type: "snapshot_end", data: { seq: this.log.length } });
  }

  #message(socket, message) {
    this.received.push(message);
    if (message.type === "ping" && this.pongs) socket.send('{"type":"pong"}');
    if (message.type !== "command") return;
    const { status, body } = this.#carryOut({ ...message, road: "socket" });
    if (this.replies) socket.send(JSON.stringify({ type: "reply", data: { id: message.id, status, body } }));
  }

  async #rest(request, response) {
    let text = "";
    for await (const part of request) text += part;
    const { status, body, headers } = this.#carryOut({ method: request.method, path: request.url, body: text && JSON.parse(text), headers: { "Idempotency-Key": request.headers["idempotency-key"] }, road: "rest" });
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body ?? null));
  }

  #carryOut(command) {
    this.commands.push(command);
    const key = command.headers?.["Idempotency-Key"];
    const before = this.effects.get(key);
    if (before) return before;
    const answer = this.answer(command);
    if (key && answer.status < 300) this.effects.set(key, /** @type {any} */ (answer));
    return answer;
  }
}
