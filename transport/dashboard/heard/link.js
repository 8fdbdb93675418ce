/**
 * @typedef {object} Timing all in milliseconds; tests make it shorter
 * @property {number} pingMS a peer that sent nothing for so long is pinged
 * @property {number} hiddenPingMS the same while nobody looks at the page
 * @property {number} silentMS a peer that sent nothing for so long after a ping is silent: the owner is told
 * @property {number} answerMS and after so long it is gone
 * @property {number} openingMS a handshake that takes longer is given up
 * @property {number} firstRetryMS the first retry comes within
 * @property {number} longestRetryMS no retry waits longer
 * @property {number} steadyMS a socket that held so long begins again at the first retry
 */

/**
 * A network that went away without a word is told within pingMS + silentMS. The
 * socket is not given up so early: a Wi-Fi that roams is silent for some seconds.
 * @type {Timing}
 */
export const defaultTiming = { pingMS: 2_500, hiddenPingMS: 30_000, silentMS: 2_000, answerMS: 10_000, openingMS: 10_000, firstRetryMS: 1_000, longestRetryMS: 15_000, steadyMS: 5_000 };

/** Close codes that no retry can heal: no or bad token, path of somebody else. */
const refused = new Set([4401, 4403]);

/**
 * @typedef {object} LinkOwner
 * @property {() => {url: string, protocols: string[]}} address asked for at every dial: the position moves on
 * @property {(frame: any) => void} frame a frame came in
 * @property {() => void} silent a ping is not answered in time; a frame, or a change, ends the silence
 * @property {(change: {state: "connecting" | "offline" | "unauthorised", code?: number, reason?: string, retryInMS?: number}) => void} changed
 */

/**
 * Link holds one socket at a time and makes a new one when it breaks, until it
 * is closed. It knows nothing of what the frames mean.
 */
export class Link {
  /** @type {WebSocket | null} */
  #socket = null;
  #attempt = 0;
  /** When the last frame came, or the socket was opened. */
  #heardAt = 0;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} one timer a name; setting one replaces it */
  #timers = {};
  #owner;
  #timing;

  /** @param {LinkOwner} owner @param {Timing} timing */
  constructor(owner, timing) {
    this.#owner = owner;
    this.#timing = timing;
  }

  /** The socket, for code that was written against the seed's `ws`. */
  get socket() {
    return this.#socket;
  }

  /** Milliseconds since 1970, by this machine's clock; 0 = nothing was ever heard. */
  get heardAt() {
    return this.#heardAt;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Dials, at once when a retry was waiting; does nothing while there is a socket. */
  open() {
    if (!this.#socket) this.#dial();
  }

  /** Ends it: no socket and no timer is left, and nothing comes back. */
  close() {
    this.#letGo(1000);
    this.#attempt = 0;
  }

  /**
   * Gives this socket up and dials again, since what it carries is wrong or it
   * may be dead.
   * @param {string} reason
   */
  drop(reason) {
    this.#letGo(4000);
    this.#retry(4000, reason);
  }

  /** Is anybody there? Asks after the machine slept or the network came back. */
  probe() {
    if (this.isOpen) this.#ping();
    else if (this.#timers.retry !== undefined) this.open();
  }

  /** @param {unknown} message @returns {boolean} whether it was handed to a socket */
  send(message) {
    if (!this.isOpen) return false;
    /** @type {WebSocket} */ (this.#socket).send(JSON.stringify(message));
    return true;
  }

  #dial() {
    this.#stop("retry");
    const { url, protocols } = this.#owner.address();
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    this.#owner.changed({ state: "connecting" });
    this.#after("opening", this.#timing.openingMS, () => this.drop("no answer to the handshake"));
    // A socket that was let go may still fire; only the current one counts.
    const current = (/** @type {() => void} */ act) => () => void (socket === this.#socket && act());
    socket.addEventListener("open", current(() => this.#opened()));
    socket.addEventListener("message", (event) => void (socket === this.#socket && this.#received(event.data)));
    socket.addEventListener("close", (event) => void (socket === this.#socket && this.#closed(event.code, event.reason)));
    socket.addEventListener("error", () => {}); // a close follows and says what there is to say
  }

  #opened() {
    this.#stop("opening");
    this.#after("steady", this.#timing.steadyMS, () => void (this.#attempt = 0));
    this.#heardAt = Date.now();
    this.#planPing();
  }

  /** @param {unknown} text */
  #received(text) {
    this.#stop("answer");
    this.#stop("silent");
    this.#heardAt = Date.now();
    let frame;
    try {
      frame = JSON.parse(String(text));
    } catch {
      this.drop("a frame that is not JSON");
      return;
    }
    if (frame && typeof frame === "object") this.#owner.frame(frame);
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#letGo();
    if (refused.has(code)) this.#owner.changed({ state: "unauthorised", code, reason });
    else this.#retry(code, reason);
  }

  /**
   * Full jitter: the screens of a whole chain must not come back in one instant.
   * @param {number} code @param {string} reason
   */
  #retry(code, reason) {
    const { firstRetryMS, longestRetryMS } = this.#timing;
    const most = Math.min(longestRetryMS, firstRetryMS * 2 ** this.#attempt++);
    const retryInMS = Math.round(Math.random() * most);
    this.#after("retry", retryInMS, () => this.open());
    this.#owner.changed({ state: "offline", code, reason, retryInMS });
  }

  /** Looks again when the peer may have been quiet for long enough; a clock that was set back does not put it off. */
  #planPing() {
    const { pingMS, hiddenPingMS } = this.#timing;
    const quietMS = globalThis.document?.hidden ? hiddenPingMS : pingMS;
    const restMS = Math.min(quietMS, this.#heardAt + quietMS - Date.now());
    if (restMS > 0) this.#after("ping", restMS, () => this.#planPing());
    else this.#ping();
  }

  #ping() {
    const { pingMS, silentMS, answerMS } = this.#timing;
    this.send({ type: "ping" });
    if (this.#timers.answer === undefined) { // the patience is with the first ping that was not answered
      this.#after("silent", silentMS, () => this.#owner.silent());
      this.#after("answer", answerMS, () => this.drop("no answer to a ping"));
    }
    this.#after("ping", pingMS, () => this.#planPing());
  }

  /** @param {number} [code] closes the socket too */
  #letGo(code) {
    for (const name of Object.keys(this.#timers)) this.#stop(name);
    const socket = this.#socket;
    this.#socket = null;
    if (code !== undefined) socket?.close(code);
  }

  /** @param {string} name @param {number} ms @param {() => void} act */
  #after(name, ms, act) {
    this.#stop(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      act();
    }, ms);
  }

  /** @param {string} name */
  #stop(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
