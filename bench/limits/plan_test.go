package limits

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestPlanSendsEveryOrderOnceToEachInTurn, stamped with the moment of sending.
func TestPlanSendsEveryOrderOnceToEachInTurn(t *testing.T) {
	seen := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- r.Header.Get("Authorization")
		var order struct {
			Sent int64 `json:"customer_name,string"`
		}
		if err := json.Unmarshal(body, &order); err != nil || time.Since(time.UnixMicro(order.Sent)).Abs() > time.Minute {
			t.Errorf("sent at %d: %s", order.Sent, body)
		}
	}))
	defer server.Close()
	sent, err := (&Plan{URL: server.URL, Tokens: []string{"a", "b"}, PerSecond: 200, For: 100 * time.Millisecond, Connections: 4}).Run()
	if err != nil || sent.Orders != 20 || sent.Answered.TotalCount() != 20 {
		t.Fatalf("%+v %v", sent, err)
	}
	close(seen)
	count := map[string]int{}
	for who := range seen {
		count[who]++
	}
	if count["Bearer a"] != 10 || count["Bearer b"] != 10 {
		t.Error(count)
	}
}
