package api_test

import (
	"fmt"
	"sync"
	"testing"

	"heard/domain"
)

// together runs clients at once and waits for them.
func together(clients int, client func(i int)) {
	var wg sync.WaitGroup
	for i := range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			client(i)
		}()
	}
	wg.Wait()
}

// Two devices on one table lose no line: commands without If-Match merge.
func TestLinesOfManyClientsAreAllThere(t *testing.T) {
	const clients, each = 8, 12
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(`{"items":[{"line_id":"first","name":"first","quantity":1,"price":"0.10"}]}`)
	together(clients, func(i int) {
		p := k.user(fmt.Sprint("u", i), domain.Waiter)
		for j := range each {
			a, err := p.try("POST", "/api/orders/"+id+"/items", fmt.Sprintf(`{"items":[{"line_id":"c%d-%d","name":"x","quantity":1.5,"price":"%d.%02d"}]}`, i, j, i, j))
			if err != nil || a.StatusCode != 200 || a.raw("version") == "" {
				t.Errorf("%v %s", err, a.body)
			}
			// what was answered can be read at once
			if got, err := p.try("GET", "/api/orders/"+id, ""); err != nil || len(got.body) < len(a.body) {
				t.Errorf("read %d bytes after %d were answered", len(got.body), len(a.body))
			}
		}
	})
	a := w.get("/api/orders/" + id)
	seen := map[string]int{}
	for _, line := range (answer{t: t, body: a.raw("items")}).rows() {
		seen[line.text("line_id")]++
	}
	total := int64(10)
	for i := range clients {
		for j := range each {
			if seen[fmt.Sprintf("c%d-%d", i, j)] != 1 {
				t.Errorf("line c%d-%d is there %d times", i, j, seen[fmt.Sprintf("c%d-%d", i, j)])
			}
			total += (3*int64(100*i+j) + 1) / 2 // 1.5 ×, half up
		}
	}
	tax := (total*5 + 50) / 100
	a.has("subtotal_minor", fmt.Sprint(total), "tax_minor", fmt.Sprint(tax), "total_minor", fmt.Sprint(total+tax), "version", fmt.Sprint(1+clients*each), "lines_added", fmt.Sprint(1+clients*each))
	if n := w.events(id); n != 1+clients*each {
		t.Errorf("%d events", n)
	}
	for i, e := range w.get("/api/orders/" + id + "/events").rows() {
		e.has("version", fmt.Sprint(i+1), "seq", fmt.Sprint(i+1))
	}
}

// Of many that saw the same version exactly one may change it, round after round.
func TestIfMatchHasOneWinner(t *testing.T) {
	const clients, rounds = 8, 10
	k := open(t)
	w := k.as(domain.Waiter)
	id := w.place(onePizza)
	for round := range rounds {
		var mu sync.Mutex
		won := 0
		together(clients, func(i int) {
			a, err := w.try("PATCH", "/api/orders/"+id+"/items/l1", fmt.Sprintf(`{"notes":"%d of %d"}`, i, round), "If-Match", fmt.Sprintf(`"v%d"`, round+1))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case a.StatusCode == 200:
				won++
			default:
				if a.want(412, domain.VersionMismatch, ""); a.raw("order.version") != fmt.Sprint(round+2) {
					t.Errorf("the loser is shown %s", a.raw("order"))
				}
			}
		})
		if won != 1 {
			t.Fatalf("round %d has %d winners", round, won)
		}
	}
	if n := w.events(id); n != 1+rounds {
		t.Errorf("%d events", n)
	}
}

// One moves on, one goes back, one cancels: the timeline is a path of the status
// machine, whoever came first.
func TestRacingMovesKeepTheMachine(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	for range 6 {
		id := boss.place(onePizza)
		statuses := []string{"preparing", "ready", "served", "completed", "cancelled", "pending"}
		together(len(statuses), func(i int) {
			a, err := boss.try("PUT", "/api/orders/"+id+"/status?status="+statuses[i], "")
			if err != nil || a.StatusCode != 200 && a.StatusCode != 409 {
				t.Errorf("%v %d %s", err, a.StatusCode, a.body)
			}
		})
		at := "pending"
		for _, e := range boss.get("/api/orders/" + id + "/events").rows()[1:] {
			to := "cancelled"
			switch e.text("event") {
			case "order.reopened":
				to = "preparing"
				if at != "completed" {
					t.Errorf("reopened from %s", at)
				}
			default:
				if e.raw("data.to") != "" {
					to = e.text("data.to")
				}
				if e.text("data.from") != at {
					t.Errorf("moved from %s, but was at %s", e.text("data.from"), at)
				}
			}
			at = to
		}
		boss.get("/api/orders/"+id).has("status", `"`+at+`"`)
		boss.events(id)
	}
}

// One table, many guests at once, one order.
func TestTableIsTakenOnce(t *testing.T) {
	k := open(t)
	k.as(domain.Manager).put("/api/settings", `{"one_order_per_table":true}`)
	var mu sync.Mutex
	count := map[int]int{}
	together(12, func(int) {
		a, err := k.as(domain.Waiter).try("POST", "/api/orders", `{"table_id":"t1",`+onePizza[1:])
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		count[a.StatusCode]++
	})
	if count[200] != 1 || count[409] != 11 {
		t.Errorf("answers %v", count)
	}
}

// Batches over the same orders, in different order, at once: none waits for ever
// and each row's version is the order's.
func TestBatchesAtOnce(t *testing.T) {
	k := open(t)
	boss := k.as(domain.Manager)
	a, b := boss.place(onePizza), boss.place(onePizza)
	row := func(id, status string) string { return `{"order_id":"` + id + `","status":"` + status + `"}` }
	together(8, func(i int) {
		first, second := a, b
		if i%2 == 1 {
			first, second = b, a
		}
		for _, status := range []string{"preparing", "ready", "preparing"} {
			got, err := boss.try("POST", "/api/orders/batch-update-status", "["+row(first, status)+","+row(second, status)+"]")
			if err != nil || got.StatusCode != 200 {
				t.Errorf("%v %s", err, got.body)
			}
		}
	})
	boss.events(a)
	boss.events(b)
}
