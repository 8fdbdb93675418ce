/**
 * House is what a page knows of the organisation: its menu, its currency and its
 * time zone. The last answer is kept on the device, so that a page which was
 * loaded without a connection can take orders.
 */
export class House {
  /** @type {any[]} */
  menu = [];
  currency = "INR";
  /** @type {string | undefined} */
  timezone;
  #heard;
  #key;

  /** @param {import("../heard.js").Heard} heard @param {string} org */
  constructor(heard, org) {
    this.#heard = heard;
    this.#key = `heard:house:${org}`;
    try {
      Object.assign(this, JSON.parse(localStorage.getItem(this.#key) ?? "{}"));
    } catch {
      localStorage.removeItem(this.#key);
    }
  }

  /** Asks the engine. Rejects when it cannot be asked: what was known stays. */
  async load() {
    const [menu, settings] = await Promise.all([this.#heard.command("GET", "/api/menu"), this.#heard.command("GET", "/api/settings")]);
    const { currency, timezone } = settings;
    Object.assign(this, { menu, currency, timezone });
    try {
      localStorage.setItem(this.#key, JSON.stringify({ menu, currency, timezone }));
    } catch {
      // Full or forbidden: a page that is loaded without a connection has no menu then.
    }
  }
}
