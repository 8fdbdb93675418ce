import { el } from "./dom.js";
import { createPart } from "./kitchen-ticket.js";
import { Packing } from "./packing.js";

/** @typedef {import("./packing.js").Spot} Spot */
/** @typedef {import("./packing.js").Ticket} Ticket */

/** A column is at least so many letters' heights wide, and a page so many and so many pixels high; what has less room scrolls. */
const narrowest = 13.2;
const lowest = 11;
const lowestPX = 420;

/** When nobody has touched the screen for so long, tickets are packed anew: sooner where that shows more of them. */
const calmMS = 20_000;
const wastefulMS = 5_000;
const wasteful = 2;

/**
 * Wall shows tickets in columns, page after page. What is longer than a column
 * goes on in the next one.
 */
export class Wall {
  page = 0;
  pages = 1;
  /** Tickets that are not on this page. */
  away = 0;
  /** Where each ticket is. @type {ReadonlyMap<string, Spot[]>} */
  spots = new Map();
  /** @type {Ticket[]} */
  #tickets = [];
  /** @type {Map<string, number[]>} */
  #heights = new Map();
  /** @type {Map<string, HTMLElement[]>} what goes on in further columns */
  #parts = new Map();
  #packing = new Packing({ columns: 1, height: 0, gap: 0 });
  #room = { columns: 1, height: 0, gap: 0, width: 0, font: 0 };
  #quietSince = performance.now();
  #isSettled = true; // packed as it would be anew
  #main;
  #list;
  #act;
  #overlay = el("div", { class: "parts" });

