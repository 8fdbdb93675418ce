import { everySecond } from "./clock.js";
import { byID, setText } from "./dom.js";
import { clockText } from "./words.js";

/** @typedef {import("../heard.js").Heard} Heard */

/**
 * Connection shows how it stands with the engine: the pill in the bar, and a
 * band across the screen while nobody answers, large enough for somebody at the
 * stove. It counts by the moment when the engine was last heard.
 */
export class Connection {
  #heard;
  #zone;
  #lostAt = 0;
  #stopClock = () => {};
  /** @type {(() => void)[]} */
  #forgets = [];

  /** @param {Heard} heard @param {() => string | undefined} zone the organisation's time zone */
  constructor(heard, zone) {
    this.#heard = heard;
    this.#zone = zone;
  }

  start() {
    this.#stopClock = everySecond(() => void (this.#lostAt && this.#show()));
    this.#forgets = [this.#heard.on("state", () => this.#changed()), this.#heard.on("queue", () => this.#show())];
    this.#show();
  }

  stop() {
    this.#stopClock();
    for (const forget of this.#forgets) forget();
    byID("lost").hidden = true;
  }

  #changed() {
    const { state, heardAt } = this.#heard;
    if (state === "live") this.#lostAt = 0;
    else if (state === "offline" || state === "silent") this.#lostAt ||= heardAt || Date.now();
    this.#show();
  }

  #show() {
    const { state, waiting } = this.#heard;
    const pill = byID("state");
    pill.dataset.state = state;
    setText(pill.querySelector(".state-text"), this.#word());
    const lost = byID("lost");
    lost.hidden = state === "live" || !this.#lostAt;
    if (lost.hidden) return;
    setText(lost.querySelector(".lost-text"), state === "silent" ? `No answer for ${this.#seconds()} s` : `No connection since ${clockText(this.#lostAt, this.#zone())}`);
    setText(lost.querySelector(".lost-more"), waiting ? `${waiting} waiting, to be sent when it is back.` : "It comes back by itself.");
  }

  #word() {
    switch (this.#heard.state) {
      case "live": return "Live";
      case "catching-up": return "Catching up";
      case "silent": return `No answer ${this.#seconds()} s`;
      default: return this.#lostAt ? "Offline" : "Connecting";
    }
  }

  #seconds() {
    return Math.round((Date.now() - this.#heard.heardAt) / 1_000);
  }
}
