/** So long after a row came to its place, a finger may still mean what stood there before. */
const settleMS = 1_000;
const stirPX = 4;

/** @typedef {{left: number, top: number, right: number, bottom: number, spot?: string}} Box spot: where it slides to, if it says so in data-spot */

/**
 * Presses keeps a finger from moving what slid under it. A press counts for a
 * row when it began on that row, and the row had its place for a second. A row
 * that has not carries data-settling.
 */
export class Presses {
  /** @type {Map<Element, number>} rows that came to their place just now, and when */
  #stirred = new Map();
  /** @type {{box: Box, until: number}[]} where rows stood that are gone */
  #ghosts = [];
  /** @type {{row: Element | null, at: number}} */
  #down = { row: null, at: 0 };
  #root;
  #rows;

  /** @param {HTMLElement} root @param {string} rows selects them */
  constructor(root, rows) {
    this.#root = root;
    this.#rows = rows;
    root.addEventListener("pointerdown", (event) => (this.#down = { row: this.#rowOf(event.target), at: performance.now() }), { capture: true });
    // A key that is held down presses again and again, whatever comes under it.
    root.addEventListener("keydown", (event) => void (event.repeat && event.key === "Enter" && event.preventDefault()), { capture: true });
  }

  /** Draws, and notes which rows are not where they were. @param {() => void} draw */
  around(draw) {
    const before = this.#boxes();
    const focused = this.#rowOf(document.activeElement);
    draw();
    const now = performance.now();
    const after = this.#boxes();
    this.#ghosts = this.#ghosts.filter(({ until }) => until > now);
    for (const [row, box] of before) if (!after.has(row)) this.#ghosts.push({ box, until: now + settleMS });
    const taken = [...this.#ghosts.map(({ box }) => box), ...before.values()];
    for (const [row, box] of after) {
      const was = before.get(row);
      if (was ? far(was, box) : taken.some((other) => meet(other, box))) this.#stir(row, now);
    }
    const focusedNow = this.#rowOf(document.activeElement);
    if (focusedNow && focusedNow !== focused) this.#stir(focusedNow, now);
  }

  /** Whether a click on this row was meant for it. @param {MouseEvent} event @param {Element} row */
  means(event, row) {
    const at = event.detail === 0 ? performance.now() : this.#down.at; // 0: a key, or a reader's click
    const settled = at - (this.#stirred.get(row) ?? -settleMS) >= settleMS;
    return settled && (event.detail === 0 || this.#down.row === row);
  }

  /** @param {Element} row @param {number} now */
  #stir(row, now) {
    this.#stirred.set(row, now);
    row.toggleAttribute("data-settling", true);
    setTimeout(() => {
      if (this.#stirred.get(row) !== now) return;
      this.#stirred.delete(row);
      row.toggleAttribute("data-settling", false);
    }, settleMS);
  }

  #boxes() {
    /** @type {Map<Element, Box>} */
    const boxes = new Map();
    for (const row of this.#root.querySelectorAll(this.#rows)) {
      const box = row.getBoundingClientRect();
      const { left, top, right, bottom } = box;
      if (box.width && bottom > 0 && top < innerHeight) boxes.set(row, { left, top, right, bottom, spot: /** @type {HTMLElement} */ (row).dataset.spot });
    }
    return boxes;
  }

  /** @param {any} node */
  #rowOf(node) {
    return node?.closest?.(this.#rows) ?? null;
  }
}

/** @param {Box} a @param {Box} b */
const far = (a, b) => a.spot !== b.spot || Math.abs(a.left - b.left) > stirPX || Math.abs(a.top - b.top) > stirPX;

/** @param {Box} a @param {Box} b */
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
