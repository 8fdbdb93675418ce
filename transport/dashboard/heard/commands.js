/**
 * HeardError is a refusal of the engine (its problem+json), or our own:
 * OFFLINE (a read that could not be asked), QUEUE_FULL, EXPIRED.
 */
export class HeardError extends Error {
  /** @param {number} status 0 = ours @param {any} body problem+json @param {string} [code] */
  constructor(status, body, code) {
    super(body?.detail ?? body?.title ?? code ?? `status ${status}`);
    this.name = "HeardError";
    this.status = status;
    /** @type {string} */
    this.code = body?.code ?? code ?? "";
    /** @type {{field: string, detail: string}[]} */
    this.errors = body?.errors ?? [];
    this.body = body;
  }
}

/**
 * @typedef {object} Waiting a write that is not answered, or was refused and is kept for its note
 * @property {string} key its idempotency key
 * @property {string} method
 * @property {string} path
 * @property {any} body
 * @property {number} madeAt milliseconds since 1970, by this machine's clock
 * @property {boolean} sent it was handed to the network: it may have happened
 * @property {boolean} kept it outlives the page
 * @property {any} note what the page said with it
 * @property {{status: number, body: any} | null} refusal
 */

/**
 * @typedef {object} Entry a command on its way
 * @property {string} id names it on the socket
 * @property {string} key "" for reads
 * @property {string} method
 * @property {string} path
 * @property {any} body
 * @property {Record<string, string>} headers
 * @property {number} madeAt
 * @property {string} [lane] commands of one lane go one after the other
 * @property {any} [note]
 * @property {boolean} sent
 * @property {boolean} kept
 * @property {boolean} earlier of an earlier page, or another tab
 * @property {boolean} isRead reads are asked once; writes are repeated until answered
 * @property {"waiting" | "socket" | "rest" | "refused"} stage
 * @property {{status: number, body: any} | null} refusal
 * @property {number} tries
 * @property {number} notBefore
 * @property {(body: any) => void} resolve
 * @property {(error: HeardError) => void} reject
 * @property {ReturnType<typeof setTimeout>} [timer]
 */

/**
 * @typedef {object} Road how commands travel, and who wants to know
 * @property {(message: object) => boolean} send over the socket; false when it is not open
 * @property {(entry: Entry) => Promise<{status: number, body: any, retryAfterS?: number}>} fetch over REST; throws when nobody answers
 * @property {() => boolean} mayAsk false while the token is refused
 * @property {(status: number) => void} refusedToken
 * @property {(name: "queue" | "answer", data: any) => void} raise
 * @property {import("./kept.js").Kept | null} kept where unanswered writes outlive the page
 */

const answerMS = 10_000; // without an answer for so long, it is asked again
const longestRetryMS = 15_000;
const mostWaiting = 1_000;
const mostAtOnce = 12; // the engine carries out 16 of a socket side by side and refuses more
const longestFrame = 16_000; // letters; four bytes each at most, and the engine reads 64 KiB
const keyLivesMS = 23 * 3_600_000; // the engine keeps keys for 24 h at least: later, a repetition could be a second effect

const promptMS = 1_000; // an answer that comes within is not waited for
const othersMS = 30_000; // what another tab asked is its own to send, until it seems to be gone

/** @type {RegExp} a move of the order of that id */
const statusPath = /^\/api\/orders\/([^/?]+)\/status(?:\?status=(\w+))?$/;

/** Answers that say "not now", so that the same command under the same key may succeed. */
const again = new Set([429, 502, 503, 504]);

/**
 * Commands is the queue of what was asked and not answered. Commands on one
 * order are carried out in the order they were given, others side by side.
 */
export class Commands {
  /** @type {Map<string, Entry>} oldest first */
  #entries = new Map();
  #lastAt = 0;
  /** @type {Map<string, {status: string, version: number}>} moves that were answered, whose frame did not come yet */
  #moved = new Map();
  #road;
  #wake = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /** @param {Road} road */
  constructor(road) {
    this.#road = road;
    this.#restore();
  }

  /** Writes that are not answered yet. */
  get waiting() {
    return this.#writes().filter(({ stage }) => stage !== "refused").length;
  }

  /** @returns {Waiting[]} oldest first */
  get queue() {
    return this.#writes().map(shown);
  }

  #writes() {
    return [...this.#entries.values()].filter(({ isRead }) => !isRead);
  }

