package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heard/bench/load"
)

// counter stands for a server: it writes down what it is asked, and answers
// creates with ids of its own.
type counter struct {
	mu    sync.Mutex
	asked []request
	menu  string
	wrong int    // status of all answers; 0 = 200
	row   string // first of a batch's answer, with a comma
}

type request struct{ method, path, token, body string }

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, request{r.Method, r.URL.RequestURI(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), string(body)})
	if c.wrong != 0 {
		w.WriteHeader(c.wrong)
		return
	}
	switch {
	case r.URL.Path == "/api/orders/batch":
		fmt.Fprintf(w, `{"results":[%s{"order_id":"o-2"}]}`, c.row)
	case r.Method == "GET" && r.URL.Path == "/api/menu":
		fmt.Fprint(w, c.menu)
	case r.Method == "PUT" && r.URL.Path == "/api/menu":
		c.menu = string(body)
	default:
		fmt.Fprintf(w, `{"id":"o-%d","order_id":"o-%d","status":"pending"}`, len(c.asked), len(c.asked))
	}
}

func (c *counter) take() []request {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	return asked
}

func targetOf(t *testing.T, c *counter, seed uint64, tokens ...string) *Target {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	client, err := load.NewClient(server.URL, 4, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Abandon)
	return &Target{Client: client, Tokens: tokens, Seed: seed}
}

