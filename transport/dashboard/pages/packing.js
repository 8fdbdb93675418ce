/**
 * @typedef {{page: number, column: number, top: number, height: number}} Spot
 * @typedef {{columns: number, height: number, gap: number}} Room of a page, in pixels; height Infinity = one page that scrolls
 * @typedef {{id: string, heights: number[]}} Ticket one height for each column that it needs; all but the last are full
 */

/** A ticket that waits for room is passed by so many younger and smaller ones, no more. */
const mostPassed = 3;

/**
 * Packing gives tickets of different height their places in columns, the oldest
 * first, and page after page. A ticket keeps its place until it is gone: what
 * comes, or waits on a later page, fills what became free.
 */
export class Packing {
  /** @type {Map<string, Spot[]>} */
  #spots = new Map();
  /** @type {Map<string, Set<Spot>>} by page and column */
  #columns = new Map();
  #room;

  /** @param {Room} room */
  constructor(room) {
    this.#room = room;
  }

  /** @param {Ticket[]} tickets all there are, oldest first @returns {ReadonlyMap<string, Spot[]>} */
  arrange(tickets) {
    const had = this.#spots;
    this.#clear();
    if (this.#room.height === Infinity) this.#pile(tickets, had);
    else {
      if (!this.#keep(tickets, had)) this.#clear();
      this.#fill(tickets);
    }
    return this.#spots;
  }

  /**
   * What packing anew would better: how many tickets more the first page would
   * hold, and whether the oldest would stand first again.
   * @param {Ticket[]} tickets
   */
  better(tickets) {
    const fresh = new Packing(this.#room).arrange(tickets);
    const onFirst = (/** @type {ReadonlyMap<string, Spot[]>} */ spots) => [...spots.values()].filter(([spot]) => spot.page === 0).length;
    return { more: onFirst(fresh) - onFirst(this.#spots), reorders: tickets.some(({ id }) => !same(fresh.get(id)?.[0], this.#spots.get(id)?.[0])) };
  }

  /** What still fits where it was stays. @param {Ticket[]} tickets @param {Map<string, Spot[]>} had @returns {boolean} false: one that grew is in another's way and has to be packed anew with all */
  #keep(tickets, had) {
    for (const { id, heights } of tickets) {
      const spots = had.get(id);
      if (!spots) continue;
      const now = spots.map((spot, i) => ({ ...spot, height: heights[i] }));
      if (spots.length !== heights.length || !now.every((spot) => this.#isFree(spot))) return false;
      this.#put(id, now);
    }
    return true;
  }

  /** New tickets, and those of later pages, into what is free before. @param {Ticket[]} tickets */
  #fill(tickets) {
    let from = 0; // the first page that is not closed
    let waits = false; // one that did not fit there goes on a later page
    let passed = 0; // and so many younger ones stand before it
    for (const { id, heights } of tickets) {
      const now = this.#spots.get(id);
      if (now && now[0].page > from) this.#take(id, now);
      const spots = this.#spots.get(id) ?? this.#find(heights, from, now ? now[0].page : Infinity) ?? /** @type {Spot[]} */ (now);
      if (!this.#spots.has(id)) this.#put(id, spots);
      if (spots[0].page > from) waits = true;
      else if (waits && ++passed === mostPassed) [from, waits, passed] = [from + 1, false, 0];
    }
  }

  /** Columns that only grow: each ticket stays in its own, a new one goes to the shortest. @param {Ticket[]} tickets @param {Map<string, Spot[]>} had */
  #pile(tickets, had) {
    const ends = Array.from({ length: this.#room.columns }, () => 0);
    const place = (/** @type {Ticket} */ { id, heights: [height] }, /** @type {number} */ column) => {
      this.#put(id, [{ page: 0, column, top: ends[column], height }]);
      ends[column] += height + this.#room.gap;
    };
    for (const ticket of tickets) {
      const spot = had.get(ticket.id)?.[0];
      if (spot) place(ticket, spot.column);
    }
    for (const ticket of tickets) if (!this.#spots.has(ticket.id)) place(ticket, ends.indexOf(Math.min(...ends)));
  }

  /** The first free place on a page from one and before another. @param {number[]} heights @param {number} from @param {number} before @returns {Spot[] | undefined} */
  #find(heights, from, before) {
    const { columns } = this.#room;
    const pages = this.#pages();
    const first = heights.length > columns ? pages : from; // longer than a page: it begins one
    for (let page = first; page < Math.min(before, Math.max(from, pages) + 1); page++) {
      for (let column = 0; column + Math.min(heights.length, columns) <= columns; column++) {
        for (const top of heights.length > 1 ? [0] : this.#tops(page, column)) {
          const spots = heights.map((height, i) => ({ page: page + Math.floor((column + i) / columns), column: (column + i) % columns, top, height }));
          if (spots.every((spot) => this.#isFree(spot))) return spots;
        }
      }
    }
  }

  /** Where in a column something may begin: at its head and below each ticket. @param {number} page @param {number} column */
  #tops(page, column) {
    const below = [...this.#in(page, column)].map((spot) => spot.top + spot.height + this.#room.gap);
    return [0, ...below].sort((a, b) => a - b);
  }

  /** What is higher than a page has a column of its own. @param {Spot} spot */
  #isFree({ page, column, top, height }) {
    const { gap } = this.#room;
    if (top > 0 && top + height > this.#room.height) return false;
    return [...this.#in(page, column)].every((other) => top + height + gap <= other.top || other.top + other.height + gap <= top);
  }

  #pages() {
    let pages = 0;
    for (const spots of this.#spots.values()) pages = Math.max(pages, spots[spots.length - 1].page + 1);
    return pages;
  }

  /** @param {number} page @param {number} column */
  #in(page, column) {
    return this.#columns.get(`${page}/${column}`) ?? new Set();
  }

  /** @param {string} id @param {Spot[]} spots */
  #put(id, spots) {
    this.#spots.set(id, spots);
    for (const spot of spots) this.#columns.set(`${spot.page}/${spot.column}`, this.#in(spot.page, spot.column).add(spot));
  }

  /** @param {string} id @param {Spot[]} spots */
  #take(id, spots) {
    this.#spots.delete(id);
    for (const spot of spots) this.#in(spot.page, spot.column).delete(spot);
  }

  #clear() {
    this.#spots = new Map();
    this.#columns = new Map();
  }
}

/** @param {Spot | undefined} a @param {Spot | undefined} b */
const same = (a, b) => a?.page === b?.page && a?.column === b?.column && a?.top === b?.top;
