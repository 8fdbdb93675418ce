package api_test

import (
	"fmt"
	"testing"

	"heard/domain"
)

// Each line names the one that was shown before it, also over pages and whatever
// position is asked from, so that a reader tells a line that is missing from one
// that nobody is shown.
func TestEventsSayWhatWasShownBefore(t *testing.T) {
	k := openOwn(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	same := func(key string) { // an event for the key alone
		w.do("PUT", "/api/orders/"+id+"/status?status=pending", "", "Idempotency-Key", key).ok()
	}
	same("first")
	w.place(onePizza)
	for i := range 100 { // longer than one step back
		same(fmt.Sprint("k", i))
	}
	w.place(onePizza)
	w.place(onePizza)
	same("last")
	look := func() {
		t.Helper()
		all := w.get("/api/events")
		if seqs, prevs := all.each("seq"), all.each("prev"); seqs != "1 3 104 105" || prevs != "0 1 3 104" {
			t.Fatalf("seqs %s, prevs %s", seqs, prevs)
		}
		for after := range 108 {
			for _, limit := range []int{1, 1000} {
				a := w.get(fmt.Sprintf("/api/events?after=%d&limit=%d", after, limit))
				for i, row := range a.rows() { // as they stand in the whole
					whole := all.rows()[len(all.rows())-len(w.get(fmt.Sprint("/api/events?after=", after)).rows())+i]
					if row.body != whole.body {
						t.Errorf("after %d: %s, and in the whole %s", after, row.body, whole.body)
					}
				}
			}
		}
		prev := "0"
		for path := "/api/events?limit=1"; path != ""; {
			a := w.get(path)
			if len(a.rows()) > 0 {
				if a.rows()[0].raw("prev") != prev {
					t.Errorf("%s follows %s", a.body, prev)
				}
				prev = a.rows()[0].raw("seq")
			}
			path = linkOf(a)
		}
	}
	look()
	k.restart() // from the archive
	w = k.as(domain.Waiter)
	look()
	line := w.get("/api/orders/" + id + "/events?after=0").rows()
	if len(line) != 1 || line[0].raw("prev") != "0" {
		t.Errorf("timeline %v", line)
	}
}