// send lets one connection of a scenario send so many requests.
func send(t *testing.T, name string, target *Target, connection, requests int) (operations []int) {
	t.Helper()
	s, ok := Named(name)
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	worker, err := s.Prepare(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	w := worker(connection)
	for range requests {
		operation, err := w.Send(load.Turn{})
		if err != nil {
			t.Fatal(err)
		}
		if operation < 0 || operation >= len(s.Operations) {
			t.Fatalf("operation %d of %v", operation, s.Operations)
		}
		operations = append(operations, operation)
	}
	return operations
}

func TestLifecycleTakesOneOrderToItsEnd(t *testing.T) {
	var c counter
	operations := send(t, "lifecycle", targetOf(t, &c, 1, "a"), 0, 7)
	if !slices.Equal(operations, []int{0, 1, 2, 3, 4, 0, 1}) {
		t.Errorf("operations %v", operations)
	}
	var paths []string
	for _, r := range c.take() {
		paths = append(paths, r.method+" "+r.path)
	}
	want := []string{"POST /api/orders", "PUT /api/orders/o-1/status?status=preparing", "PUT /api/orders/o-1/status?status=ready",
		"PUT /api/orders/o-1/status?status=served", "PUT /api/orders/o-1/status?status=completed",
		"POST /api/orders", "PUT /api/orders/o-6/status?status=preparing"}
	if !slices.Equal(paths, want) {
		t.Errorf("sent %q", paths)
	}
}

func TestMixedIsSixThreeOne(t *testing.T) {
	const n = 4000
	var c counter
	counts := [3]int{}
	for _, operation := range send(t, "mixed", targetOf(t, &c, 1, "a"), 0, n) {
		counts[operation]++
	}
	for operation, share := range []int{60, 30, 10} {
		if got := counts[operation] * 100 / n; got < share-3 || got > share+3 {
			t.Errorf("operation %d: %d %%, want %d", operation, got, share)
		}
	}
	last := map[string]int{} // by order, where on its course it is
	for _, r := range c.take() {
		if r.method != "PUT" {
			continue
		}
		id, status, _ := strings.Cut(strings.TrimPrefix(r.path, "/api/orders/"), "/status?status=")
		if at := slices.Index(course[:], status); at != last[id] {
			t.Fatalf("%s goes to %s after %d moves", id, status, last[id])
		}
		last[id]++
	}
	if len(last) < 100 {
		t.Errorf("only %d orders were moved", len(last))
	}
}

func TestTheSameSeedSendsTheSame(t *testing.T) {
	sent := func(seed uint64, connection int) []request {
		var c counter
		send(t, "mixed", targetOf(t, &c, seed, "a", "b"), connection, 200)
		return c.take()
	}
	one := sent(7, 0)
	if !slices.Equal(one, sent(7, 0)) {
		t.Error("the same seed sent something else")
	}
	if slices.Equal(one, sent(8, 0)) {
		t.Error("another seed sent the same")
	}
	other := sent(7, 1)
	if one[0].token != "a" || other[0].token != "b" {
		t.Errorf("connections 0 and 1 are of %q and %q", one[0].token, other[0].token)
	}
}

func TestGetReadsOrdersOfItsOwnOrganisation(t *testing.T) {
	var c counter
	send(t, "get", targetOf(t, &c, 1, "a", "b"), 1, 300)
	asked := c.take()
	owner := map[string]string{}
	reads := 0
	for i, r := range asked {
		if r.method == "POST" {
			owner[fmt.Sprintf("/api/orders/o-%d", i+1)] = r.token
			continue
		}
		if reads++; r.token != "b" || owner[r.path] != "b" {
			t.Fatalf("%+v of an order of %q", r, owner[r.path])
		}
	}
	if len(owner) != readable || reads != 300 {
		t.Errorf("%d orders, %d reads", len(owner), reads)
	}
}

func TestAMenuThatIsThereStays(t *testing.T) {
	own := `[{"id":"soup","name":"Soup","price":5}]`
	c := counter{menu: own}
	send(t, "menu", targetOf(t, &c, 1, "a"), 0, 3)
	if c.menu != own {
		t.Errorf("menu is now %.100s", c.menu)
	}
	c = counter{menu: "[]"}
	send(t, "menu", targetOf(t, &c, 1, "a"), 0, 3)
	if n := strings.Count(c.menu, `"id"`); n != dishes {
		t.Errorf("%d dishes", n)
	}
}

func TestLegacyIsTheOldTest(t *testing.T) {
	var c counter
	send(t, "legacy", targetOf(t, &c, 1, "a"), 0, 3)
	for _, r := range c.take() {
		if r != (request{"POST", "/api/orders", "a", legacyOrder}) {
			t.Errorf("sent %+v", r)
		}
	}
	if s, _ := Named("legacy"); s.Burst != 1000 || s.Connections != 100 {
		t.Errorf("%d over %d", s.Burst, s.Connections)
	}
}

func TestBillsHaveTenLines(t *testing.T) {
	var c counter
	send(t, "billing", targetOf(t, &c, 1, "a"), 0, 20)
	for _, r := range c.take() {
		if r.path != "/api/orders/calculate" || strings.Count(r.body, "menu_item_id") != 10 {
			t.Fatalf("sent %+v", r)
		}
	}
}

func TestBatchesAreLookedAt(t *testing.T) {
	c := counter{row: `{"order_id":"o-1"},`}
	target := targetOf(t, &c, 1, "a")
	target.Batch = 2
	send(t, "batch", target, 0, 3)
	for _, r := range c.take() {
		if r.path != "/api/orders/batch" || !strings.HasPrefix(r.body, `{"orders":[{"`) || strings.Count(r.body, `"table_id"`) != 2 {
			t.Fatalf("sent %+v", r)
		}
	}
	worker, err := batch().Prepare(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	w := worker(0)
	for _, answer := range []struct{ row, want string }{
		{`{"order_id":"o-1"},`, ""}, {`{"code":"EMPTY_ORDER","detail":"no items"},`, "a row: EMPTY_ORDER: row 0: no items"}, {`{"order_id":"o-1"},`, ""},
	} {
		c.row = answer.row
		if _, err := w.Send(load.Turn{}); (err == nil) != (answer.want == "") || err != nil && !strings.Contains(err.Error(), answer.want) {
			t.Errorf("%s: %v", answer.row, err)
		}
	}
	c.row = ""
	if _, err := worker(1).Send(load.Turn{}); err == nil || !strings.Contains(err.Error(), "1 results of 2 orders") {
		t.Errorf("an answer with a row too few: %v", err)
	}
	job, err := batch().Job(context.Background(), func() *Target { c.row = `{"order_id":"o-1"},`; return target }())
	if err != nil || job.OrdersEach != 2 {
		t.Errorf("%v, %d orders each", err, job.OrdersEach)
	}
}

// TestABadTargetIsFoundBeforeTheClockStarts, and an answer without an id is not
// taken for an order.
func TestABadTargetIsFoundBeforeTheClockStarts(t *testing.T) {
	for _, s := range All() {
		if s.Prepare == nil {
			continue // sockets, below
		}
		c := counter{wrong: 401, menu: "[]"}
		if _, err := s.Job(context.Background(), targetOf(t, &c, 1, "a")); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if _, err := placed([]byte(`{"id":"o-1"}`), nil); err == nil {
		t.Error("an answer without an order_id is an order")
	}
	if id, err := placed([]byte(`{"order_id":"o-1"}`), nil); id != "o-1" || err != nil {
		t.Errorf("%q %v", id, err)
	}
}
