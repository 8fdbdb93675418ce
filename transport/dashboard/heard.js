/**
 * heard.js keeps a page in step with the engine: it connects, comes back after
 * every break where it left off, holds the orders, and sends commands until
 * they are answered. It is a drop-in for the seed's WebSocketManager.
 *
 *     import { Heard } from "/heard.js";
 *     const heard = new Heard({ token });
 *     heard.on("order_update", (order) => show(order));
 *     heard.connect();
 *
 * docs/CLIENT.md has the events, the states and samples.
 */
import { Commands, HeardError } from "./heard/commands.js";
import { Link, defaultTiming } from "./heard/link.js";
import { Orders, isOpen } from "./heard/orders.js";

export { HeardError, isOpen };

/** @typedef {import("./heard/orders.js").Order} Order */
/** @typedef {"connecting" | "live" | "catching-up" | "offline" | "unauthorised"} State */
/** @typedef {{state: State, code?: number, reason?: string, retryInMS?: number}} StateChange */
/** @typedef {(data: any, frame?: any) => void} Listener */

/**
 * @typedef {object} Options
 * @property {string} [url] where the engine is, http(s) or ws(s); default: where the page came from
 * @property {string} [token] signed token; travels as a subprotocol, since URLs are logged
 * @property {string} [org] default: what the token says; likewise user and role
 * @property {string} [user]
 * @property {string} [role]
 * @property {Storage} [storage] unanswered commands are kept here and outlive the page
 * @property {boolean} [keepPosition] keep the position in storage too: for pages that keep their own orders there
 * @property {Partial<import("./heard/link.js").Timing>} [timing]
 */

/** The seed's client went there, wherever the page came from. */
const legacyURL = "ws://localhost:8000";

/** After a resume, so long without a frame means that nothing was missed. */
const quietMS = 1_500;

/** A snapshot that was announced and does not come is asked for anew. */
const snapshotMS = 15_000;

export class Heard {
  orders = new Orders();
  /** @type {State} */
  state = "offline";

  /** @type {Map<string, Listener[]>} */
  #listeners = new Map();
  /** @type {{epoch: string, seq: number} | null} */
  #position = null;
  #target = 0; // the log's end when this socket was made: there, we are live
  #inSnapshot = false;
  #epoch = ""; // of the socket's engine
  #stopped = false; // by disconnect, or a refused token
  #knowsAll = false; // a snapshot was complete once: what is new after it is news
  /** @type {Set<string>} */
  #rooms = new Set();
  #clockAheadMS = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  #options;
  #link;
  #commands;
  #woken = () => this.#wake();

