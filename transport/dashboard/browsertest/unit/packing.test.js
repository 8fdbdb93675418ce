// Tickets of different height on a wall, without a browser.
import assert from "node:assert/strict";
import test from "node:test";
import { Packing } from "../../pages/packing.js";

const room = { columns: 3, height: 100, gap: 10 };
const ticket = (id, ...heights) => ({ id: String(id), heights });
const shown = (spots, id) => spots.get(String(id)).map(({ page, column, top }) => `${page}/${column}/${top}`).join(" ");

/** No two share a place, and none stands lower than its page. */
function whole(spots, { height, gap }) {
  const all = [...spots.values()].flat();
  for (const [i, a] of all.entries()) {
    assert.ok(a.top === 0 || a.top + a.height <= height, JSON.stringify(a));
    for (const b of all.slice(i + 1)) assert.ok(a.page !== b.page || a.column !== b.column || a.top + a.height + gap <= b.top || b.top + b.height + gap <= a.top, `${JSON.stringify(a)} ${JSON.stringify(b)}`);
  }
}

test("the oldest stand first, and smaller ones below taller ones", () => {
  const spots = new Packing(room).arrange([ticket(1, 60), ticket(2, 70), ticket(3, 30), ticket(4, 50), ticket(5, 20)]);
  assert.deepEqual([1, 2, 3, 4, 5].map((id) => shown(spots, id)), ["0/0/0", "0/1/0", "0/0/70", "0/2/0", "0/1/80"]);
});

test("what is gone leaves its place free; nothing else moves, and what comes fills it", () => {
  const packing = new Packing(room);
  const tickets = Array.from({ length: 6 }, (_, i) => ticket(i, 45));
  const before = new Map(packing.arrange(tickets));
  const after = packing.arrange(tickets.slice(1));
  for (let i = 1; i < 6; i++) assert.deepEqual(after.get(String(i)), before.get(String(i)));
  assert.equal(shown(packing.arrange([...tickets.slice(1), ticket(9, 40)]), 9), shown(before, 0));
  assert.deepEqual(packing.better([...tickets.slice(1), ticket(9, 40)]), { more: 0, reorders: true });
});

test("a ticket of a later page comes to the first when there is room", () => {
  const packing = new Packing(room);
  const tickets = Array.from({ length: 8 }, (_, i) => ticket(i, 45));
  assert.equal(shown(packing.arrange(tickets), 6), "1/0/0");
  const after = packing.arrange(tickets.filter(({ id }) => id !== "2"));
  assert.equal(shown(after, 6), "0/1/0");
  assert.equal(shown(after, 7), "1/0/55");
});

test("what is longer than a column goes on in the next one, on one page where a page has room for it", () => {
  const spots = new Packing(room).arrange([ticket(1, 50), ticket(2, 50), ticket(3, 100, 100, 30), ticket(4, 60), ticket(5, 100, 100, 100, 40)]);
  assert.equal(shown(spots, 3), "1/0/0 1/1/0 1/2/0");
  assert.equal(shown(spots, 4), "0/2/0");
  assert.equal(shown(spots, 5), "2/0/0 2/1/0 2/2/0 3/0/0");
  whole(spots, room);
});

test("one that waits for room is passed by three younger ones, no more", () => {
  const packing = new Packing({ columns: 1, height: 100, gap: 0 });
  const tickets = [ticket(1, 40), ticket(2, 90), ...[3, 4, 5, 6, 7].map((id) => ticket(id, 10))];
  const spots = packing.arrange(tickets);
  assert.deepEqual([2, 3, 4, 5, 6, 7].map((id) => spots.get(String(id))[0].page), [1, 0, 0, 0, 1, 2]);
  // nor later, however many small ones come
  const after = packing.arrange([...tickets.slice(0, 3), ticket(8, 10), ticket(9, 10), ticket(10, 10), ticket(11, 10)]);
  assert.deepEqual([...after.values()].filter(([spot]) => spot.page === 0).length, 4);
});

test("a ticket that grows keeps its place while it fits, else all is packed anew", () => {
  const packing = new Packing(room);
  const tickets = [ticket(1, 40), ticket(2, 60), ticket(3, 60), ticket(4, 30)];
  const places = (spots) => [1, 2, 3, 4].map((id) => shown(spots, id));
  assert.deepEqual(places(packing.arrange(tickets)), ["0/0/0", "0/1/0", "0/2/0", "0/0/50"]);
  assert.deepEqual(places(packing.arrange([ticket(1, 40), ticket(2, 90), ...tickets.slice(2)])), ["0/0/0", "0/1/0", "0/2/0", "0/0/50"]);
  assert.deepEqual(places(packing.arrange([ticket(1, 70), ticket(2, 50), ...tickets.slice(2)])), ["0/0/0", "0/1/0", "0/2/0", "0/1/60"]);
});

test("without a page's height, each keeps its column and slides up in it", () => {
  const packing = new Packing({ columns: 2, height: Infinity, gap: 5 });
  const tickets = Array.from({ length: 6 }, (_, i) => ticket(i, 20 + i * 10));
  const before = packing.arrange(tickets);
  assert.equal(new Set([...before.values()].map(([spot]) => spot.page)).size, 1);
  const columns = [...before].map(([id, [spot]]) => [id, spot.column]).slice(1);
  const after = packing.arrange(tickets.slice(1));
  assert.deepEqual([...after].map(([id, [spot]]) => [id, spot.column]).sort(), columns.sort());
  whole(after, { height: Infinity, gap: 5 });
});

test("however tickets come and go, none stands on another and the oldest page is full", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const packing = new Packing(room);
  let tickets = [];
  for (let i = 0; i < 400; i++) {
    if (random(3) === 0) tickets = tickets.filter(() => random(4) > 0);
    else tickets.push(random(12) === 0 ? ticket(i, 100, 10 + random(80)) : ticket(i, 15 + random(70)));
    tickets = tickets.map((one) => (random(10) === 0 && one.heights.length === 1 ? ticket(one.id, 15 + random(70)) : one));
    const spots = packing.arrange(tickets);
    assert.equal(spots.size, tickets.length);
    whole(spots, room);
  }
});
