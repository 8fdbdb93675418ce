package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heard/actors"
	"heard/domain"
)

// The feed begins with everything and goes on from what it gave: what changed
// since, whatever its status, each order once, in the order of the last changes.
func TestChangesComeOnceInTheirOrder(t *testing.T) {
	k := open(t)
	w, boss := k.as(domain.Waiter), k.as(domain.Manager)
	w.get("/api/orders").is("[]").head("X-As-Of-Seq", "0")
	w.get("/api/orders?since=0").is("[]").head("X-As-Of-Seq", "0").head("X-Next-Cursor", "")
	ids := evening(k) // sequences 1 to 11
	a := w.get("/api/orders?since=0").head("X-As-Of-Seq", "11").head("X-Next-Cursor", "")
	if got := a.each("number"); got != "1 2 3 4 5 6" {
		t.Errorf("from the beginning: %s", got)
	}
	for _, row := range a.rows() {
		if got := w.get("/api/orders/" + row.text("id")).body; got != row.body {
			t.Errorf("listed %s\nread   %s", row.body, got)
		}
	}
	w.get("/api/orders").head("X-As-Of-Seq", "11")
	w.get("/api/orders?status=all&limit=1").head("X-As-Of-Seq", "11")
	w.get("/api/orders?since=11").is("[]").head("X-As-Of-Seq", "11")
	w.put("/api/orders/"+ids[1]+"/status?status=ready", "")
	boss.post("/api/menu", chai)
	w.do("PUT", "/api/orders/"+ids[0]+"/status?status=pending", "", "Idempotency-Key", "k1").ok() // changes nothing
	boss.post("/api/orders/"+ids[4]+"/reopen", "")
	w.put("/api/orders/"+ids[1]+"/status?status=completed", "")
	for query, want := range map[string]string{
		"since=11": "5 2", "since=11&status=all": "5 2", "since=15": "2", "since=16": "", "since=10": "6 5 2", "since=0": "1 3 4 6 5 2",
		"since=0&created_from=2099-01-01T00:00:00Z": "", "since=0&created_to=2099-01-01T00:00:00Z": "1 3 4 6 5 2",
	} {
		if got := w.get("/api/orders?"+query).head("X-As-Of-Seq", "16").each("number"); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	cook := k.as(domain.Kitchen).get("/api/orders?since=15")
	if strings.Contains(cook.body, "payment_status") {
		t.Errorf("the kitchen sees %s", cook.body)
	}
	if got := k.neighbour().as(domain.Admin).get("/api/orders?since=0").body; got != "[]" {
		t.Errorf("a neighbour sees %s", got)
	}
}

func TestChangesArePaged(t *testing.T) {
	k := open(t)
	w := k.as(domain.Waiter)
	evening(k)
	w.post("/api/orders/batch", "["+onePizza+","+onePizza+","+onePizza+"]") // one entry of the log
	var pages []string
	for path := "/api/orders?since=0&limit=2"; path != ""; {
		a := w.get(path)
		pages = append(pages, a.each("number")+" @"+a.Header.Get("X-As-Of-Seq"))
		path = nextSince(a)
	}
	if got := strings.Join(pages, ", "); got != "1 2 @3, 3 4 @7, 5 6 @11, 7 8 @13, 9 @14" {
		t.Errorf("pages %s", got)
	}
}

// linkOf is where the Link header leads; "" = nowhere.
func linkOf(a answer) string {
	return strings.TrimSuffix(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
}

// nextSince follows the Link header of the feed.
func nextSince(a answer) string {
	a.t.Helper()
	path := linkOf(a)
	u, err := url.Parse(path)
	if err != nil || u.Query().Get("since") != a.Header.Get("X-Next-Cursor") || path != "" && a.Header.Get("X-Next-Cursor") != a.Header.Get("X-As-Of-Seq") {
		a.t.Fatalf("%s: Link %s, X-Next-Cursor %s, X-As-Of-Seq %s", a.asked, path, a.Header.Get("X-Next-Cursor"), a.Header.Get("X-As-Of-Seq"))
	}
	return path
}

// What an order may lose is no filter of the feed: who follows it would keep the
// order as it was.
func TestChangesRefuseWhatWouldMissSome(t *testing.T) {
	w := open(t).as(domain.Waiter)
	w.place(onePizza)
	for query, field := range map[string]string{
		"status=ready": "status", "status=ready,served": "status", "table_id=t1": "table_id", "waiter_id=x": "waiter_id", "order_type=takeaway": "order_type",
		"q=x": "q", "updated_after=2026-01-01T00:00:00Z": "updated_after", "cursor=1": "cursor", "limit=101": "limit", "limit=0": "limit",
	} {
		w.do("GET", "/api/orders?since=0&"+query, "").want(422, domain.ValidationError, field)
	}
	for _, since := range []string{"-1", "x", "1.5", "99999999999999999999"} {
		w.do("GET", "/api/orders?since="+since, "").want(422, domain.ValidationError, "since")
	}
	// a position that was never given is of another log
	w.do("GET", "/api/orders?since=2", "").want(422, domain.ValidationError, "since")
	w.get("/api/orders?since=1").is("[]")
}

// pollers keep what they were shown: order → version.
type pollers struct {
	w     *person
	seed  *rand.Rand
	feeds []*feed
}

type feed struct {
	query string // where it goes on
	seen  map[string]int
	step  func(f *feed, pages []answer) // finds where it goes on
}

// poll reads all pages, of any sizes.
func (p *pollers) poll() {
	for _, f := range p.feeds {
		var pages []answer
		once := map[string]bool{}
		for path := "/api/orders?" + f.query; path != ""; {
			u, err := url.Parse(path)
			if err != nil {
				p.w.k.t.Fatal(err)
			}
			q := u.Query()
			if q.Del("limit"); p.seed.IntN(4) > 0 {
				q.Set("limit", strconv.Itoa(1+p.seed.IntN(20)))
			}
			a := p.w.get("/api/orders?" + q.Encode())
			for _, row := range a.rows() {
				id, version := row.text("id"), 0
				fmt.Sscan(row.raw("version"), &version)
				if once[id] && f.seen[id] == version {
					p.w.k.t.Errorf("%s: order %s twice in version %d", a.asked, id, version)
				}
				once[id], f.seen[id] = true, max(f.seen[id], version)
			}
			pages = append(pages, a)
			path = linkOf(a)
		}
		f.step(f, pages)
	}
}

func bySequence() *feed {
	return &feed{query: "since=0", seen: map[string]int{}, step: func(f *feed, pages []answer) {
		f.query = "since=" + pages[len(pages)-1].Header.Get("X-As-Of-Seq")
	}}
}

// byTime goes on from the newest time it was shown, as pollers do.
func byTime() *feed {
	newest := ""
	return &feed{query: "status=all&updated_after=2020-01-01T00:00:00Z", seen: map[string]int{}, step: func(f *feed, pages []answer) {
		for _, a := range pages {
			for _, row := range a.rows() {
				newest = max(newest, row.text("updated_at"))
			}
		}
		if newest != "" {
			f.query = "status=all&updated_after=" + url.QueryEscape(newest)
		}
	}}
}

// Writers at work, many changes in one moment, pages of any size, restarts: who
// goes on from what it was given has seen every order as it is in the end.
func TestPollersMissNothing(t *testing.T) {
	var clock atomic.Int64 // ms; stands still for many changes together
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	k := openOwn(t, func(o *actors.Options) {
		o.Now = func() time.Time { return noon.Add(time.Duration(clock.Load()) * time.Millisecond) }
		o.FlushIntervalMS = 5
	})
	const rounds, writers, each = 4, 6, 25
	p := &pollers{w: k.as(domain.Admin), seed: rand.New(rand.NewPCG(7, 7)), feeds: []*feed{bySequence(), byTime()}}
	old := make(chan string, rounds*writers*each)
	for round := range rounds {
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			together(writers, func(i int) { busy(t, k, rand.New(rand.NewPCG(uint64(round), uint64(i))), each, old, &clock) })
			close(stop)
		}()
		for going := true; going; {
			select {
			case <-stop:
				going = false
			default:
			}
			p.poll()
		}
		<-ended
		if round%2 == 1 {
			k.restart()
			k.house.http.CloseIdleConnections()
		}
	}
	clock.Add(1)
	p.poll()
	final := map[string]int{}
	for path := "/api/orders?status=all&limit=100"; path != ""; {
		a := p.w.get(path)
		for _, row := range a.rows() {
			var version int
			fmt.Sscan(row.raw("version"), &version)
			final[row.text("id")] = version
		}
		path = next(a)
	}
	for _, f := range p.feeds {
		missed := 0
		for id, version := range final {
			if f.seen[id] != version {
				missed++
			}
		}
		if missed > 0 {
			t.Errorf("%s: %d of %d orders were never seen as they are", f.query, missed, len(final))
		}
	}
}

// busy places orders, moves them on, closes some and reopens old ones.
func busy(t *testing.T, k *kitchen, seed *rand.Rand, n int, old chan string, clock *atomic.Int64) {
	w := k.as(domain.Admin)
	call := func(method, path, body string) answer {
		a, err := w.try(method, path, body)
		if err != nil || a.StatusCode != 200 && a.StatusCode != 409 {
			t.Errorf("%s: %v %d %s", path, err, a.StatusCode, a.body)
		}
		return a
	}
	for range n {
		a := call("POST", "/api/orders", onePizza)
		id := a.text("id")
		for _, status := range []string{"preparing", "ready", "completed"}[:seed.IntN(4)] {
			call("PUT", "/api/orders/"+id+"/status?status="+status, "")
		}
		old <- id
		if seed.IntN(3) == 0 {
			call("POST", "/api/orders/"+<-old+"/reopen", "")
		}
		if seed.IntN(10) == 0 {
			clock.Add(1)
		}
	}
}
