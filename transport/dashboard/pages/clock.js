/** An order that waits longer for its next step is coloured, on every page. */
const warnMinutes = 10;
const lateMinutes = 20;

const second = 1_000;

/** Calls act each second until the returned function is called. @param {() => void} act */
export function everySecond(act) {
  const timer = setInterval(act, second);
  return () => clearInterval(timer);
}

/**
 * Draws at most once a frame, and with many rows less often, so that a page
 * under a flood of events still answers a finger.
 * @param {() => void} draw
 * @param {() => number} [restMS] to leave between two drawings
 */
export function eachFrame(draw, restMS = () => 0) {
  let planned = false;
  let last = 0;
  const run = () => {
    planned = false;
    last = performance.now();
    draw();
  };
  return () => {
    if (planned) return;
    planned = true;
    const wait = last + restMS() - performance.now();
    if (wait > 0) setTimeout(() => requestAnimationFrame(run), wait);
    else requestAnimationFrame(run);
  };
}

/** @param {string} since @param {number} nowMS */
export const secondsSince = (since, nowMS) => Math.max(0, Math.floor((nowMS - Date.parse(since)) / second));

/**
 * Seconds that the guest, or the food on the pass, has waited: what is not made
 * counts from when it was asked for, what is made from when it was.
 * @param {import("../heard.js").Order} order @param {number} nowMS @param {string} [asked] when, if not when it was placed
 */
export const waitingSince = (order, nowMS, asked = order.created_at) => secondsSince(order.status === "pending" || order.status === "preparing" ? asked : order.updated_at, nowMS);

/** @param {number} seconds */
export const lateness = (seconds) => (seconds >= lateMinutes * 60 ? "late" : seconds >= warnMinutes * 60 ? "warn" : "");

/** @param {number} seconds "now", "4 min", "2 h 05" */
export function ageText(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}` : `${Math.floor(minutes / 1440)} d`;
}

/** @param {number} seconds "4:05", "2:00:05" */
export function stopwatch(seconds) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return hours >= 24 ? `${Math.floor(hours / 24)} d` : `${hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}
