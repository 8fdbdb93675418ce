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
import { askOverREST, claimsOf, socketAddress } from "./heard/address.js";
import { Commands, HeardError } from "./heard/commands.js";
import { Kept, keptPrefix } from "./heard/kept.js";
import { Link, defaultTiming } from "./heard/link.js";
import { Orders, isOpen } from "./heard/orders.js";

export { HeardError, claimsOf, isOpen };

/** @typedef {import("./heard/orders.js").Order} Order */
/** @typedef {"connecting" | "live" | "catching-up" | "silent" | "offline" | "unauthorised"} State */
/** @typedef {{state: State, code?: number, reason?: string, retryInMS?: number}} StateChange */
/** @typedef {(data: any, frame?: any) => void} Listener */

/**
 * @typedef {object} Options
 * @property {string} [url] where the engine is, http(s) or ws(s); default: where the page came from
 * @property {string} [token] signed token; travels as a subprotocol, since URLs are logged
 * @property {string} [org] default: what the token says; likewise user and role
 * @property {string} [user]
 * @property {string} [role]
 * @property {Storage} [storage] unanswered commands are kept here and outlive the page; in localStorage also the tab
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
  /** @type {State} what the silence interrupted */
  #beforeSilence = "live";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  #options;
  #link;
  #commands;
  #woken = () => this.#wake();
  #doubted = () => this.#link.probe();

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
      { address: () => socketAddress(this.#options, this.#position), frame: (frame) => this.#receive(frame), changed: (change) => this.#linkChanged(change), silent: () => this.#silent() },
      { ...defaultTiming, ...timing },
    );
    this.#commands = new Commands({
      send: (message) => this.#link.send(message),
      fetch: (entry) => askOverREST(this.#options, entry),
      mayAsk: () => !this.#stopped,
      refusedToken: (status) => void (this.#stopped || this.#stop({ state: "unauthorised", code: status })),
      raise: (name, data) => this.#raise(name, data),
      kept: storage ? new Kept(storage, keptPrefix(String(org), String(this.#options.user))) : null,
    });
    if (given.keepPosition) this.#position = this.#storedPosition();
  }

  /** Connects and stays connected until disconnect. Calling it again is harmless. */
  connect() {
    globalThis.addEventListener?.("online", this.#woken);
    globalThis.addEventListener?.("offline", this.#doubted); // not believed: an engine on this machine is still there
    globalThis.document?.addEventListener("visibilitychange", this.#woken);
    this.#stopped = false;
    this.#commands.watch();
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
   *
   * With a note, the command is of the page's own keeping: what was refused stays in the queue, with
   * the note, until takeBack or retry. Commands of one lane are carried out one after the other;
   * by default those on one order are.
   * @param {{key?: string, headers?: Record<string, string>, note?: any, lane?: string}} [options]
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

  /**
   * The writes that are not answered, oldest first, and those that were refused and carry a note.
   * @returns {import("./heard/commands.js").Waiting[]}
   */
  get queue() {
    return this.#commands.queue;
  }

  /** Sends at once what waits for its next try, and anew what was refused under this key. @param {string} [key] */
  retry(key) {
    this.#commands.retry(key);
    if (!this.#stopped) this.#link.probe();
  }

  /**
   * Takes a command out of the queue, for good. If it was sent, it may have happened all the same.
   * @param {string} key @returns {import("./heard/commands.js").Waiting | null} null: it is not there any more
   */
  takeBack(key) {
    return this.#commands.takeBack(key);
  }

  /**
   * The order as it will be when the moves that wait for a connection are carried out: a screen shows
   * what its own people did. It is the same object where nothing waits.
   * @param {import("./heard/orders.js").Order} order
   */
  expected(order) {
    return this.#commands.expected(order, this.state === "live" || this.state === "catching-up");
  }

  /** When the engine was last heard, in milliseconds since 1970 by this machine's clock; 0 = never. */
  get heardAt() {
    return this.#link.heardAt;
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

  /** @param {any} frame */
  #receive(frame) {
    const { type, data } = frame;
    if (this.state === "silent") this.#setState({ state: this.#beforeSilence });
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

  /** The socket is open and nobody answers: it may come back, so that it is kept for some seconds. */
  #silent() {
    if (this.state !== "live" && this.state !== "catching-up") return;
    this.#beforeSilence = this.state;
    this.#setState({ state: "silent" });
  }

  /** @param {StateChange} change */
  #stop(change) {
    globalThis.removeEventListener?.("online", this.#woken);
    globalThis.removeEventListener?.("offline", this.#doubted);
    globalThis.document?.removeEventListener("visibilitychange", this.#woken);
    this.#stopped = true;
    this.#commands.unwatch();
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

export { Heard as WebSocketManager };
export default Heard;