  /**
   * new Heard({token, …}), or the seed's new Heard(org, user, role[, token]).
   * @param {Options | string} options @param {string} [user] @param {string} [role] @param {string} [token]
   */
  constructor(options, user, role, token) {
    /** @type {Options} */
    const given = typeof options === "object" ? options : { url: legacyURL, org: options, user, role, token };
    const claims = claimsOf(given.token);
    this.#options = { ...given, org: given.org ?? claims?.org, user: given.user ?? claims?.sub, role: given.role ?? claims?.role };
    const { storage, org, timing } = this.#options;
    this.#link = new Link(
      { address: () => this.#address(), frame: (frame) => this.#receive(frame), changed: (change) => this.#linkChanged(change) },
      { ...defaultTiming, ...timing },
    );
    this.#commands = new Commands({
      send: (message) => this.#link.send(message),
      fetch: (entry) => this.#fetch(entry),
      mayAsk: () => !this.#stopped,
      refusedToken: (status) => void (this.#stopped || this.#stop({ state: "unauthorised", code: status })),
      raise: (name, data) => this.#raise(name, data),
      keep: storage ? { storage, key: `heard:commands:${org}:${this.#options.user}` } : null,
    });
    if (given.keepPosition) this.#position = this.#storedPosition();
  }

  /** Connects and stays connected until disconnect. Calling it again is harmless. */
  connect() {
    globalThis.addEventListener?.("online", this.#woken);
    globalThis.document?.addEventListener("visibilitychange", this.#woken);
    this.#stopped = false;
    this.#link.open();
  }

  /** Ends the connection for good: no timer, no socket, no retry is left. */
  disconnect() {
    this.#stop({ state: "offline", reason: "disconnected" });
  }

  /**
   * Listens to a type of frame, or to order_created, order_removed, state, queue, answer; "*" is
   * every frame. A listener gets the data, and the whole frame beside it.
   * @param {string} type @param {Listener} listener
   * @returns {() => void} ends it
   */
  on(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
    return () => this.off(type, listener);
  }

  /** @param {string} type @param {Listener} listener */
  off(type, listener) {
    this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((other) => other !== listener));
  }

  /** Sends a frame if there is a socket, as the seed's client does. For what must arrive, use command. @param {object} message */
  send(message) {
    return this.#link.send(message);
  }

  /**
   * Any REST call, over the socket when it is open, else over HTTP. A write gets an idempotency
   * key and is repeated until it is answered, however long that takes.
   * @param {string} method @param {string} path @param {any} [body]
   * @param {{key?: string, headers?: Record<string, string>}} [options]
   * @returns {Promise<any>} the answer's body; rejects with a HeardError when refused
   */
  command(method, path, body, options) {
    return this.#commands.ask(method, path, body, options);
  }

  /** Limits what comes to these rooms, also after a reconnect. @param {...string} rooms */
  subscribe(...rooms) {
    for (const room of rooms) this.#rooms.add(room);
    this.#link.send({ type: "subscribe", rooms });
  }

  /** @param {...string} rooms */
  unsubscribe(...rooms) {
    for (const room of rooms) this.#rooms.delete(room);
    this.#link.send({ type: "unsubscribe", rooms });
  }

  /** Writes that are not answered yet. */
  get waiting() {
    return this.#commands.waiting;
  }

  /** The position in the organisation's log: what came before it is known here. */
  get position() {
    return this.#position && { ...this.#position };
  }

  /** Milliseconds since 1970 by the engine's clock: a tablet's own may be minutes off. */
  now() {
    return Date.now() + this.#clockAheadMS;
  }

  /** The socket, for code written against the seed's member. */
  get ws() {
    return this.#link.socket;
  }

  #address() {
    const { url, token, org, user, role } = this.#options;
    const base = new URL(url ?? location.origin);
    base.protocol = base.protocol.replace("http", "ws");
    // Of an address . and .. are lost, however they are written: then the token alone says who it is.
    const named = org && role && user && user !== "." && user !== "..";
    base.pathname = named ? ["/ws", org, user, role].map((part, i) => (i ? encodeURIComponent(part) : part)).join("/") : "/ws";
    base.search = "?snapshot=full";
    if (this.#position) base.search += `&epoch=${encodeURIComponent(this.#position.epoch)}&seq=${this.#position.seq}`;
    return { url: base.href, protocols: token ? ["bearer", token] : [] };
  }

  /** @param {{method: string, path: string, body: any, headers: Record<string, string>}} entry */
  async #fetch({ method, path, body, headers }) {
    const { url, token } = this.#options;
    const base = (url ?? location.origin).replace(/^ws/, "http");
    /** @type {Record<string, string>} */
    const all = { ...headers };
    if (token) all.Authorization = `Bearer ${token}`;
    if (body !== undefined) all["Content-Type"] = "application/json";
    const answer = await fetch(new URL(path, base), { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(15_000) });
    const text = await answer.text();
    const isJSON = /json/.test(answer.headers.get("Content-Type") ?? "");
    return { status: answer.status, body: isJSON && text ? JSON.parse(text) : text, retryAfterS: Number(answer.headers.get("Retry-After")) || undefined };
  }

  /** @param {any} frame */
  #receive(frame) {
    const { type, data } = frame;
    switch (type) {
      case "connection_established": this.#established(frame); break;
      case "snapshot_end": this.#snapshotEnded(frame); break;
      case "resync_required": this.#lost(); break;
      case "reply": this.#commands.replied(data); break;
      case "order_update": if (!this.#order(frame)) return; break;
      default: if (!this.#advance(frame)) return;
    }
    this.#raise(type, frame.data, frame);
    this.#raise("*", frame.data, frame);
    this.#arrive();
  }

  /** @param {any} frame */
  #established({ data, timestamp, epoch }) {
    const sentAt = Date.parse(timestamp ?? data?.timestamp);
    if (sentAt) this.#clockAheadMS = sentAt - Date.now();
    this.#target = Number(data?.seq) || 0;
    this.#epoch = data?.epoch ?? epoch;
    if (this.#rooms.size) this.#link.send({ type: "subscribe", rooms: [...this.#rooms] });
    this.#setState({ state: "catching-up" });
    if (this.#position && this.#position.epoch === this.#epoch) this.#wait(quietMS, () => this.#live());
    else this.#beginSnapshot();
    this.#commands.hurry();
  }

  #beginSnapshot() {
    this.#inSnapshot = true;
    this.orders.doubt();
    this.#wait(snapshotMS, () => {
      this.#position = null;
      this.#link.drop("no snapshot");
    });
  }

  /**
   * The engine cannot say what we missed and a snapshot follows; or we read too slowly, and it
   * closes. The position is kept until the snapshot is whole: then only what was missed has to come.
   */
  #lost() {
    this.#setState({ state: "catching-up" });
    this.#beginSnapshot();
  }

  /** @param {any} frame */
  #snapshotEnded({ data, epoch }) {
    this.#inSnapshot = false;
    this.#knowsAll = true;
    this.#move({ epoch: epoch ?? data?.epoch ?? this.#epoch, seq: Number(data?.seq) || 0 });
    for (const order of this.orders.sweep()) this.#raise("order_removed", order);
    this.#live();
  }

  /**
   * Takes an order in. False: nobody is told, since it is old news, or names no order: a list
   * that compares undefined with undefined would change every row.
   * @param {any} frame
   */
  #order(frame) {
    const id = frame.data?.id ?? frame.data?.order_id;
    if (!id || !this.#advance(frame)) return false;
    frame.data = { ...frame.data, id, order_id: id, version: Number(frame.data.version ?? frame.version) || 0 };
    const change = this.orders.put(frame.data);
    if (change === "older" || change === "same") {
      this.#arrive();
      return false;
    }
    const isNews = frame.event === "order.created" || (change === "new" && this.#knowsAll);
    if (change === "new" && isNews) this.#raise("order_created", frame.data, frame);
    return true;
  }

  /** Follows seq, and finds gaps. @param {any} frame @returns {boolean} false: dropped or seen before */
  #advance(frame) {
    const seq = frame.seq;
    if (typeof seq !== "number" || this.#inSnapshot || !this.#position) return true;
    if (seq <= this.#position.seq) return false;
    if (typeof frame.prev === "number" && frame.prev > this.#position.seq) {
      this.#link.drop(`frame ${frame.prev} is missing`); // the next socket resumes behind what we have
      return false;
    }
    this.#move({ epoch: frame.epoch ?? this.#position.epoch, seq });
    return true;
  }

  /** @param {{epoch: string, seq: number}} position */
  #move(position) {
    this.#position = position;
    const { keepPosition, storage } = this.#options;
    if (keepPosition) storage?.setItem(this.#positionKey, JSON.stringify(position));
  }

  get #positionKey() {
    return `heard:position:${this.#options.org}:${this.#options.user}`;
  }

  #storedPosition() {
    try {
      return JSON.parse(this.#options.storage?.getItem(this.#positionKey) ?? "null");
    } catch {
      return null;
    }
  }

  /** Live once the log's end of the time of connecting is reached. */
  #arrive() {
    if (this.state !== "catching-up" || this.#inSnapshot || !this.#position) return;
    if (this.#position.seq >= this.#target) this.#live();
    else this.#wait(quietMS, () => this.#live()); // a filtered socket never sees the log's very end
  }

  #live() {
    clearTimeout(this.#patience);
    this.#setState({ state: "live" });
  }

  /** @param {number} ms @param {() => void} act */
  #wait(ms, act) {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(act, ms);
  }

  #wake() {
    this.#link.probe();
    this.#commands.hurry();
  }

  /** @param {StateChange} change */
  #stop(change) {
    globalThis.removeEventListener?.("online", this.#woken);
    globalThis.document?.removeEventListener("visibilitychange", this.#woken);
    this.#stopped = true;
    this.#link.close();
    this.#linkChanged(change);
  }

  /** @param {StateChange} change */
  #linkChanged(change) {
    clearTimeout(this.#patience);
    this.#inSnapshot = false;
    if (change.state === "unauthorised") this.#stopped = true;
    this.#setState(change);
    if (change.state !== "connecting") this.#commands.socketClosed();
  }

  /** @param {StateChange} change */
  #setState(change) {
    if (change.state === this.state && change.state !== "offline") return;
    this.state = change.state;
    this.#raise("state", change);
  }

  /** A listener that throws must not keep the others from hearing. @param {string} type @param {any} data @param {any} [frame] */
  #raise(type, data, frame) {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        listener(data, frame);
      } catch (error) {
        console.error(`heard: a listener of ${type} failed`, error);
      }
    }
  }
}

/** What a token says, unchecked: the engine checks. @param {string} [token] */
export function claimsOf(token) {
  try {
    const middle = (token ?? "").split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0))));
  } catch {
    return null;
  }
}

export { Heard as WebSocketManager };
export default Heard;
