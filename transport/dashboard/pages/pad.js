import { el, fill, icon, setText } from "./dom.js";
import { toast } from "./notices.js";
import { billPanel } from "./pad-bill.js";
import { Draft } from "./pad-draft.js";
import { askOptions } from "./pad-options.js";
import { count, money, title } from "./words.js";

/** @typedef {import("./app.js").App} App */

/** @type {import("./app.js").Page} */
export function openPad(root, app) {
  /** @type {any[]} */
  let menu = [];
  let currency = "INR";
  let category = "";
  const draft = new Draft(app.heard, `${app.claims.org}:${app.claims.sub}`, () => draw());
  const search = el("input", { type: "search", id: "search", placeholder: "Search the menu", autocomplete: "off", "aria-label": "Search the menu", on: { input: () => drawMenu() } });
  const tabs = el("div", { class: "categories", role: "group", "aria-label": "Category" });
  const items = el("div", { class: "items" });
  const pad = el("div", { class: "pad" });
  const openBill = (/** @type {boolean} */ open) => pad.toggleAttribute("data-bill", open);
  const bill = billPanel(draft, () => currency, () => void place(), () => openBill(false));
  const peek = el("button", { type: "button", class: "button primary peek", on: { click: () => openBill(true) } });
  pad.append(el("section", { class: "menu", "aria-label": "Menu" }, el("div", { class: "menu-head" }, el("div", { class: "search" }, icon("search"), search), tabs), items), bill.node, peek);
  fill(root, el("h1", { class: "unseen" }, "Order pad"), pad);

  const place = async () => {
    const waits = app.heard.state === "offline" && draft.lines.length > 0;
    if (waits) toast("No connection: the order is placed as soon as it is back");
    const order = await draft.place();
    if (!order) return;
    openBill(false);
    toast(`${title(order)} placed, ${money(order.total, order.currency)}`);
  };

  const drawTabs = () => {
    const names = [...new Set(menu.map((item) => item.category || "Other"))];
    if (!names.includes(category)) category = "";
    fill(tabs, ...["", ...names].map((name) => el("button", { type: "button", class: "category", "aria-pressed": String(name === category), on: { click: () => ((category = name), (search.value = ""), drawTabs(), drawMenu()) } }, name || "All")));
  };
  /** @type {Map<string, {count: any, item: any}>} */
  let tiles = new Map();
  const drawMenu = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const shown = menu.filter((item) => words.length ? words.every((/** @type {string} */ word) => item.name.toLowerCase().includes(word)) : !category || (item.category || "Other") === category);
    tiles = new Map();
    fill(items, ...shown.map((item) => tile(item)), shown.length === 0 && el("p", { class: "dim" }, menu.length ? "Nothing of that name." : "The menu is empty."));
    drawCounts();
  };
  const tile = (/** @type {any} */ item) => {
    const badge = el("span", { class: "badge" });
    tiles.set(item.id, { count: badge, item });
    return el("button", { type: "button", class: "item card", disabled: !item.available, on: { click: () => choose(item) } },
      el("span", { class: "item-name" }, item.name), el("span", { class: "item-price" }, item.available ? money(item.price, currency) : "Sold out"), badge);
  };
  const choose = (/** @type {any} */ item) => {
    const mustAsk = (item.modifier_groups ?? []).some((/** @type {any} */ group) => group.min > 0);
    if (mustAsk) askOptions(item, { modifiers: [], notes: "" }, (chosen) => draft.add(item, chosen), currency);
    else draft.add(item);
  };
  const drawCounts = () => {
    for (const [id, tile] of tiles) setText(tile.count, draft.count(id) ? String(draft.count(id)) : "");
  };
  const draw = () => {
    bill.draw();
    drawCounts();
    const n = draft.lines.reduce((sum, { quantity }) => sum + quantity, 0);
    peek.disabled = n === 0;
    setText(peek, n ? `${count(n, "item")} · ${draft.bill ? money(draft.bill.total, currency) : "…"} · Review` : "Nothing chosen yet");
  };
  const load = async () => {
    try {
      const [items, settings] = await Promise.all([app.heard.command("GET", "/api/menu"), app.heard.command("GET", "/api/settings")]);
      menu = items;
      currency = settings.currency;
      drawTabs();
      drawMenu();
      draw();
    } catch (error) {
      if (!menu.length) fill(items, el("p", { class: "problem" }, `The menu could not be read: ${error instanceof Error ? error.message : error}`), el("button", { type: "button", class: "button", on: { click: load } }, "Try again"));
    }
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const inDialog = /** @type {Element} */ (event.target).closest?.("dialog");
    if (inDialog) return;
    if (event.key === "Enter" && event.ctrlKey) void place();
    if (event.key !== "/" || event.target === search) return;
    event.preventDefault();
    search.focus();
  };
  document.addEventListener("keydown", key);
  const forgets = [app.heard.on("answer", (answer) => draft.answered(answer)), app.heard.on("menu_updated", load), app.heard.on("state", ({ state }) => void (state === "live" && load()))];
  draw();
  void load();
  return () => {
    document.removeEventListener("keydown", key);
    for (const forget of forgets) forget();
  };
}