  /**
   * The order as it will be when what waits is carried out. What was asked just now does not wait.
   * @param {import("./orders.js").Order} order @param {boolean} isReached by the engine
   */
  expected(order, isReached) {
    const { id, version } = order;
    const since = Date.now() - (isReached ? promptMS : 0);
    const moved = this.#moved.get(id);
    if (moved && moved.version <= version) this.#moved.delete(id);
    let status = this.#moved.get(id)?.status ?? order.status;
    for (const entry of this.#entries.values()) if (!entry.isRead && entry.stage !== "refused" && entry.madeAt <= since) status = moveOf(entry, id) ?? status;
    return status === order.status ? order : { ...order, status };
  }

  /**
   * @param {string} method @param {string} path @param {any} [body]
   * @param {{key?: string, headers?: Record<string, string>, note?: any, lane?: string}} [options]
   * @returns {Promise<any>} the decoded body; rejects with a HeardError
   */
  ask(method, path, body, options = {}) {
    if (this.#entries.size >= mostWaiting) return Promise.reject(new HeardError(0, null, "QUEUE_FULL"));
    const isRead = method === "GET" || path.startsWith("/api/orders/calculate"); // it stores nothing
    const { note, lane, headers: given } = options;
    const headers = { ...given };
    if (!isRead) headers["Idempotency-Key"] = options.key ?? headers["Idempotency-Key"] ?? randomKey();
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1); // the order they were given in, also from the storage
    return new Promise((resolve, reject) => {
      this.#add({ ...fresh(), key: isRead ? "" : headers["Idempotency-Key"], method, path, body, headers, madeAt: this.#lastAt, note, lane, isRead, resolve, reject });
      this.pump();
    });
  }

  /** Sends what may go now. */
  pump() {
    clearTimeout(this.#wake);
    if (!this.#road.mayAsk()) return;
    const now = Date.now();
    const lanes = new Set();
    let next = Infinity;
    let underWay = 0;
    for (const { stage } of this.#entries.values()) if (stage === "socket" || stage === "rest") underWay++;
    for (const entry of this.#entries.values()) {
      if (underWay >= mostAtOnce) break; // an answer makes room and pumps again
      if (entry.stage === "refused") continue;
      const lane = entry.lane ?? /^\/api\/orders\/([^/?]+)\/./.exec(entry.path)?.[1];
      const first = entry.isRead || !lane || !lanes.has(lane);
      if (lane && !entry.isRead) lanes.add(lane);
      if (!first || entry.stage !== "waiting") continue;
      if (now - entry.madeAt > keyLivesMS) this.#finish(entry, 0, { code: "EXPIRED", detail: "Not sent: it is older than its key may be" });
      else if (entry.notBefore > now) next = Math.min(next, entry.notBefore);
      else {
        this.#send(entry);
        underWay++;
      }
    }
    if (next < Infinity) this.#wake = setTimeout(() => this.pump(), next - now);
  }

  /** The network is back: nothing waits for its next try any longer. */
  hurry() {
    for (const entry of this.#entries.values()) entry.notBefore = 0;
    this.pump();
  }

  /** @param {string} [key] of what was refused: it is asked anew, under the same key, since refusals are not remembered */
  retry(key) {
    for (const entry of this.#writes()) {
      if (entry.stage !== "refused" || entry.key !== key) continue;
      Object.assign(entry, { stage: "waiting", refusal: null });
      this.#keep(entry);
      this.#changed();
    }
    this.hurry();
  }

  /** @param {string} key @returns {Waiting | null} */
  takeBack(key) {
    const entry = this.#writes().find((entry) => entry.key === key);
    if (!entry || (entry.kept && !this.#road.kept?.has(key))) return null; // another tab was faster
    this.#drop(entry);
    this.#changed();
    queueMicrotask(() => this.pump()); // the next of its lane
    return shown(entry);
  }

  /** Nothing more comes over this socket: what was asked there is asked again. */
  socketClosed() {
    for (const entry of this.#entries.values()) if (entry.stage === "socket") this.#later(entry, 0);
    this.pump();
  }

  /** A reply frame. @param {any} data */
  replied(data) {
    const entry = this.#entries.get(String(data?.id));
    if (entry) this.#answered(entry, Number(data.status), data.body, Number(data.headers?.["retry-after"]) || undefined);
  }

  /** @param {Entry} entry */
  #send(entry) {
    const { id, method, path, body, headers } = entry;
    if (!entry.sent && !entry.isRead) {
      entry.sent = true;
      this.#keep(entry);
    }
    // Every second try goes over REST: a socket may be open and deaf. So does what is too long for a frame.
    const isLong = body !== undefined && JSON.stringify(body).length > longestFrame;
    const overSocket = entry.tries++ % 2 === 0 && !isLong && this.#road.send({ type: "command", id, method, path, headers, body });
    if (overSocket) {
      entry.stage = "socket";
      entry.timer = setTimeout(() => {
        this.#later(entry, 0);
        this.pump();
      }, answerMS);
      return;
    }
    entry.stage = "rest";
    this.#road.fetch(entry).then(
      (answer) => this.#answered(entry, answer.status, answer.body, answer.retryAfterS),
      () => (entry.isRead ? this.#finish(entry, 0, { code: "OFFLINE", detail: "No connection" }) : this.#repeat(entry)),
    );
  }

  /** @param {Entry} entry @param {number} status @param {any} body @param {number} [retryAfterS] */
  #answered(entry, status, body, retryAfterS) {
    if (!this.#entries.has(entry.id) || entry.stage === "refused") return; // answered twice, or taken back
    if (status === 401) {
      // A write waits for a fresh token of the same person rather than being lost.
      if (entry.isRead) this.#finish(entry, status, body);
      else this.#later(entry, 0);
      this.#road.refusedToken(status);
    } else if (again.has(status) && !entry.isRead) this.#repeat(entry, retryAfterS);
    else this.#finish(entry, status, body);
  }

  /** @param {Entry} entry @param {number} [afterS] */
  #repeat(entry, afterS) {
    const most = Math.min(longestRetryMS, 500 * 2 ** Math.min(entry.tries, 6));
    this.#later(entry, Math.max((afterS ?? 0) * 1000, Math.random() * most));
    this.pump();
  }

  /** @param {Entry} entry @param {number} ms */
  #later(entry, ms) {
    clearTimeout(entry.timer);
    entry.stage = "waiting";
    entry.notBefore = Date.now() + ms;
  }

  /** @param {Entry} entry @param {number} status @param {any} body */
  #finish(entry, status, body) {
    const { key, method, path, note, earlier } = entry;
    const ok = status >= 200 && status < 300;
    if (ok || note === undefined) this.#drop(entry);
    else {
      clearTimeout(entry.timer);
      Object.assign(entry, { stage: "refused", refusal: { status, body } });
      this.#keep(entry);
    }
    const id = ok && body?.version && Date.now() - entry.madeAt > promptMS ? statusPath.exec(path)?.[1] : undefined;
    if (id) this.#noteMove(id, body);
    if (ok) entry.resolve(body);
    else entry.reject(new HeardError(status, body));
    queueMicrotask(() => this.pump()); // the next of its lane
    if (entry.isRead) return;
    this.#changed();
    this.#road.raise("answer", { key, method, path, status, ok, body, note, earlier });
  }

  /** @param {string} id @param {{status: string, version: number}} move */
  #noteMove(id, move) {
    this.#moved.delete(id);
    this.#moved.set(id, move);
    if (this.#moved.size > mostAtOnce) this.#moved.delete([...this.#moved.keys()][0]); // its frame came long ago
  }

  /** @param {Entry} entry */
  #add(entry) {
    this.#entries.set(entry.id, entry);
    if (entry.isRead) return;
    this.#keep(entry);
    this.#changed();
  }

  /** @param {Entry} entry */
  #drop(entry) {
    clearTimeout(entry.timer);
    this.#entries.delete(entry.id);
    if (!entry.isRead) this.#road.kept?.remove(entry.key);
  }

  /** @param {Entry} entry */
  #keep(entry) {
    const { key, method, path, body, headers, madeAt, note, lane, sent, refusal } = entry;
    entry.kept = this.#road.kept?.put(key, { key, method, path, body, headers, madeAt, note, lane, sent, refusal }) ?? false;
  }

  #changed() {
    this.#road.raise("queue", { waiting: this.waiting });
  }

