package cache

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
	"heard/persistence"
)

// BenchmarkTiers reads one closed order from each tier.
func BenchmarkTiers(b *testing.B) {
	read := func(b *testing.B, s persistence.Store, before func()) {
		b.ReportAllocs()
		for b.Loop() {
			before()
			if _, err := s.Order(context.Background(), "a", "o1"); err != nil {
				b.Fatal(err)
			}
		}
	}
	fill := func(b *testing.B, o Options) *Store {
		s := start(b, o).Over(database(b))
		apply(b, s, window("a", 1, document(1, 1, false)))
		version(b, s, "a", "o1")
		return s
	}
	b.Run("L1", func(b *testing.B) { read(b, fill(b, Options{}), func() {}) })
	b.Run("L1 parallel", func(b *testing.B) {
		s := fill(b, Options{})
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := s.Order(context.Background(), "a", "o1"); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("L2", func(b *testing.B) {
		s := fill(b, Options{L2: connect(b, redisServer(b))})
		read(b, s, func() { s.cache.memory.drop("a", "o1") })
	})
	b.Run("L3", func(b *testing.B) {
		s := fill(b, Options{})
		read(b, s, func() { s.cache.memory.drop("a", "o1") })
	})
	b.Run("L3, then into L2", func(b *testing.B) {
		server := redisServer(b)
		s := fill(b, Options{L2: connect(b, server)})
		client := connect(b, server)
		read(b, s, func() {
			s.cache.memory.drop("a", "o1")
			client.Del(context.Background(), "heard:order:{a}:o1")
		})
	})
	b.Run("store alone", func(b *testing.B) { read(b, fill(b, Options{}).Store, func() {}) })
}

// BenchmarkApply is what the cache adds to a drain of 50 orders of 10 organisations.
func BenchmarkApply(b *testing.B) {
	for name, redis := range map[string]bool{"store alone": false, "with L2": true} {
		b.Run(name, func(b *testing.B) {
			var s persistence.Store = database(b)
			if redis {
				s = start(b, Options{L2: connect(b, redisServer(b))}).Over(s)
			}
			seq := uint64(0)
			for b.Loop() {
				seq++
				windows := make([]persistence.Window, 10)
				for i := range windows {
					docs := make([]persistence.Document, 5)
					for n := range docs {
						docs[n] = document(uint64(n+1), seq, n > 0)
					}
					windows[i] = window(fmt.Sprint("org", i), seq, docs...)
				}
				apply(b, s, windows...)
			}
		})
	}
}

// BenchmarkMenu compares a menu of 272 items from each tier with encoding it.
func BenchmarkMenu(b *testing.B) {
	items := make([]outlet.Item, 272)
	for i := range items {
		items[i] = outlet.Item{ID: fmt.Sprint("item", i), Name: fmt.Sprint("Bhuna - Chicken ", i), Category: "Mains"}
	}
	menu := outlet.NewMenu(7, items)
	currency, known := money.Lookup("INR")
	if !known {
		b.Fatal("no INR")
	}
	load := func() ([]byte, error) { return menu.AppendJSON(nil, currency, 0), nil }
	run := func(name string, o Options, before func(*Cache)) {
		b.Run(name, func(b *testing.B) {
			if name == "L2" {
				o.L2 = connect(b, redisServer(b))
			}
			c := start(b, o)
			b.ReportAllocs()
			for b.Loop() {
				before(c)
				if _, err := c.Cached(context.Background(), persistence.CacheMenu, "a:v7:INR", load); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	forget := func(c *Cache) { c.memory.entries.Invalidate(key{kind: persistence.CacheMenu, id: "a:v7:INR"}) }
	run("L1", Options{}, func(*Cache) {})
	run("L2", Options{}, forget)
	run("encoded", Options{}, forget)
}

// london reads real orders as closed documents, oldest first.
func london(b *testing.B) []persistence.Document {
	shared := os.Getenv("HEARD_SHARED")
	file, err := os.Open(filepath.Join(shared, "data", "london1", "orders.ndjson"))
	if shared == "" || err != nil {
		b.Skipf("SKIP: the real orders are not on this machine (set HEARD_SHARED): %v", err)
	}
	defer file.Close()
	var docs []persistence.Document
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct {
			ID json.Number `json:"order_id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			b.Fatal(err)
		}
		n := uint64(len(docs) + 1)
		docs = append(docs, persistence.Document{
			ID: row.ID.String(), Number: n, Version: 3, Status: "completed", CreatedMS: int64(n), UpdatedMS: int64(n),
			Body: append([]byte(nil), lines.Bytes()...),
		})
	}
	return docs
}

// BenchmarkZipf reads the real orders of a restaurant, the newest most often: nine
// single orders to one page of the history. Small is an L1 of 100 entries.
func BenchmarkZipf(b *testing.B) {
	docs := london(b)
	for name, entries := range map[string]int{"default": 0, "small": 100} {
		for _, l2 := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s, L2 %v", name, l2), func(b *testing.B) {
				o := Options{MaxEntries: entries}
				if l2 {
					o.L2 = connect(b, redisServer(b))
				}
				s := start(b, o).Over(database(b))
				for at := 0; at < len(docs); at += 1000 {
					apply(b, s, window("london1", uint64(at+1), docs[at:min(at+1000, len(docs))]...))
				}
				zipf(b, s, docs)
			})
		}
	}
}

func zipf(b *testing.B, s *Store, docs []persistence.Document) {
	r := rand.New(rand.NewPCG(1, 2))
	order := rand.NewZipf(r, 1.1, 8, uint64(len(docs)-1))
	page := rand.NewZipf(r, 1.5, 4, uint64(len(docs)/50-1))
	for b.Loop() {
		if r.IntN(10) == 0 {
			f := domain.Filter{LimitRows: 50, Before: uint64(len(docs)+1) - 50*page.Uint64()}
			if _, err := s.Orders(context.Background(), persistence.Selection{Org: "london1", Filter: f}); err != nil {
				b.Fatal(err)
			}
			continue
		}
		d := &docs[len(docs)-1-int(order.Uint64())]
		if got, err := s.Order(context.Background(), "london1", d.ID); err != nil || got.Number != d.Number {
			b.Fatalf("order %s: %v, %v", d.ID, got.Number, err)
		}
	}
	t := s.cache.Stats()
	percent := func(n int64) float64 { return 100 * float64(n) / float64(t.Requests) }
	b.ReportMetric(percent(t.L1.Hits), "L1-%")
	b.ReportMetric(percent(t.L2.Hits), "L2-%")
	b.ReportMetric(percent(t.L3.Hits), "L3-%")
}
