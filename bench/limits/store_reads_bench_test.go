package limits

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/valyala/fasthttp"

	"heard/persistence/redistest"
)

// BenchmarkStoreReads asks a restaurant's closed orders and its menu over HTTP,
// the newest orders most often (Zipf, exponent 1.1): four orders to one menu.
// The orders have left the engine's memory, and both tiers before the store are
// empty when it begins: each order that is asked at all is loaded once, so that
// the share of the store is also a matter of how many reads there are. Then it asks one order that is in the first tier, on one connection.
func BenchmarkStoreReads(b *testing.B) {
	binary := buildEngine(b)
	for _, entries := range []int{10_000, 100} {
		b.Run(fmt.Sprintf("L1=%d", entries), func(b *testing.B) { readBack(b, binary, entries) })
	}
}

const (
	closedOrders = 1_000 // FerretDB takes few
	reads        = 20_000
	hotReads     = 5_000
	lookReads    = 1 // asking for the figures reads the organisation's settings once
)

func readBack(b *testing.B, binary string, entries int) {
	menu, orders := london(b)
	shared := redistest.Start(b, "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
	s := onRedisMongo(b, binary, "--cache-url", shared.URL(), "--cache-entries", fmt.Sprint(entries), "--flush-interval", "20s", "--flush-ops", "10000")
	token := mint(b, "london1", "admin")
	call(b, "PUT", s.URL+"/api/settings", token, []byte(`{"currency":"GBP","tax_classes":{},"default_tax_class":null}`))
	call(b, "PUT", s.URL+"/api/menu", token, menu)
	ids := s.closed(b, token, orders) // within one flush: FerretDB takes minutes to replace so many
	s.drained(b)
	s.until(b, "closed orders leave memory", func(f *figures) bool { return f.Actors.LiveOrders == 0 })
	r := rand.New(rand.NewPCG(1, 2))
	popular := rand.NewZipf(r, 1.1, 8, uint64(len(ids)-1))
	paths := make([]string, reads)
	for i := range paths {
		paths[i] = "/api/menu"
		if r.IntN(5) > 0 {
			paths[i] = "/api/orders/" + ids[len(ids)-1-int(popular.Uint64())]
		}
	}
	get := &calls{server: s.Process, connections: 8, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodGet, s.URL+paths[n], token, nil)
	}}
	before := s.figures(b).Cache
	for b.Loop() {
		get.times(b, reads)
	}
	after := s.figures(b).Cache
	all := after.Requests - before.Requests - lookReads
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(all, "reads")
	b.ReportMetric(100*(after.L1-before.L1-lookReads)/all, "L1-%")
	b.ReportMetric(100*(after.L2-before.L2)/all, "L2-%")
	b.ReportMetric(100*(after.L3-before.L3)/all, "L3-%")
	s.hot(b, ids[len(ids)-1], token)
}

// hot times hits of the first tier, and makes sure that they were.
func (s *stored) hot(b *testing.B, id, token string) {
	b.Helper()
	call(b, "GET", s.URL+"/api/orders/"+id, token, nil)
	get := &calls{server: s.Process, connections: 1, ask: func(r *fasthttp.Request, _ int64) {
		write(r, fasthttp.MethodGet, s.URL+"/api/orders/"+id, token, nil)
	}}
	before := s.figures(b).Cache
	result := get.times(b, hotReads)
	after := s.figures(b).Cache
	if hits, all := after.L1-before.L1-lookReads, after.Requests-before.Requests-lookReads; hits != hotReads || all != hotReads {
		b.Fatalf("%v of %v were hits of the first tier, %d were asked", hits, all, hotReads)
	}
	b.ReportMetric(result.MS(50), "L1-hit-p50-ms")
	b.ReportMetric(result.MS(99), "L1-hit-p99-ms")
}

// closed places orders and completes them, and returns their ids, oldest first.
func (s *stored) closed(b *testing.B, token string, orders [][]byte) []string {
	b.Helper()
	ids := make([]string, len(orders))
	place := &calls{server: s.Process, connections: 16, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPost, s.URL+"/api/orders", token, orders[n])
	}, answered: func(n int64, r *fasthttp.Response) { ids[n] = orderOf(r.Body()) }}
	place.times(b, len(orders))
	complete := &calls{server: s.Process, connections: 16, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPut, s.URL+"/api/orders/"+ids[n]+"/status?status=completed", token, nil)
	}}
	complete.times(b, len(orders))
	return ids
}

// london is a restaurant's real menu and its newest orders as bodies.
func london(b *testing.B) (menu []byte, orders [][]byte) {
	b.Helper()
	shared := filepath.Join(os.Getenv("HEARD_SHARED"), "data", "london1")
	file, err := os.Open(filepath.Join(shared, "menu_from_orders.csv"))
	if os.Getenv("HEARD_SHARED") == "" || err != nil {
		b.Skipf("SKIP: the real orders are not on this machine (set HEARD_SHARED): %v", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	var items []map[string]any
	for _, row := range rows[1:] {
		items = append(items, map[string]any{"id": row[0], "name": row[1], "price_minor": json.Number(row[2])})
	}
	if menu, err = json.Marshal(items); err != nil {
		b.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(shared, "orders.ndjson"))
	if err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		orders = append(orders, body(b, lines.Bytes()))
	}
	return menu, orders[len(orders)-closedOrders:]
}

// body makes a row of the file what a client sends; item ids are text there.
func body(b *testing.B, row []byte) []byte {
	b.Helper()
	var order struct {
		Items []struct {
			ID       json.Number `json:"menu_item_id"`
			Name     string      `json:"name"`
			Quantity json.Number `json:"quantity"`
			Price    int64       `json:"price_minor"`
		} `json:"items"`
	}
	if err := json.Unmarshal(row, &order); err != nil {
		b.Fatal(err)
	}
	var items []map[string]any
	for _, i := range order.Items {
		items = append(items, map[string]any{"menu_item_id": i.ID.String(), "name": i.Name, "quantity": i.Quantity, "price_minor": i.Price})
	}
	sent, err := json.Marshal(map[string]any{"items": items})
	if err != nil {
		b.Fatal(err)
	}
	return sent
}
