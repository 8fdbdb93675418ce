package replay

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heard/domain/money"
)

// A shop is a server that keeps the contract as far as replay sees it: one order
// for one key, exact totals, 5 % tax until the settings say otherwise.
type shop struct {
	mu       sync.Mutex
	orgs     map[string]*shopOrg
	arrivals []string // keys of orders, in the order they came
	requests int

	// before sees each order's request before it has an effect; true means
	// that it has answered. after may abandon the answer of a stored order.
	before func(w http.ResponseWriter, key string, attempt int) bool
	after  func(key string, attempt int)
	tries  map[string]int
}

type shopOrg struct {
	currency string
	taxed    bool
	orders   map[string]shopOrder
}

type shopOrder struct{ body, reply string }

func newShop() *shop { return &shop{orgs: map[string]*shopOrg{}, tries: map[string]int{}} }

func (s *shop) org(name string) *shopOrg {
	if s.orgs[name] == nil {
		s.orgs[name] = &shopOrg{currency: "INR", taxed: true, orders: map[string]shopOrder{}}
	}
	return s.orgs[name]
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer token-of-")
	if !ok {
		problem(w, 401, "UNAUTHENTICATED", "no token")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.requests++
	s.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "PUT /api/settings", "GET /api/settings":
		s.settings(w, name, body)
	case "POST /api/orders":
		s.order(w, name, r.Header.Get("Idempotency-Key"), body)
	case "POST /api/orders/calculate":
		s.calculate(w, name, body)
	default:
		problem(w, 404, "NOT_FOUND", r.URL.Path)
	}
}

func (s *shop) settings(w http.ResponseWriter, name string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	org := s.org(name)
	if len(body) > 0 {
		var put struct {
			Currency   string         `json:"currency"`
			TaxClasses jsontext.Value `json:"tax_classes"`
			Default    jsontext.Value `json:"default_tax_class"`
		}
		err := json.Unmarshal(body, &put, json.RejectUnknownMembers(true))
		if err != nil || string(put.TaxClasses) != "{}" || string(put.Default) != "null" {
			problem(w, 422, "VALIDATION_ERROR", "settings")
			return
		}
		org.currency, org.taxed = put.Currency, false
	}
	fmt.Fprintf(w, `{"currency":%q,"timezone":"UTC"}`, org.currency)
}

func (s *shop) calculate(w http.ResponseWriter, name string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply, code := s.org(name).bill(body); code != "" {
		problem(w, 422, code, "refused by the shop")
	} else {
		io.WriteString(w, reply)
	}
}

func (s *shop) order(w http.ResponseWriter, name, key string, body []byte) {
	if key == "" {
		var keyed struct {
			Key string `json:"idempotency_key"`
		}
		if json.Unmarshal(body, &keyed) == nil {
			key = keyed.Key
		}
	}
	s.mu.Lock()
	s.tries[key]++
	attempt := s.tries[key]
	s.arrivals = append(s.arrivals, key)
	s.mu.Unlock()
	if s.before != nil && s.before(w, key, attempt) {
		return
	}
	s.mu.Lock()
	org := s.org(name)
	stored, known := org.orders[key]
	if !known {
		reply, code := org.bill(body)
		if code != "" {
			s.mu.Unlock()
			problem(w, 422, code, "refused by the shop")
			return
		}
		stored = shopOrder{string(body), reply}
		org.orders[key] = stored
	}
	s.mu.Unlock()
	if stored.body != string(body) {
		problem(w, 422, "IDEMPOTENCY_KEY_REUSED", "same key, other request")
		return
	}
	if s.after != nil {
		s.after(key, attempt)
	}
	io.WriteString(w, stored.reply)
}

// bill computes the total with the quantity in thousandths, halves up.
func (o *shopOrg) bill(body []byte) (reply, code string) {
	var in struct {
		Items []struct {
			MenuItemID string         `json:"menu_item_id"`
			Name       string         `json:"name"`
			Quantity   jsontext.Value `json:"quantity"`
			Price      jsontext.Value `json:"price"`
			PriceMinor int64          `json:"price_minor"`
			Modifiers  []string       `json:"modifiers"`
		} `json:"items"`
		Key string `json:"idempotency_key"`
	}
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return "", "VALIDATION_ERROR"
	}
	currency, _ := money.Lookup(o.currency)
	var total int64
	var lines []string
	for _, it := range in.Items {
		if string(it.Price) != string(money.AppendMinor(nil, it.PriceMinor, currency.Exponent)) {
			return "", "PRICE_MISMATCH"
		}
		quantity, ok := parseThousandths(string(it.Quantity))
		if !ok || quantity <= 0 {
			return "", "INVALID_LINE"
		}
		total += (int64(quantity)*it.PriceMinor + 500) / 1000
		lines = append(lines, fmt.Sprintf(`{"menu_item_id":%q,"quantity":%s}`, it.MenuItemID, it.Quantity))
	}
	var tax int64
	if o.taxed {
		tax = (total*5 + 50) / 100
	}
	return fmt.Sprintf(`{"id":"o-1","currency":%q,"subtotal_minor":%d,"tax_minor":%d,"total_minor":%d,"items":[%s],"status":"pending"}`,
		o.currency, total, tax, total+tax, strings.Join(lines, ",")), ""
}

func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"status":%d,"code":%q,"detail":%q}`, status, code, detail)
}

func tokenOf(org string) (string, error) { return "token-of-" + org, nil }

// open starts the shop and returns options that replay the lines to it.
func (s *shop) open(t *testing.T, lines ...string) Options {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return Options{File: writeFile(t, lines...), URL: server.URL, Org: "shop", Token: tokenOf, Currency: "INR"}
}

func writeFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// manyLines makes count orders with ids 1..count, order n worth n minor units.
func manyLines(count int) []string {
	lines := make([]string, count)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"order_id":%d,"items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":%d}],"total_minor":%d}`,
			i+1, i+1, i+1)
	}
	return lines
}
