import { el, fill, icon, setText } from "./dom.js";
import { found } from "./pad-search.js";
import { money } from "./words.js";

/** @typedef {import("./house.js").House} House */

const hues = 8; // as many as pad.css has
const other = "Other";

/** @param {any} item */
const categoryOf = (item) => item.category || other;

/**
 * The menu: search, categories, and a tile for each dish.
 * @param {House} house @param {(id: string) => number} counted how many of it are on the draft @param {(item: any) => void} choose
 */
export function menuPanel(house, counted, choose) {
  let category = "";
  /** @type {any[]} */
  let shown = [];
  /** @type {Map<string, HTMLElement>} */
  let badges = new Map();
  const search = el("input", { type: "search", id: "search", placeholder: "Search the menu", autocomplete: "off", "aria-label": "Search the menu", on: { input: () => drawItems() } });
  search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const first = event.key === "Enter" && !event.ctrlKey && search.value.trim() && shown.find(({ available }) => available);
    if (!first) return;
    event.preventDefault();
    choose(first);
    search.select(); // the next word replaces this one
  });
  const top = el("div", { class: "menu-top" }, el("div", { class: "search" }, icon("search"), search));
  const tabs = el("div", { class: "categories", role: "group", "aria-label": "Category" });
  const items = el("div", { class: "items" });
  const node = el("section", { class: "menu", "aria-label": "Menu" }, el("div", { class: "menu-head" }, top, tabs), items);

  const names = () => [...new Set(house.menu.map(categoryOf))];
  const drawTabs = () => {
    const all = names();
    if (!all.includes(category)) category = "";
    fill(tabs, ...["", ...all].map((name) => el("button", { type: "button", class: "category", data: name ? { hue: all.indexOf(name) % hues, name } : { name }, dir: "auto", "aria-pressed": String(name === category), on: { click: () => select(name) } }, name || "All")));
  };
  const select = (/** @type {string} */ name) => {
    category = name;
    search.value = "";
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.name === name)); // the focus stays on it
    drawItems();
    items.scrollTop = 0;
  };
  const drawItems = () => {
    const { menu } = house;
    const all = names();
    const typed = search.value.trim();
    const sections = typed ? [["", found(menu, typed)]] : all.filter((name) => !category || name === category).map((name) => [name, menu.filter((item) => categoryOf(item) === name)]);
    shown = sections.flatMap(([, some]) => /** @type {any[]} */ (some));
    badges = new Map();
    const hue = (/** @type {any} */ item) => all.indexOf(categoryOf(item)) % hues;
    fill(items, ...sections.flatMap(([name, some]) => [!category && name && el("h2", { class: "items-head", dir: "auto" }, name), .../** @type {any[]} */ (some).map((item) => tile(item, hue(item)))]),
      shown.length === 0 && el("p", { class: "dim" }, menu.length ? "Nothing of that name." : "The menu is empty."));
    drawCounts();
  };
  const tile = (/** @type {any} */ item, /** @type {number} */ hue) => {
    const badge = el("span", { class: "badge" });
    badges.set(item.id, badge);
    const groups = item.modifier_groups ?? [];
    return el("button", { type: "button", class: "item card", data: { hue }, disabled: !item.available, on: { click: () => choose(item) } },
      el("span", { class: "item-name", dir: "auto" }, item.name),
      el("span", { class: "item-foot" }, el("span", { class: "item-price" }, item.available ? money(item.price, house.currency) : "Sold out"),
        groups.length > 0 && el("span", { class: "item-options" }, groups.some((/** @type {any} */ { min }) => min > 0) ? "choose…" : "options")), badge);
  };
  const drawCounts = () => {
    for (const [id, badge] of badges) setText(badge, counted(id) ? String(counted(id)) : "");
  };
  return {
    node, top, search, drawCounts,
    draw() {
      drawTabs();
      drawItems();
    },
    clearSearch() {
      if (!search.value) return;
      search.value = "";
      drawItems();
    },
    /** @param {string} text @param {() => void} again */
    fail: (text, again) => fill(items, el("p", { class: "problem" }, text), el("button", { type: "button", class: "button", on: { click: again } }, "Try again")),
  };
}
