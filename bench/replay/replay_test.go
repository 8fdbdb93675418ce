package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func replay(t *testing.T, o Options) Report {
	t.Helper()
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestFiguresComeFromTheAnswers(t *testing.T) {
	s := newShop()
	o := s.open(t,
		`{"order_id":10,"ts":"2015-09-01T14:42:00","items":[{"menu_item_id":182,"name":"Onion Bhaji","quantity":2,"price_minor":395,"modifiers":["no \"salt\"","मिर्च"]}],"total_minor":790,"stated_lines":3}`,
		``,
		`{"order_id":"9","items":[{"menu_item_id":"dal","name":"Dal","quantity":0.250,"price_minor":1001},{"menu_item_id":"naan","name":"Naan","quantity":1.25,"price_minor":400,"modifiers":[]}]}`,
	)
	report := replay(t, o)
	if report.Latency.Max <= 0 || report.Latency.P50 > report.Latency.Max {
		t.Errorf("latencies: %+v", report.Latency)
	}
	report.Latency = LatencyMS{P50: 1500, P90: 2000, P99: 2001, Max: 12345}
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"orders":2,"lines":3,"units":3.5,"revenue_minor":1540,"currency":"INR","errors":0,"sha256":"` +
		sumOf("9\t750\n10\t790") + `","latency_ms":{"p50":1.500,"p90":2.000,"p99":2.001,"max":12.345}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	sent := s.orgs["shop"].orders["9"].body
	if want := `{"items":[{"menu_item_id":"dal","name":"Dal","quantity":0.250,"price":10.01,"price_minor":1001},` +
		`{"menu_item_id":"naan","name":"Naan","quantity":1.25,"price":4.00,"price_minor":400}]}`; sent != want {
		t.Errorf("sent %s\nwant %s", sent, want)
	}
}

// A header has no place for other scripts than ours; an order's key is its id all the same.
func TestKeysInAnyScript(t *testing.T) {
	s := newShop()
	const line = `{"order_id":"%","items":[{"menu_item_id":"gid://x/1","name":"Naan","quantity":1,"price_minor":400}]}`
	ids := []string{"मेज़-1", "POS|7", "é", "e\u0301"}
	lines := make([]string, len(ids))
	for i, id := range ids {
		lines[i] = strings.Replace(line, "%", id, 1)
	}
	o := s.open(t, lines...)
	replay(t, o)
	if report := replay(t, o); report.Errors != 0 || len(s.orgs["shop"].orders) != len(ids) {
		t.Errorf("%d orders, %d errors", len(s.orgs["shop"].orders), report.Errors)
	}
	for _, id := range ids {
		if _, placed := s.orgs["shop"].orders[id]; !placed {
			t.Errorf("%+q was not the key", id)
		}
	}
}

func TestCurrencyDecidesTheDecimals(t *testing.T) {
	line := `{"order_id":1,"items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":395}]}`
	for currency, price := range map[string]string{"JPY": `"price":395,`, "KWD": `"price":0.395,`, "GBP": `"price":3.95,`} {
		s := newShop()
		o := s.open(t, line)
		o.Currency = currency
		report := replay(t, o)
		if report.Currency != currency || report.RevenueMinor != 395 || report.Errors != 0 {
			t.Errorf("%s: %+v", currency, report)
		}
		if sent := s.orgs["shop"].orders["1"].body; !strings.Contains(sent, price) {
			t.Errorf("%s: sent %s", currency, sent)
		}
	}
}

func TestWithoutCurrencyTheServerIsAsked(t *testing.T) {
	s := newShop()
	s.org("shop").currency = "JPY"
	o := s.open(t, `{"order_id":1,"items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":1000}]}`)
	o.Currency = ""
	if report := replay(t, o); report.Currency != "JPY" || report.RevenueMinor != 1050 {
		t.Errorf("the shop's own tax and currency were to stay: %+v", report)
	}
}

func TestUnknownCurrencyIsRefusedBeforeAnythingIsSent(t *testing.T) {
	s := newShop()
	o := s.open(t, manyLines(1)...)
	o.Currency = "XXQ"
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "XXQ") || s.requests != 0 {
		t.Errorf("err %v, %d requests", err, s.requests)
	}
}

func TestEmptyFileIsAZeroReport(t *testing.T) {
	s := newShop()
	report := replay(t, s.open(t, "", ""))
	if report.Orders != 0 || report.SHA256 != sumOf("") || report.Currency != "INR" || s.requests != 0 {
		t.Errorf("%+v after %d requests", report, s.requests)
	}
}

func TestReplayingAgainChangesNothing(t *testing.T) {
	s := newShop()
	o := s.open(t, manyLines(30)...)
	first, second := replay(t, o), replay(t, o)
	if first.Orders != 30 || first.SHA256 != second.SHA256 || first.RevenueMinor != second.RevenueMinor ||
		second.Orders != 30 || len(s.orgs["shop"].orders) != 30 {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestRepeatedLineCountsOnce(t *testing.T) {
	s := newShop()
	lines := manyLines(2)
	report := replay(t, s.open(t, lines[0], lines[1], lines[0]))
	if report.Orders != 2 || report.Lines != 2 || report.RevenueMinor != 3 || report.Errors != 0 {
		t.Errorf("%+v", report)
	}
}

func TestEachDayIsAnOrganisation(t *testing.T) {
	s := newShop()
	line := func(id, ts string) string {
		return `{"order_id":` + id + `,"ts":"` + ts + `","items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":100}]}`
	}
	o := s.open(t, line("1", "2015-09-01T14:42:00"), line("2", "2015-09-01T23:59:59+05:30"), line("3", "2015-09-02T00:01:00"))
	o.OrgPerDay = true
	report := replay(t, o)
	if report.Orders != 3 || report.RevenueMinor != 300 {
		t.Errorf("every day is set up without tax: %+v", report)
	}
	for name, want := range map[string]int{"shop-2015-09-01": 2, "shop-2015-09-02": 1} {
		if got := len(s.org(name).orders); got != want {
			t.Errorf("%s has %d orders, want %d", name, got, want)
		}
	}
}

func TestOpenLoopKeepsTheClock(t *testing.T) {
	line := func(id, ts string) string {
		return `{"order_id":"` + id + `","ts":"` + ts + `","items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":100}]}`
	}
	lines := []string{line("last", "2015-09-02T17:02:00"), line("second", "2015-09-01T17:01:00"), line("first", "2015-09-03T17:00:00")}
	s := newShop()
	o := s.open(t, lines...)
	o.OrgPerDay, o.Speed, o.Concurrency = true, 2000, 1 // days over one clock: two minutes in 60 ms
	began := time.Now()
	replay(t, o)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("the last order is due after 60 ms, all took %v", took)
	}
	if want := []string{"first", "second", "last"}; !slices.Equal(s.arrivals, want) {
		t.Errorf("arrived %v, want %v", s.arrivals, want)
	}
}

func TestLateOrderCountsFromItsDueMoment(t *testing.T) {
	const answerTime = 20 * time.Millisecond
	s := newShop()
	s.before = func(http.ResponseWriter, string, int) bool { <-time.After(answerTime); return false }
	lines := make([]string, 4)
	for i := range lines {
		lines[i] = strings.Replace(manyLines(4)[i], `"items"`, `"ts":"2015-09-01T17:00:00","items"`, 1)
	}
	o := s.open(t, lines...)
	o.Concurrency, o.Speed = 1, 60
	// Four orders due at once, one worker: the last waits for three others.
	if report := replay(t, o); report.Latency.Max < Microseconds((4 * answerTime).Microseconds()) {
		t.Errorf("max latency %v ms hides the waiting", report.Latency.Max)
	}
}

func TestCancelKeepsThePartialReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newShop()
	hang := make(chan struct{})
	defer close(hang)
	s.before = func(_ http.ResponseWriter, key string, _ int) bool {
		if key == "4" {
			cancel()
			<-hang
		}
		return false
	}
	o := s.open(t, manyLines(10)...)
	o.Concurrency = 1
	done := 0
	o.Progress = func(n, total int) { done = n*100 + total }
	report, err := Run(ctx, o)
	if done != 310 {
		t.Errorf("progress ended at %d", done)
	}
	if !errors.Is(err, context.Canceled) || report.Orders != 3 || report.Errors != 0 || report.SHA256 != sumOf("1\t1\n2\t2\n3\t3") {
		t.Errorf("%v: %+v", err, report)
	}
}
