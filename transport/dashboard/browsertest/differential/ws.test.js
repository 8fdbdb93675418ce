// The engine as npm's ws sees it: another author's reading of RFC 6455. Run by
// TestAnotherClientSpeaksTheSame of transport/ws, which has an engine ready and
// reads the same events with gorilla/websocket.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { Peer, address, call, orderAt, token } from "./peer.js";

const bearer = { Authorization: `Bearer ${token}` };
const path = "/ws/bistro/w/waiter";
const entered = () => new Peer(`${path}?token=${token}`).opened();

test("the token by query, subprotocol, header and first frame", async () => {
  for (const peer of [new Peer(`${path}?token=${token}`), new Peer(`/ws?token=${token}`), new Peer(path, { headers: bearer })]) {
    await peer.opened();
    assert.equal(peer.socket.protocol, "");
    await peer.answers();
  }
  const offered = new Peer(path, {}, ["bearer", token]);
  await offered.opened();
  assert.equal(offered.socket.protocol, "bearer"); // ws itself fails when a server picks what was not offered
  const first = new Peer("/ws");
  await first.connected();
  first.send({ type: "auth", token });
  await first.opened();
});

test("compression is offered, and declined by leaving it out", async () => {
  const peer = new Peer(`${path}?token=${token}`, { perMessageDeflate: true });
  const response = await peer.upgraded();
  assert.match(peer.asked, /permessage-deflate/);
  assert.equal(response.statusCode, 101);
  assert.equal(response.headers["sec-websocket-extensions"], undefined);
  await peer.opened();
  assert.equal(peer.socket.extensions, "");
  await peer.answers();
});

test("an ordinary request to the socket's address is told to upgrade", async () => {
  const answer = await fetch(`http://${address}${path}`, { headers: bearer });
  assert.equal(answer.status, 426);
  assert.match(await answer.text(), /UPGRADE_REQUIRED/);
});

test("pings of the protocol carry their payload back, those of the application get a pong", async () => {
  const peer = await entered();
  for (const payload of ["", "hello", "é€😀", "x".repeat(125)]) {
    const back = peer.pong();
    peer.socket.ping(payload);
    assert.equal(String(await back), payload);
  }
  await peer.answers();
});

test("a message in fragments is one message, with a ping in between", async () => {
  const peer = await entered();
  const text = Buffer.from('{"type":"subscribe","rooms":["station:é€😀"]}');
  for (const cut of [1, text.indexOf("é") + 1, text.indexOf("😀") + 2, text.length - 1]) { // also within a rune
    const back = peer.pong();
    peer.socket.send(text.subarray(0, cut), { binary: false, fin: false });
    peer.socket.ping("between");
    peer.socket.send(text.subarray(cut), { binary: false, fin: true });
    assert.equal(String(await back), "between");
    assert.match((await peer.next("subscribed")).text, /é€😀/);
  }
});

test("who closes gets the code back", async () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    const peer = await entered();
    peer.socket.close(code, "bye");
    assert.equal((await peer.closed()).code, code);
  }
  const peer = await entered();
  peer.socket.close();
  assert.equal((await peer.closed()).code, 1005);
});

test("who may not enter gets a code and a reason, and not one frame", async () => {
  const refused = {
    [`${path}?token=nonsense`]: 4401,
    [`/ws/bistro/w/admin?token=${token}`]: 4403,
    [`/ws/rival/w/waiter?token=${token}`]: 4403,
    [`/ws/bistro/other/waiter?token=${token}`]: 4403,
  };
  for (const [at, wanted] of Object.entries(refused)) {
    const peer = new Peer(at);
    const { code, reason } = await peer.closed();
    assert.equal(code, wanted, at);
    assert.ok(reason.length > 5, at);
    assert.deepEqual(peer.frames, []);
  }
  const first = new Peer("/ws");
  await first.connected();
  first.send({ type: "auth", token: "nonsense" });
  assert.equal((await first.closed()).code, 4401);
});

