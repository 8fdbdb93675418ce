import { eachFrame } from "./clock.js";
import { el, fill, setText } from "./dom.js";
import { toast } from "./notices.js";
import { billPanel } from "./pad-bill.js";
import { Draft, draftName } from "./pad-draft.js";
import { menuPanel } from "./pad-menu.js";
import { askOptions } from "./pad-options.js";
import { pickWhere } from "./pad-picker.js";
import { ordersAt } from "./pad-where.js";
import { waitingStrip } from "./pad-waiting.js";
import { readyNews } from "./ready.js";
import { count, money } from "./words.js";

/** @typedef {import("./app.js").App} App */

/** @type {import("./app.js").Page} */
export function openPad(root, app) {
  const { house, outbox } = app;
  const draft = new Draft(app.heard, `${app.claims.org}:${app.claims.sub}`, () => draw());
  const menu = menuPanel(house, (id) => draft.count(id), (item) => choose(item));
  const pad = el("div", { class: "pad" });
  // On a phone the bill lies over the menu: there, Back leads to the menu.
  const showBill = () => pad.toggleAttribute("data-bill", history.state?.bill === true);
  const openBill = () => (history.pushState({ ...history.state, bill: true }, ""), showBill());
  const closeBill = () => void (history.state?.bill && history.back());
  addEventListener("popstate", showBill);

  const pick = (/** @type {import("./pad-where.js").Where | undefined} */ at) => pickWhere(app, (choice) => draft.choose(choice), at);
  const clear = () => {
    const left = draft.clear();
    if (left.lines.length) toast("The order was cleared", { action: "Undo", act: () => draft.lines.length === 0 && draft.bring(left) });
  };
  const bill = billPanel(draft, () => house.currency, { place: () => place(), pick: () => pick(undefined), clear, close: closeBill });
  const peek = el("button", { type: "button", class: "button primary peek", on: { click: openBill } });
  const peekWhere = el("button", { type: "button", class: "button where peek-where", on: { click: () => pick(undefined) } });
  const waiting = waitingStrip(app, (order) => takeBack(order));
  const ready = readyNews(app);
  menu.top.append(ready.sound);
  menu.node.append(el("div", { class: "news" }, ready.node, waiting.node));
  pad.append(menu.node, bill.node, el("div", { class: "peeks" }, peekWhere, peek));
  fill(root, el("h1", { class: "unseen" }, "Order pad"), pad);

  const place = () => {
    const { where, adds, beside } = draft;
    if (!draft.lines.length) return;
    const known = ordersAt(app.heard.orders.values(), where);
    const isSurprise = adds ? !known.some(({ id }) => id === adds.id) : known.some(({ id }) => !beside.includes(id));
    if (!where.kind || isSurprise) return pick(where.kind ? where : undefined);
    draft.problem = outbox.full;
    const order = draft.problem ? null : draft.take();
    if (!order) return draw();
    closeBill();
    menu.clearSearch();
    outbox.place(order);
  };
  /** What was refused is a draft again, when there is none. @param {import("./outbox.js").Waiting} order */
  const takeBack = (order) => {
    if (draft.lines.length || draft.where.kind) return false;
    const taken = app.heard.takeBack(order.key);
    if (!taken) return false;
    draft.bring(taken.note, taken.refusal?.body);
    draft.refresh(house.menu);
    if (peek.offsetParent) openBill();
    return true;
  };
  const choose = (/** @type {any} */ item) => {
    const mustAsk = (item.modifier_groups ?? []).some((/** @type {any} */ group) => group.min > 0);
    if (mustAsk) askOptions(item, { modifiers: [], notes: "" }, house.currency, (chosen) => draft.add(item, chosen));
    else draft.add(item);
  };
  const draw = () => {
    bill.draw();
    menu.drawCounts();
    const n = draft.size;
    setText(peekWhere, draftName(draft) || "Choose a table");
    peekWhere.toggleAttribute("data-missing", !draft.where.kind && n > 0);
    peek.disabled = n === 0;
    setText(peek, n ? `${count(n, "item")} · ${draft.bill ? money(draft.bill.total, house.currency) : "…"} · Review` : "Nothing chosen yet");
  };
  const load = async () => {
    try {
      await house.load();
      menu.draw();
      draft.refresh(house.menu);
      draw();
    } catch (error) {
      if (!house.menu.length) menu.fail(`The menu could not be read: ${error instanceof Error ? error.message : error}`, load);
    }
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (/** @type {Element} */ (event.target).closest?.("dialog")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) place();
    if (event.key !== "/" || /** @type {Element} */ (event.target).closest?.("input, textarea")) return;
    event.preventDefault();
    menu.search.focus();
  };
  document.addEventListener("keydown", key);
  const forgets = [ready.close, app.heard.on("answer", (answer) => draft.answered(answer)), app.heard.on("menu_updated", load), app.heard.on("state", ({ state }) => void (state === "live" && load()))];
  outbox.returned = takeBack;
  app.watch(eachFrame(() => (waiting.draw(), ready.draw())));
  if (house.menu.length) menu.draw();
  showBill();
  draw();
  waiting.draw();
  ready.draw();
  void load();
  return () => {
    document.removeEventListener("keydown", key);
    removeEventListener("popstate", showBill);
    outbox.returned = () => false;
    for (const forget of forgets) forget();
  };
}