  /**
   * @param {HTMLElement} main scrolls, if anything does @param {HTMLElement} list of the tickets
   * @param {(act: import("./kitchen-ticket.js").Act, id: string, event: MouseEvent) => void} act what a click on what is continued does
   */
  constructor(main, list, act) {
    this.#main = main;
    this.#list = list;
    this.#act = act;
    main.append(el("div", { class: "wall" }, list, this.#overlay));
    main.addEventListener("pointerdown", () => (this.#quietSince = performance.now()));
  }

  /** The ticket was filled anew, all of it in one piece. @param {string} id */
  changed(id) {
    this.#heights.delete(id);
    this.#removeParts(id);
  }

  /** @param {{id: string, node: HTMLElement}[]} rows oldest first @param {boolean} anew no ticket has a place that it could keep */
  layOut(rows, anew) {
    const isNew = this.#measureRoom() || anew;
    this.#forget(new Set(rows.map(({ id }) => id)));
    this.#measure(rows.filter(({ id }) => !this.#heights.has(id)));
    this.#tickets = rows.map(({ id }) => ({ id, heights: /** @type {number[]} */ (this.#heights.get(id)) }));
    if (isNew) this.#packing = new Packing(this.#room);
    this.spots = this.#packing.arrange(this.#tickets);
    this.#isSettled = false;
    this.#show(rows);
  }

  /** After a while without a touch: the oldest first, without holes. @returns {boolean} whether there is anything to be laid out anew */
  repack() {
    const calm = performance.now() - this.#quietSince;
    if (this.#isSettled || calm < wastefulMS) return false;
    const { more, reorders } = this.#packing.better(this.#tickets);
    this.#isSettled = !reorders;
    if (!reorders || (more < wasteful && calm < calmMS)) return false;
    this.#packing = new Packing(this.#room);
    return true;
  }

  /** The tickets of this page as one reads them: column by column, or from the top where it scrolls. @returns {string[]} */
  get reading() {
    const here = [...this.spots].filter(([, [spot]]) => spot.page === this.page);
    const at = (/** @type {Spot} */ { column, top }) => (this.#room.height === Infinity ? [top, column] : [column, top]);
    return here.sort(([, [a]], [, [b]]) => at(a)[0] - at(b)[0] || at(a)[1] - at(b)[1]).map(([id]) => id);
  }

  /** @param {number} page */
  turn(page) {
    this.page = Math.max(0, Math.min(page, this.pages - 1));
    this.#main.scrollTop = 0;
  }

  #measureRoom() {
    const { font, gap } = { font: parseFloat(getComputedStyle(this.#list).fontSize), gap: parseFloat(getComputedStyle(this.#main).paddingTop) };
    const width = this.#main.clientWidth - 2 * gap;
    const high = this.#main.clientHeight - 2 * gap;
    const columns = Math.max(1, Math.floor((width + gap) / (font * narrowest + gap)));
    const height = columns > 1 && high >= Math.max(font * lowest, lowestPX) ? high : Infinity;
    const room = { columns, height, gap, width, font };
    if (JSON.stringify(room) === JSON.stringify(this.#room)) return false;
    this.#room = room;
    this.#heights.clear();
    this.#main.style.setProperty("--column", `${(width - gap * (columns - 1)) / columns}px`);
    this.#main.style.setProperty("--page", height === Infinity ? "none" : `${height}px`);
    return true;
  }

  /** Reads how high they are all at once, since each look after a change lays the page out. @param {{id: string, node: HTMLElement}[]} rows */
  #measure(rows) {
    for (const { id, node } of rows) {
      this.#joinParts(id, node);
      node.hidden = false;
      node.style.maxHeight = "none";
      node.style.height = "";
    }
    const sizes = rows.map(({ node }) => sizeOf(node));
    rows.forEach(({ id, node }, i) => {
      node.style.maxHeight = "";
      const { whole, lines } = sizes[i];
      this.#heights.set(id, whole <= this.#room.height ? [whole] : this.#split(id, node, whole, lines));
    });
  }

  /** @param {string} id @param {HTMLElement} node @param {number} whole @param {number[]} lines their heights */
  #split(id, node, whole, lines) {
    const room = this.#room.height - (whole - lines.reduce((sum, height) => sum + height, 0));
    const list = /** @type {Element} */ (node.querySelector(".ticket-lines"));
    const items = [...list.children];
    /** @type {Element[][]} */
    const groups = [[]];
    let used = 0;
    items.forEach((item, i) => {
      if (used + lines[i] > room && groups[groups.length - 1].length) (groups.push([]), (used = 0));
      groups[groups.length - 1].push(item);
      used += lines[i];
    });
    const parts = groups.slice(1).map((group, i) => createPart(node, group, i + 2, groups.length, this.#act));
    this.#overlay.append(...parts);
    this.#parts.set(id, parts);
    node.toggleAttribute("data-split", parts.length > 0);
    const full = parts.map(() => this.#room.height);
    return [...full, Math.min(this.#room.height, (parts[parts.length - 1] ?? node).offsetHeight)];
  }

  /** The ticket in one piece again. @param {string} id @param {HTMLElement} node */
  #joinParts(id, node) {
    const lines = node.querySelector(".ticket-lines");
    for (const part of this.#parts.get(id) ?? []) lines?.append(.../** @type {Element} */ (part.querySelector(".ticket-lines")).children);
    this.#removeParts(id);
    node.toggleAttribute("data-split", false);
  }

  /** @param {string} id */
  #removeParts(id) {
    for (const part of this.#parts.get(id) ?? []) part.remove();
    this.#parts.delete(id);
  }

  /** @param {Set<string>} wanted */
  #forget(wanted) {
    for (const id of this.#heights.keys()) if (!wanted.has(id)) this.#heights.delete(id);
    for (const id of this.#parts.keys()) if (!wanted.has(id)) this.#removeParts(id);
  }

  /** @param {{id: string, node: HTMLElement}[]} rows */
  #show(rows) {
    const all = [...this.spots.values()].flat();
    this.pages = 1 + Math.max(0, ...all.map(({ page }) => page));
    this.page = Math.min(this.page, this.pages - 1);
    this.away = 0;
    let bottom = 0;
    for (const { id, node } of rows) {
      const spots = this.spots.get(id) ?? [];
      const nodes = [node, ...(this.#parts.get(id) ?? [])];
      spots.forEach((spot, i) => this.#put(nodes[i], spot));
      if (!spots.some(({ page }) => page === this.page)) this.away++;
      for (const spot of spots) bottom = Math.max(bottom, spot.top + spot.height);
    }
    this.#main.style.setProperty("--bottom", this.#room.height === Infinity ? `${bottom}px` : "100%");
  }

  /** @param {HTMLElement} node @param {Spot} spot */
  #put(node, { page, column, top, height }) {
    const { width, columns, gap } = this.#room;
    const isHere = page === this.page;
    const spot = `${page} ${column} ${top}`;
    node.classList.toggle("slides", isHere && !node.hidden && Boolean(node.dataset.spot) && node.dataset.spot !== spot);
    node.hidden = !isHere;
    node.dataset.spot = spot;
    node.style.translate = `${(column * (width + gap)) / columns}px ${top}px`;
    node.style.height = height === this.#room.height ? `${height}px` : "";
  }
}

/** @param {HTMLElement} node */
function sizeOf(node) {
  const items = /** @type {HTMLElement[]} */ ([...node.querySelectorAll(".ticket-lines > li")]);
  const tops = items.map((item) => item.offsetTop);
  const end = items.length ? tops[tops.length - 1] + items[items.length - 1].offsetHeight : 0;
  return { whole: node.offsetHeight, lines: items.map((item, i) => (tops[i + 1] ?? end) - tops[i]) };
}
