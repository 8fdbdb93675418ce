package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"heard/bench/load"
)

// forgetful is an engine in memory that may lose what it had acknowledged.
type forgetful struct {
	mu     sync.Mutex
	orders []string // bodies
	lose   int      // of them, at each kill
	change bool     // the total of the first
	dead   bool     // it does not come back
	server *httptest.Server
	kills  int
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id, ok := strings.CutPrefix(r.URL.Path, "/api/orders/"); ok {
		for i, body := range f.orders {
			if id == fmt.Sprint("o-", i) && body != "" {
				fmt.Fprint(w, body)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method == "POST" {
		n := len(f.orders)
		f.orders = append(f.orders, fmt.Sprintf(`{"order_id":"o-%d","number":%d,"total_minor":500}`, n, n+1))
		fmt.Fprint(w, f.orders[n])
	}
}

func (f *forgetful) Kill() {
	f.server.CloseClientConnections()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kills++
	for i := range f.lose {
		f.orders[i] = ""
	}
	if f.change {
		f.orders[0] = strings.Replace(f.orders[0], "500", "501", 1)
	}
}

func (f *forgetful) Start(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kills == 0 {
		return "", errors.New("it still runs")
	}
	if f.dead {
		return "", errors.New("it does not serve")
	}
	return f.server.URL, nil
}

// round runs one round against such an engine, with orders from before.
func round(t *testing.T, f *forgetful) (load.Result, error) {
	t.Helper()
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	client, err := load.NewClient(f.server.URL, 4, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := &Restart{Target: &Target{Client: client, Tokens: []string{"a", "b"}, Seed: 1}, Engine: f, Timeout: 30 * time.Second}
	o := load.Options{Connections: 4, Duration: 100 * time.Millisecond}
	if err := r.Fill(context.Background(), 10, o); err != nil {
		t.Fatal(err)
	}
	return r.Round(context.Background(), 1, o)
}

func TestARestartThatLosesNothing(t *testing.T) {
	f := &forgetful{}
	r, err := round(t, f)
	if err != nil || r.Errors != 0 || r.Partial || f.kills != 1 {
		t.Fatalf("%v %+v, %d kills", err, r, f.kills)
	}
	// Its first write is not among them, nor what was under way at the kill.
	if c := r.Restarted; c == nil || c.Missing != 0 || c.Acknowledged < 10+int(r.Requests) || c.Acknowledged > len(f.orders)-1 || c.FirstWrite < c.FirstAnswer {
		t.Errorf("%+v of %d orders", c, len(f.orders))
	}
}

func TestARestartFindsWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		engine *forgetful
		n      int64
		want   string
	}{
		"lost":    {&forgetful{lose: 3}, 3, "an acknowledged order after kill -9: GET /api/orders/{id}: 404"},
		"changed": {&forgetful{change: true}, 1, "acknowledged {organisation:"},
	} {
		r, err := round(t, c.engine)
		if err != nil || r.Restarted == nil || r.Restarted.Missing != c.n || r.Errors != c.n || len(r.FirstFault) != 1 || !strings.Contains(r.FirstFault[0].First, c.want) {
			t.Errorf("%s: %v %+v %+v", name, err, r.Restarted, r.FirstFault)
		}
	}
}

func TestAnEngineThatStaysDownIsSaid(t *testing.T) {
	if _, err := round(t, &forgetful{dead: true}); err == nil || !strings.Contains(err.Error(), "restart: it does not serve") {
		t.Errorf("%v", err)
	}
}
