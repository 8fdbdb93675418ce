package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// row is an order as far as these tests look into it.
type row struct {
	ID            string `json:"id"`
	Number        int    `json:"number"`
	ClientOrderID string `json:"client_order_id"`
	Status        string `json:"status"`
	Version       int    `json:"version"`
	Currency      string `json:"currency"`
	TotalMinor    int64  `json:"total_minor"`
	Items         []struct {
		Quantity json.Number `json:"quantity"`
	} `json:"items"`
}

// legacyBody is the body of the old load test, which sends no key.
const legacyBody = `{"table_id":"table1","table_number":1,"items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`

func (e *engine) create(key string) answer {
	body := fmt.Sprintf(`{"client_order_id":"pos-%s","items":[{"menu_item_id":"item1","name":"Pizza","quantity":2,"price":10}]}`, key)
	return e.do("POST", "/api/orders", body, "Idempotency-Key", key)
}

func (e *engine) move(id, status, key string) answer {
	return e.do("PUT", "/api/orders/"+id+"/status?status="+status, "", "Idempotency-Key", key)
}

func parse[T any](t *testing.T, body []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%v in %.300s", err, body)
	}
	return v
}

// list pages through all orders of the organisation, newest first.
func (e *engine) list() []row {
	e.t.Helper()
	var all []row
	for cursor := ""; ; {
		a := e.do("GET", "/api/orders?status=all&limit=100"+cursor, "")
		if !a.ok() {
			e.t.Fatalf("list: %v", a)
		}
		all = append(all, parse[[]row](e.t, a.body)...)
		next := a.header.Get("X-Next-Cursor")
		if next == "" {
			return all
		}
		cursor = "&cursor=" + next
	}
}

// wantNumbers checks that the orders are numbered 1 to n, newest first, without
// gap or repeat, and returns them by client_order_id, of which none is there twice.
func (e *engine) wantNumbers(n int) map[string]row {
	e.t.Helper()
	rows := e.list()
	if len(rows) != n {
		e.t.Errorf("%d orders, want %d", len(rows), n)
	}
	byClient := make(map[string]row, len(rows))
	for i, o := range rows {
		if o.Number != len(rows)-i {
			e.t.Fatalf("place %d of the list has number %d, want %d", i, o.Number, len(rows)-i)
		}
		if _, twice := byClient[o.ClientOrderID]; twice && o.ClientOrderID != "" {
			e.t.Errorf("two orders of %s", o.ClientOrderID)
		}
		byClient[o.ClientOrderID] = o
	}
	return byClient
}

// problem is an error body.
type problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// randomSeed makes a random source whose seed is printed, so that a failing run
// can be looked at again.
func randomSeed(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
