package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// spoilt turns one bit in the record of the log that has a text.
func spoilt(t *testing.T, data, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "store", "entries", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(content, []byte(text)); at >= 0 {
			content[at] ^= 1
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%s is in none of %v", text, files)
}

// wantDamageNamed: everybody is told whose log is damaged, and where; the others
// are served, and the node stays in its load balancer.
func (e *engine) wantDamageNamed(said, metric string) {
	t := e.t
	t.Helper()
	ready := e.do("GET", "/readyz", "")
	if !ready.ok() || !strings.Contains(string(ready.body), said) || strings.Contains(string(ready.body), "Pizza") {
		t.Errorf("readyz: %v, want %s", ready, said)
	}
	damaged := parse[struct {
		Damaged struct {
			Records []struct {
				Organisation, In, Error string
				Seq                     int
			}
		}
	}](t, e.as("other", "admin").do("GET", "/api/admin/performance-stats", "").body).Damaged
	if len(damaged.Records) != 1 || damaged.Records[0].Organisation != "bistro" || damaged.Records[0].Error == "" {
		t.Errorf("performance-stats: %+v", damaged)
	}
	if metrics := string(e.do("GET", "/metrics", "").body); !strings.Contains(metrics, "\n"+metric+" 1\n") {
		t.Error("metrics do not count it")
	}
	if a := e.as("other", "admin").create("meanwhile"); !a.ok() {
		t.Errorf("another organisation: %v", a)
	}
}

// keptThenSpoiled is an engine whose log has three orders and then a bad bit in
// the record that made the second.
func keptThenSpoiled(t *testing.T, status string) *engine {
	e := startEngine(t, t.TempDir())
	for _, key := range []string{"k1", "k2", "k3"} {
		id := parse[row](t, e.create(key).body).ID
		if a := e.move(id, status, key+"-moved"); !a.ok() {
			t.Fatal(a)
		}
	}
	e.drained()
	e.term()
	spoilt(t, e.data, `"client_order_id":"pos-k2","currency"`)
	return e.restart()
}

// Embedded, what is whole is served; see damage_test.go for the rest.
func TestDamagedRecordIsNamed(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"completed", "pending"} {
		e := keptThenSpoiled(t, status)
		if a := e.do("GET", "/api/events", ""); !a.ok() || !strings.Contains(string(a.body), `"event":"record.damaged"`) { // it is found when it is read
			t.Error(a)
		}
		e.wantDamageNamed(`"record 3 of bistro is damaged"`, "heard_journal_damaged")
		if a := e.create("k4"); !a.ok() {
			t.Error(a)
		}
		e.term()
	}
}

func TestDamagedRecordOfTheProductionStoreIsNamed(t *testing.T) {
	t.Parallel()
	p := startProduction(t)
	for _, key := range []string{"k1", "k2", "k3"} {
		if a := p.create(key); !a.ok() {
			t.Fatal(a)
		}
	}
	p.drained()
	journal := p.mongo.Client().Database(p.database).Collection("journal")
	_, err := journal.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "bistro/00000000000000000002"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "data", Value: `{"schema":1,"spoiled":true}`}}}})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.do("GET", "/api/events", ""); a.status != 503 {
		t.Errorf("events: %v", a)
	}
	p.wantDamageNamed(`"organisation bistro: the log is damaged at record 2"`, "heard_damaged_records")
	if a := p.create("k4"); !a.ok() { // its other orders go on
		t.Error(a)
	}
	p.term()
}
