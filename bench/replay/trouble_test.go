package replay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// wantAll checks that all orders of manyLines(count) are there exactly once.
func wantAll(t *testing.T, s *shop, report Report, count int64) {
	t.Helper()
	if report.Orders != count || report.RevenueMinor != count*(count+1)/2 || report.Errors != 0 {
		t.Errorf("%+v", report)
	}
	if got := int64(len(s.orgs["shop"].orders)); got != count {
		t.Errorf("the shop has %d orders, want %d", got, count)
	}
}

func TestBusyServerIsAskedAgain(t *testing.T) {
	s := newShop()
	s.before = func(w http.ResponseWriter, key string, attempt int) bool {
		if attempt > 2 {
			return false
		}
		w.Header().Set("Retry-After", "0")
		problem(w, []int{503, 429}[attempt-1], "OVERLOADED", "later")
		return true
	}
	wantAll(t, s, replay(t, s.open(t, manyLines(20)...)), 20)
}

func TestLostAnswerDoublesNothing(t *testing.T) {
	s := newShop()
	s.after = func(key string, attempt int) {
		if attempt == 1 && strings.HasSuffix(key, "3") {
			panic(http.ErrAbortHandler) // the order is stored; the connection drops
		}
	}
	wantAll(t, s, replay(t, s.open(t, manyLines(40)...)), 40)
	if s.tries["13"] < 2 {
		t.Errorf("order 13 was tried %d times", s.tries["13"])
	}
}

func TestRestartInTheMiddleLosesNothing(t *testing.T) {
	s := newShop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	server := &http.Server{Handler: s}
	go server.Serve(listener)

	o := s.open(t, manyLines(200)...)
	o.URL = "http://" + address
	o.Concurrency = 8
	killed := make(chan struct{})
	o.Progress = func(done, _ int) {
		if done == 50 {
			server.Close()
			close(killed)
		}
	}
	second := &http.Server{Handler: s}
	defer second.Close()
	go func() {
		<-killed
		<-time.After(100 * time.Millisecond) // clients meet a closed port meanwhile
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		second.Serve(again)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	report, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, s, report, 200)
}

func TestPatienceIsBounded(t *testing.T) {
	var p patience
	if pause, again := p.refused("60"); pause != maxPause || !again {
		t.Errorf("Retry-After is followed up to %v, got %v %v", maxPause, pause, again)
	}
	if pause, _ := p.refused("1"); pause != time.Second {
		t.Errorf("Retry-After 1: %v", pause)
	}
	attempts := 3
	for {
		if _, again := p.refused(""); !again {
			break
		}
		attempts++
	}
	if attempts != maxRefusals {
		t.Errorf("%d attempts at a busy server, want %d", attempts, maxRefusals)
	}

	clock := time.Unix(0, 0)
	if pause, again := p.unanswered(clock, clock); pause != 0 || !again {
		t.Errorf("a dropped connection is repeated at once, got %v %v", pause, again)
	}
	for {
		pause, again := p.unanswered(clock, clock)
		if !again {
			break
		}
		clock = clock.Add(pause)
	}
	if waited := clock.Sub(time.Unix(0, 0)); waited < maxSilence-maxPause || waited > maxSilence {
		t.Errorf("gave up after %v of silence, want about %v", waited, maxSilence)
	}
}

func TestOtherTotalIsAnErrorThatNamesTheOrder(t *testing.T) {
	s := newShop()
	lines := manyLines(3)
	lines[1] = strings.Replace(lines[1], `"total_minor":2`, `"total_minor":7`, 1)
	report := replay(t, s.open(t, lines...))
	want := "order 2: total_minor is 7 in the file but 2 in the answer"
	if report.Orders != 3 || report.Errors != 1 || report.TotalsDiffer != 1 || len(report.FirstErrors) != 1 || report.FirstErrors[0] != want {
		t.Errorf("%+v", report)
	}
}

// TestTaxIsNamedWhereItIsTheDifference: without --currency an organisation keeps
// its tax, and the file has none. Nothing is placed then, unless it was asked for.
func TestTaxIsNamedWhereItIsTheDifference(t *testing.T) {
	s := newShop()
	lines := []string{
		`{"order_id":"a","items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":4000}],"total_minor":4000}`,
		`{"order_id":"b","items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":4000}],"total_minor":4100}`,
	}
	o := s.open(t, lines...)
	o.Currency, o.Concurrency = "", 1
	_, err := Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "shop bills otherwise than the file, so nothing was placed: order a: ") || len(s.org("shop").orders) != 0 {
		t.Errorf("%v, %d orders", err, len(s.org("shop").orders))
	}
	o.TotalsMayDiffer = true
	report := replay(t, o)
	if report.Orders != 2 || report.TotalsDiffer != 2 || report.Trouble() != "placed 2, 2 totals differ" {
		t.Errorf("%+v: %s", report, report.Trouble())
	}
	want := []string{"order a: total_minor is 4000 in the file but 4200 in the answer, 200 of them tax: --currency sets the organisation up without tax",
		"order b: total_minor is 4100 in the file but 4200 in the answer"}
	if report.Errors != 2 || fmt.Sprint(report.FirstErrors) != fmt.Sprint(want) {
		t.Errorf("%+v", report)
	}
}

func TestRefusedOrdersAreCountedByKind(t *testing.T) {
	s := newShop()
	s.before = func(w http.ResponseWriter, key string, _ int) bool {
		if key == "5" {
			return false
		}
		code := "PRICE_MISMATCH"
		if key > "6" {
			code = "KIND_" + key
		}
		problem(w, 422, code, "not like this")
		return true
	}
	o := s.open(t, manyLines(9)...)
	o.Concurrency = 1
	report := replay(t, o)
	if report.Orders != 1 || report.Errors != 8 || report.SHA256 != sumOf("5\t5") {
		t.Errorf("%+v", report)
	}
	if report.TotalsDiffer != 0 || report.Trouble() != "placed 1, 8 errors" {
		t.Error(report.Trouble())
	}
	want := []string{
		"order 1: 422 PRICE_MISMATCH: not like this (and 4 more of this kind)",
		"order 7: 422 KIND_7: not like this",
		"order 8: 422 KIND_8: not like this",
		"order 9: 422 KIND_9: not like this",
	}
	if fmt.Sprint(report.FirstErrors) != fmt.Sprint(want) {
		t.Errorf("got %q", report.FirstErrors)
	}
}

func TestRefusedSettingsStopTheRun(t *testing.T) {
	s := newShop()
	o := s.open(t, manyLines(3)...)
	o.Token = func(string) (string, error) { return "forged", nil }
	_, err := Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "settings of shop: 401 UNAUTHENTICATED: no token") {
		t.Errorf("got %v", err)
	}
}
