import { isOpen } from "../heard.js";
import { ageText, secondsSince } from "./clock.js";
import { openDialog } from "./dialogs.js";
import { el, fill } from "./dom.js";
import { labels } from "./moves.js";
import { openOrder } from "./order-dialog.js";
import { money, place, plainly, title, under } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

const hoursBack = 12;
const mostAsked = 100;
const mostShown = 50;

/** What was completed or cancelled lately, the last first; it can be opened, and reopened by whom may. @param {App} app */
export function openClosed(app) {
  const list = el("ul", { class: "closed-list" });
  const note = el("p", { class: "dim", role: "status" }, "Looking…");
  const dialog = openDialog("Recently closed", note, list);
  dialog.classList.add("order-dialog");
  /** @type {Map<string, Order>} */
  const asked = new Map();
  const draw = () => {
    const all = new Map([...asked, ...app.heard.orders]);
    const closed = [...all.values()].filter((order) => !isOpen(order)).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).slice(0, mostShown);
    fill(list, ...closed.map((order) => row(app, order, () => dialog.close())));
    return closed.length;
  };
  const load = async () => {
    const since = new Date(app.heard.now() - hoursBack * 3_600_000).toISOString();
    try {
      for (const order of await app.heard.command("GET", `/api/orders?status=completed,cancelled&limit=${mostAsked}&updated_after=${encodeURIComponent(since)}`)) asked.set(order.id, order);
      note.textContent = draw() ? `Closed in the last ${hoursBack} hours, the last first.` : `Nothing was closed in the last ${hoursBack} hours.`;
    } catch (error) {
      note.textContent = `The list could not be read: ${plainly(error)}. These are known here.`;
    }
  };
  dialog.addEventListener("close", app.watch(draw));
  draw();
  void load();
}

/** @param {App} app @param {Order} order @param {() => void} close */
function row(app, order, close) {
  const mayReopen = order.status === "completed" && app.rights.may("reopen");
  return el("li", { data: { number: order.number } },
    el("button", { type: "button", class: "closed-order", "aria-label": `Open ${title(order)}`, on: { click: () => (close(), openOrder(app, order)) } },
      el("b", { dir: "auto" }, place(order)), el("span", { class: "dim" }, ...under(order).flatMap((text, i) => [i > 0 && " · ", el("bdi", {}, text)])),
      el("span", { class: "dim" }, `${labels[order.status]} ${ageText(secondsSince(order.updated_at, app.heard.now()))}`, order.cancel_reason && ": ", order.cancel_reason && el("bdi", {}, order.cancel_reason))),
    app.claims.role !== "kitchen" && order.total !== undefined && el("span", { class: "amount" }, money(order.total, order.currency)),
    mayReopen && el("button", { type: "button", class: "button", "aria-label": `Reopen ${title(order)}`, disabled: app.moving.has(order.id), on: { click: () => void app.mover.reopen(order) } }, "Reopen"));
}
