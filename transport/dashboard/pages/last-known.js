import { isOpen } from "../heard.js";

const everyMS = 10_000;
const mostOrders = 300;

/**
 * Keeps the open orders with the tab, so that a page which is loaded again while
 * the engine is away shows what was known; the snapshot that comes later puts it
 * right. They are gone with the tab and with the sign-in.
 * @param {import("../heard.js").Heard} heard @param {string} who
 * @returns {{forget: () => void, stop: () => void}}
 */
export function keepLastKnown(heard, who) {
  const key = `heard:orders:${who}`;
  try {
    for (const order of JSON.parse(sessionStorage.getItem(key) ?? "[]")) heard.orders.put(order);
  } catch {
    sessionStorage.removeItem(key);
  }
  let changed = false;
  const save = () => {
    if (!changed) return;
    changed = false;
    const open = [...heard.orders.values()].filter((order) => isOpen(order) && order.items).slice(0, mostOrders);
    try {
      sessionStorage.setItem(key, JSON.stringify(open));
    } catch {
      sessionStorage.removeItem(key); // too much: rather nothing than a part that looks like all
    }
  };
  const note = () => void (changed = true);
  const forgets = ["order_update", "order_removed"].map((type) => heard.on(type, note));
  const timer = setInterval(save, everyMS);
  addEventListener("pagehide", save);
  const stop = () => {
    clearInterval(timer);
    removeEventListener("pagehide", save);
    for (const forget of forgets) forget();
  };
  return { stop, forget: () => (stop(), sessionStorage.removeItem(key)) };
}