test("64 KiB are taken, one byte more is 1009", async () => {
  const most = 64 << 10;
  const quoted = (bytes) => `"${"x".repeat(bytes - 2)}"`;
  const peer = await entered();
  peer.socket.send(quoted(most));
  await peer.next("error"); // read, and no message
  await peer.answers();
  peer.socket.send(quoted(most + 1));
  assert.equal((await peer.closed()).code, 1009);
  const parts = await entered();
  for (let i = 0; i < 5; i++) parts.socket.send("x".repeat(16 << 10), { fin: i === 4 });
  assert.equal((await parts.closed()).code, 1009);
});

test("what is no text of ours: bad UTF-8 is 1007, binary 1003, unmasked 1002", async () => {
  for (const bad of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xe2, 0x82]]) {
    const peer = await entered();
    peer.socket.send(Buffer.from(bad), { binary: false });
    assert.equal((await peer.closed()).code, 1007, String(bad));
  }
  const binary = await entered();
  binary.socket.send(Buffer.from('{"type":"ping"}'));
  assert.equal((await binary.closed()).code, 1003);
  const bare = await entered();
  bare.socket.send('{"type":"ping"}', { mask: false });
  assert.equal((await bare.closed()).code, 1002);
});

test("a command is answered as REST answers it, once for its key", async () => {
  const peer = await entered();
  const headers = { "Idempotency-Key": "from-ws" };
  const placed = await peer.command("POST", "/api/orders", orderAt("t-1"), headers);
  assert.equal(placed.status, 200);
  assert.deepEqual(placed.body, await call("GET", `/api/orders/${placed.body.id}`));
  const again = await peer.command("POST", "/api/orders", orderAt("t-1"), headers);
  assert.deepEqual(again.body, placed.body);
  assert.equal(again.headers["idempotent-replayed"], "true");
  const late = await peer.command("PUT", `/api/orders/${placed.body.id}/status`, { status: "ready" }, { "If-Match": '"v9"' });
  assert.deepEqual([late.status, late.body.code], [412, "VERSION_MISMATCH"]);
});

test("after a cut, resuming brings what was missed, once and in order", async () => {
  const first = await entered();
  const { seq, epoch } = await first.end();
  await call("POST", "/api/orders", orderAt("t-2"));
  const { frame: seen } = await first.next("order_update", (frame) => frame.seq === seq + 1);
  first.socket.terminate();
  for (let i = 0; i < 5; i++) await call("POST", "/api/orders", orderAt(`t-${i}`));
  const again = new Peer(`${path}?token=${token}&epoch=${epoch}&seq=${seen.seq}`);
  await again.connected();
  for (let n = 1; n <= 5; n++) {
    const { frame } = await again.next("order_update");
    assert.deepEqual([frame.seq, frame.prev, frame.epoch], [seen.seq + n, seen.seq + n - 1, epoch]);
  }
  const lost = new Peer(`${path}?token=${token}&epoch=other&seq=1`);
  await lost.next("resync_required");
  await lost.end();
});

test("an evening's events, written down for gorilla's to be compared with", async () => {
  const peer = new Peer(`/ws?token=${process.env.HEARD_STREAM_TOKEN}`);
  await peer.end();
  const ask = async (...what) => {
    const { status, body } = await peer.command(...what);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  await ask("PUT", "/api/menu", [{ id: "dal", name: "Dāl <b>& naan</b> 😀", price: 12.5, station: "curry" }]);
  for (let i = 0; i < 20; i++) {
    const order = await ask("POST", "/api/orders", { ...orderAt(`t-${i}`), customer_name: `Žofie "${i}" & <i>\u00a0` });
    await ask("PUT", `/api/orders/${order.id}/status`, { status: "preparing" });
    await ask("POST", `/api/orders/${order.id}/items`, { items: [{ menu_item_id: "dal", quantity: 2, notes: "\\ / ü" }] });
    if (i % 3 === 0) await ask("POST", `/api/orders/${order.id}/discount`, { discount_type: "percent", discount_value: 10 });
    if (i % 4 === 0) await ask("PUT", `/api/orders/${order.id}/cancel`, { reason: "walked out" });
  }
  await ask("POST", "/api/menu/86", { item_ids: ["dal"] });
  await peer.had("menu.86", (frame) => frame.event === "menu.86");
  const events = peer.frames.filter(({ frame }) => frame.event);
  assert.ok(events.length > 60);
  writeFileSync(process.env.HEARD_FRAMES, events.map(({ text }) => `${text}\n`).join(""));
});
