import { el, fill, icon, setText } from "./dom.js";
import { place, typeName } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../heard.js").Order} Order */

const kindKey = "heard:board-filter";
const viewKey = "heard:board-view";

/**
 * The bar over the board: what of it is shown, and how. The view is the
 * device's, the filter the tab's, and it says how many it hides.
 * @param {App} app @param {HTMLElement} board @param {() => void} changed @param {() => void} openClosed
 */
export function filterBar(app, board, changed, openClosed) {
  const search = el("input", { type: "search", class: "board-search", placeholder: "Table, number, name, dish", "aria-label": "Search the orders", autocomplete: "off", dir: "auto", on: { input: () => changed() } });
  const kind = el("select", { class: "board-kind", "aria-label": "Which orders", on: { change: () => (sessionStorage.setItem(kindKey, kind.value), changed()) } });
  const told = el("span", { class: "board-told dim", role: "status" });
  const list = el("button", { type: "button", class: "button", on: { click: () => setView(board.dataset.view === "list" ? "columns" : "list") } }, icon("list"), el("span", { class: "wide-only" }, "List"));
  const closed = el("button", { type: "button", class: "button", on: { click: openClosed } }, icon("closed"), el("span", { class: "wide-only" }, "Recently closed"));
  list.setAttribute("aria-label", "List");
  closed.setAttribute("aria-label", "Recently closed");
  const setView = (/** @type {string} */ view) => {
    board.dataset.view = view;
    localStorage.setItem(viewKey, view);
    list.setAttribute("aria-pressed", String(view === "list"));
  };
  setView(localStorage.getItem(viewKey) === "list" ? "list" : "columns");
  let chosen = sessionStorage.getItem(kindKey) ?? "";
  /** @type {string | undefined} */
  let offered;
  /** @param {Order[]} open */
  const offer = (open) => {
    const types = [...new Set(open.map(({ order_type }) => order_type || "dine_in"))].sort();
    if (types.join() === offered) return;
    offered = types.join();
    chosen = kind.value || chosen;
    const options = [["", "All orders"], ["mine", "Mine"], ...types.map((type) => [type, type === "dine_in" ? "Tables" : typeName(type)])];
    if (!options.some(([value]) => value === chosen)) options.push([chosen, typeName(chosen)]);
    fill(kind, ...options.map(([value, name]) => el("option", { value }, name)));
    kind.value = chosen;
  };
  offer([]);
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "/" || /** @type {Element} */ (event.target).closest?.("input, select, textarea, dialog")) return;
    event.preventDefault();
    search.focus();
  };
  document.addEventListener("keydown", key);
  return {
    node: el("div", { class: "board-tools", role: "search" }, el("div", { class: "search" }, icon("search"), search), kind, told, list, closed),
    close: () => document.removeEventListener("keydown", key),
    /** @param {Order} order */
    shows(order) {
      if (kind.value === "mine" ? order.waiter_id !== app.claims.sub : kind.value && kind.value !== (order.order_type || "dine_in")) return false;
      const words = folded(search.value).split(/\s+/).filter(Boolean);
      if (!words.length) return true;
      const text = folded([place(order), order.customer_name, order.customer_phone, order.waiter_name, ...(order.items ?? []).map(({ name }) => name)].join(" "));
      return words.every((word) => (/^#?\d+$/.test(word) ? [order.number, order.table_number].includes(Number(word.replace("#", ""))) : text.includes(word)));
    },
    /** @param {number} shown @param {Order[]} open all there are */
    tell(shown, open) {
      offer(open);
      setText(told, shown < open.length ? `${shown} of ${open.length}` : "");
    },
  };
}

/** Letters without case and marks: "brulee" finds "Brûlée". @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
