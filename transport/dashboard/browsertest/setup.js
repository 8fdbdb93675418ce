import { WebSocket } from "ws";
import { Gateway } from "./gateway.js";
import { Heard } from "../heard.js";

globalThis.WebSocket = /** @type {any} */ (WebSocket);

/** Short times, except where a busy machine would be taken for a dead peer. */
export const quick = { pingMS: 60, hiddenPingMS: 60, silentMS: 4_000, answerMS: 5_000, openingMS: 5_000, firstRetryMS: 20, longestRetryMS: 150, steadyMS: 300 };

/** A gateway and a client of it; both are gone after the test. */
export async function pair(t, options = {}) {
  const gateway = await new Gateway().start();
  const heard = client(t, gateway, options);
  t.after(() => gateway.kill());
  return { gateway, heard };
}

export function client(t, gateway, options = {}) {
  const heard = new Heard({ url: gateway.url, token: "good", org: "o 1", user: "u", role: "waiter", timing: quick, ...options });
  t.after(() => heard.disconnect());
  return heard;
}

/** Waits for a claim to become true; the time-out is no claim about speed. */
export async function until(claim, what = String(claim)) {
  const end = Date.now() + 60_000;
  while (!(await claim())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

export const live = (heard) => until(() => heard.state === "live", "live");

/** Everything a listener got, as it came. */
export function heardOf(heard, type) {
  const all = [];
  heard.on(type, (data, frame) => all.push({ data, frame }));
  return all;
}

/** A storage as a browser has it. */
export function memory() {
  const held = new Map();
  return {
    getItem: (key) => held.get(key) ?? null, setItem: (key, text) => void held.set(key, String(text)), removeItem: (key) => void held.delete(key),
    key: (n) => [...held.keys()][n] ?? null, get length() { return held.size; }, held,
  };
}

export const soon = (ms) => new Promise((done) => setTimeout(done, ms));
