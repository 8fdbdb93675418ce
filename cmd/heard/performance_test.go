package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

// statKeys are CONTRACT section 4: % is text such as "61.00%" with a numeric twin
// beside it, # a number, " any text, { an object, ? a time or null.
const statKeys = `
cache           total_requests# l1_hits# l2_hits# l3_hits# l1_hit_rate% l2_hit_rate% l3_hit_rate% avg_latency_ms" l1_stats{
cache.l1_stats  hits# misses# hit_rate% size# capacity#
batch_processor total_operations# batches_processed# avg_batch_size# operations_per_second# last_flush_time? pending_operations# operation_types{ database_operations# saved_pct#
billing_engine  calculations# avg_time_ms# cache_hits# cache_misses# cache_hit_rate% cached_tax_rates#
websocket       total_connections# messages_sent# messages_failed# avg_latency_ms# active_connections# organizations# rooms#
`

var percentage = regexp.MustCompile(`^\d+\.\d\d%$`)

func isOfKind(value any, kind byte) bool {
	switch kind {
	case '#':
		_, ok := value.(float64)
		return ok
	case '{':
		_, ok := value.(map[string]any)
		return ok
	case '?':
		text, ok := value.(string)
		_, err := time.Parse(time.RFC3339, text)
		return value == nil || ok && err == nil
	}
	text, ok := value.(string)
	return ok && (kind == '"' || percentage.MatchString(text))
}

// The seed's front end reads these names; a part that is not running answers {}.
func TestPerformanceStatsHaveTheNamesOfTheContract(t *testing.T) {
	e := startEngine(t, t.TempDir())
	for range 3 {
		if a := e.do("POST", "/api/orders", legacyBody); !a.ok() {
			t.Fatal(a)
		}
	}
	eventually(t, patience, "the orders are drained", func() bool { return e.metric("heard_drain_operations_total") == 3 })
	a := e.do("GET", "/api/admin/performance-stats", "")
	if !a.ok() {
		t.Fatal(a)
	}
	stats := parse[map[string]any](t, a.body)
	for _, name := range strings.Fields("cache batch_processor billing_engine websocket actors journal cluster") {
		if !isOfKind(stats[name], '{') {
			t.Errorf("%s is %v", name, stats[name])
		}
	}
	if at, _ := stats["timestamp"].(string); !strings.HasSuffix(at, "Z") || !isOfKind(stats["timestamp"], '?') {
		t.Errorf("timestamp is %v", stats["timestamp"])
	}
	for _, row := range lines(strings.TrimSpace(statKeys)) {
		fields := strings.Fields(row)
		part := stats
		for step := range strings.SplitSeq(fields[0], ".") {
			part, _ = part[step].(map[string]any)
		}
		for _, field := range fields[1:] {
			name, kind := field[:len(field)-1], field[len(field)-1]
			value, there := part[name]
			if !there || !isOfKind(value, kind) {
				t.Errorf("%s.%s is %v", fields[0], name, value)
			}
			if _, twin := part[name+"_pct"].(float64); kind == '%' && !twin {
				t.Errorf("%s.%s has no numeric twin", fields[0], name)
			}
		}
	}
	var figures struct {
		Batch   struct{ Total_operations, Pending_operations int64 } `json:"batch_processor"`
		Billing struct{ Calculations int64 }                         `json:"billing_engine"`
	}
	if err := json.Unmarshal(a.body, &figures); err != nil || figures.Batch.Total_operations != 3 || figures.Billing.Calculations < 3 {
		t.Errorf("three orders make %+v", figures)
	}
	if a := e.as("bistro", "manager").do("GET", "/api/admin/performance-stats", ""); a.status != 403 || !strings.Contains(string(a.body), `"detail":"Admin only"`) {
		t.Errorf("manager: %s", a)
	}
}