  /** Takes up what an earlier page left. Its promises are gone; "answer" tells. */
  #restore() {
    for (const record of this.#road.kept?.all() ?? []) this.#takeUp(record, 0);
  }

  /** @param {any} record @param {number} notBefore */
  #takeUp(record, notBefore) {
    const entry = { ...fresh(), ...record, kept: true, earlier: true, notBefore, stage: record.refusal ? "refused" : "waiting" };
    this.#entries.set(entry.id, entry);
  }

  /** From now on, what other tabs of this person ask and finish is known here. */
  watch() {
    this.#road.kept?.watch((key, record) => {
      const known = this.#writes().find((entry) => entry.key === key);
      if (!record && known?.kept) {
        clearTimeout(known.timer);
        this.#entries.delete(known.id);
      } else if (record && !known) this.#takeUp(record, Date.now() + othersMS);
      else if (record?.refusal && known?.stage === "waiting") Object.assign(known, { stage: "refused", refusal: record.refusal });
      else if (record && !record.refusal && known?.stage === "refused") Object.assign(known, { stage: "waiting", refusal: null, notBefore: Date.now() + othersMS });
      this.#changed();
      this.pump();
    });
  }

  unwatch() {
    this.#road.kept?.unwatch();
  }
}

/** Where a command leads the order, undefined = nowhere. @param {Entry} entry @param {string} id @returns {string | undefined} */
function moveOf({ path, body }, id) {
  if (path === `/api/orders/${id}/cancel`) return "cancelled";
  const move = statusPath.exec(path);
  return move?.[1] === id ? body?.status ?? move[2] : undefined;
}

const nobody = () => {};

/** What every command begins as. @returns {any} */
const fresh = () => ({ id: randomKey(), isRead: false, stage: "waiting", sent: false, kept: false, earlier: false, refusal: null, tries: 0, notBefore: 0, resolve: nobody, reject: nobody });

/** @param {Entry} entry @returns {Waiting} */
const shown = ({ key, method, path, body, madeAt, sent, kept, note, refusal }) => ({ key, method, path, body, madeAt, sent, kept, note, refusal });

/**
 * A fresh key. randomUUID exists on secure pages only, and a tablet in a
 * restaurant may well have come by http://192.168.…
 */
export function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
