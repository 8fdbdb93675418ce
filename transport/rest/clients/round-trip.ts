// One round trip through the types that openapi-typescript makes of the document:
// an order, its total, the list, and an error with its code.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./made/heard.js";

const { HEARD_URL: baseUrl = "", HEARD_TOKEN: token = "" } = process.env;
const heard = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

type Line = components["schemas"]["LineRequest"];
const chai: Line = { name: "Masala Chai", quantity: 2, price_minor: 6000, modifiers: [{ name: "Less sugar" }] };

const placed = await heard.POST("/api/orders", {
	params: { header: { "Idempotency-Key": "ts-1" } },
	body: { order_type: "takeaway", items: [chai] },
});
assert(placed.data, JSON.stringify(placed.error));
const order: components["schemas"]["Order"] = placed.data;
const total: number = order.total_minor;
assert.equal(total, 12600);
assert.equal(order.order_type, "takeaway");

const list = await heard.GET("/api/orders", { params: { query: { status: ["pending"], limit: 10 } } });
assert(list.data?.some((other) => other.id === order.order_id));

const moved = await heard.PUT("/api/orders/{id}/status", {
	params: { path: { id: order.id }, header: { "If-Match": '"v1"' } },
	body: { status: "preparing" },
});
assert.equal(moved.data?.version, 2);

const stale = await heard.PUT("/api/orders/{id}/status", {
	params: { path: { id: order.id }, header: { "If-Match": '"v1"' } },
	body: { status: "ready" },
});
const code: components["schemas"]["Code"] | undefined = stale.error?.code;
assert.equal(code, "VERSION_MISMATCH");
assert.equal(stale.error?.order?.status, "preparing");

// What the engine would refuse does not compile.
const bad = async () => {
	// @ts-expect-error a list of lines is needed
	await heard.POST("/api/orders", { body: {} });
	// @ts-expect-error no such status
	await heard.PUT("/api/orders/{id}/status", { params: { path: { id: "" } }, body: { status: "pendng" } });
	// @ts-expect-error no such call
	await heard.GET("/api/nothing");
};
void bad;
