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
 * @typedef {object} Entry a command on its way
 * @property {string} id names it on the socket
 * @property {string} method
 * @property {string} path
 * @property {any} body
 * @property {Record<string, string>} headers
 * @property {number} madeAt
 * @property {boolean} isRead reads are asked once; writes are repeated until answered
 * @property {"waiting" | "socket" | "rest"} stage
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
 * @property {{storage: Storage, key: string} | null} keep where unanswered writes outlive the page
 */

const answerMS = 10_000; // without an answer for so long, it is asked again
const longestRetryMS = 15_000;
const mostWaiting = 1_000;
const mostAtOnce = 12; // the engine carries out 16 of a socket side by side and refuses more
const longestFrame = 16_000; // letters; four bytes each at most, and the engine reads 64 KiB
const keyLivesMS = 23 * 3_600_000; // the engine keeps keys for 24 h at least: later, a repetition could be a second effect

/** Answers that say "not now", so that the same command under the same key may succeed. */
const again = new Set([429, 502, 503, 504]);

/**
 * Commands is the queue of what was asked and not answered. Commands on one
 * order are carried out in the order they were given, others side by side.
 */
export class Commands {
  /** @type {Map<string, Entry>} oldest first */
  #entries = new Map();
  #road;
  #wake = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  /** @param {Road} road */
  constructor(road) {
    this.#road = road;
    this.#restore();
  }

  /** Writes that are not answered yet. */
  get waiting() {
    let n = 0;
    for (const entry of this.#entries.values()) if (!entry.isRead) n++;
    return n;
  }

  /**
   * @param {string} method @param {string} path @param {any} [body]
   * @param {{key?: string, headers?: Record<string, string>}} [options]
   * @returns {Promise<any>} the decoded body; rejects with a HeardError
   */
  ask(method, path, body, options = {}) {
    if (this.#entries.size >= mostWaiting) return Promise.reject(new HeardError(0, null, "QUEUE_FULL"));
    const isRead = method === "GET" || path.startsWith("/api/orders/calculate"); // it stores nothing
    const headers = { ...options.headers };
    if (!isRead) headers["Idempotency-Key"] = options.key ?? headers["Idempotency-Key"] ?? randomKey();
    return new Promise((resolve, reject) => {
      this.#add({ id: randomKey(), method, path, body, headers, madeAt: Date.now(), isRead, stage: "waiting", tries: 0, notBefore: 0, resolve, reject });
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
    for (const entry of this.#entries.values()) if (entry.stage !== "waiting") underWay++;
    for (const entry of this.#entries.values()) {
      if (underWay >= mostAtOnce) break; // an answer makes room and pumps again
      const lane = /^\/api\/orders\/([^/?]+)\/./.exec(entry.path)?.[1];
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
    if (!this.#entries.has(entry.id)) return; // answered twice
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
    clearTimeout(entry.timer);
    this.#entries.delete(entry.id);
    const ok = status >= 200 && status < 300;
    if (ok) entry.resolve(body);
    else entry.reject(new HeardError(status, body));
    queueMicrotask(() => this.pump()); // the next of its lane
    if (entry.isRead) return;
    this.#changed();
    this.#road.raise("answer", { key: entry.headers["Idempotency-Key"], method: entry.method, path: entry.path, status, ok, body });
  }

  /** @param {Entry} entry */
  #add(entry) {
    this.#entries.set(entry.id, entry);
    if (!entry.isRead) this.#changed();
  }

  #changed() {
    const { keep } = this.#road;
    if (keep) {
      const writes = [...this.#entries.values()].filter((entry) => !entry.isRead);
      const text = JSON.stringify(writes.map(({ id, method, path, body, headers, madeAt }) => ({ id, method, path, body, headers, madeAt })));
      try {
        keep.storage.setItem(keep.key, text);
      } catch {
        // Full or forbidden: the queue lives as long as the page then.
      }
    }
    this.#road.raise("queue", { waiting: this.waiting });
  }

  /** Takes up what an earlier page left. Its promises are gone; "answer" tells. */
  #restore() {
    const { keep } = this.#road;
    try {
      const left = JSON.parse((keep && keep.storage.getItem(keep.key)) || "[]");
      const nobody = () => {};
      for (const entry of left) {
        this.#entries.set(entry.id, { ...entry, isRead: false, stage: "waiting", tries: 0, notBefore: 0, resolve: nobody, reject: nobody });
      }
    } catch {
      // Not ours, or no storage: there is nothing to take up.
    }
  }
}

/**
 * A fresh key. randomUUID exists on secure pages only, and a tablet in a
 * restaurant may well have come by http://192.168.…
 */
export function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
