package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"heard/actors"
	"heard/domain"
	"heard/persistence"
)

// hooked lets something happen just before the Store is asked for a list.
type hooked struct {
	persistence.Store
	once sync.Once
	hook func()
}

func (h *hooked) Orders(ctx context.Context, s persistence.Selection) ([]persistence.Document, error) {
	if h.hook != nil {
		h.once.Do(h.hook)
	}
	return h.Store.Orders(ctx, s)
}

// A restart, closed orders in the store, a trimmed tail: nothing is another than
// before, keys too.
func TestNothingIsLostByARestart(t *testing.T) {
	var store *hooked
	k := openOwn(t, func(o *actors.Options) { store = &hooked{Store: o.Store}; o.Store = store })
	boss, w := k.as(domain.Manager), k.as(domain.Waiter)
	boss.put("/api/menu", "["+dosa+","+chai+"]")
	boss.put("/api/settings", `{"status_transitions":"lenient","round_off":{"increment":1}}`)
	gone := k.issued("gone", domain.Waiter, time.Now().Add(-time.Second))
	k.as(domain.Admin).post("/api/admin/revoke", `{"sub":"gone"}`)
	ids := evening(k)
	first := w.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok()
	nothing := w.do("PUT", "/api/orders/"+first.text("id")+"/status?status=pending", "", "Idempotency-Key", "k2").ok()
	paths := []string{"/api/orders", "/api/orders?status=all", "/api/events", "/api/menu", "/api/settings"}
	for _, id := range ids {
		paths = append(paths, "/api/orders/"+id, "/api/orders/"+id+"/events", "/api/orders/"+id+"/bill?explain=1", "/api/orders/"+id+"?version=1")
	}
	var before []answer
	for _, path := range paths {
		before = append(before, w.get(path))
	}
	k.restart()
	for i, path := range paths {
		w.get(path).is(before[i].body).head("ETag", before[i].Header.Get("ETag"))
	}
	w.do("POST", "/api/orders", onePizza, "Idempotency-Key", "k1").ok().is(first.body).head("Idempotent-Replayed", "true").head("ETag", `"v1"`)
	w.do("PUT", "/api/orders/"+first.text("id")+"/status?status=pending", "", "Idempotency-Key", "k2").ok().is(nothing.body).head("Idempotent-Replayed", "true").head("ETag", `"v1"`)
	w.do("POST", "/api/orders", `{"items":[]}`, "Idempotency-Key", "k1").want(422, domain.KeyReused, "")
	gone.do("GET", "/api/orders", "").want(401, domain.Unauthenticated, "")
	// closed orders come back to life, in the middle of a list that is made of memory
	// and Store: it misses none
	store.hook = func() {
		boss.post("/api/orders/"+ids[4]+"/reopen", "").has("status", `"preparing"`, "version", "3")
	}
	if got := boss.get("/api/orders?status=all&limit=3").each("number"); got != "7 6 5" {
		t.Errorf("listed %s", got)
	}
	boss.get("/api/orders/"+ids[4]).has("status", `"preparing"`)
	// and numbers go on
	w.post("/api/orders", onePizza).has("number", "8")
}
