package limits

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"heard/persistence/mongotest"
	"heard/persistence/redistest"
)

// stored is an engine on one of the stores, with how to start it again.
type stored struct {
	*Process
	binary    string
	args      []string
	log       string            // its file, once it was started with logged
	documents *mongotest.Server // nil = embedded
	journal   *redistest.Server // nil = embedded
}

func buildEngine(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "heard")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/heard").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// onEmbedded starts an engine on a folder.
func onEmbedded(b *testing.B, binary string, args ...string) *stored {
	b.Helper()
	line := []string{"serve", "--data", filepath.Join(b.TempDir(), "data"), "--listen", "127.0.0.1:0", "--jwt-secret", secret}
	s := &stored{binary: binary, args: append(line, args...)}
	s.begin(b)
	return s
}

// onRedisMongo starts an engine on a Redis that fsyncs every append, and the
// MongoDB named in HEARD_TEST_MONGO_URI, else a FerretDB over SQLite: its own
// speed says nothing about MongoDB's and its processor time is taken from the
// engine here.
func onRedisMongo(b *testing.B, binary string, args ...string) *stored {
	b.Helper()
	d := mongotest.Start(b)
	journal := redistest.Start(b)
	line := []string{"--store", "redis-mongo", "--redis-url", journal.URL(), "--mongo-uri", d.URIOf(d.Database())}
	s := onEmbedded(b, binary, append(line, args...)...)
	s.documents, s.journal = d, journal
	return s
}

// begin starts it, and what it logs goes to a file.
func (s *stored) begin(b *testing.B) {
	b.Helper()
	s.log = filepath.Join(b.TempDir(), "log")
	line := append([]string{"-c", `exec "$0" "$@" 2>"$LOG"`, s.binary}, s.args...)
	p, err := StartProcess("/bin/sh", []string{"LOG=" + s.log}, line...)
	if err != nil {
		b.Fatal(err)
	}
	s.Process = p
	b.Cleanup(func() { _ = p.Kill() })
}

// figures is what performance-stats says of the store.
type figures struct {
	Actors struct {
		Commands   float64
		LiveOrders float64 `json:"live_orders"`
	}
	Journal struct {
		Appends, Entries, Unknown float64
		MongoWrites               float64 `json:"mongo_writes"`
		Undrained                 float64 `json:"undrained_records"`
		LagMS                     float64 `json:"drain_lag_ms"`
	}
	Batch struct {
		Batches    float64 `json:"batches_processed"`
		Pending    float64 `json:"pending_operations"`
		Operations float64 `json:"total_operations"`
		Failures   float64
	} `json:"batch_processor"`
	Cache struct {
		Requests float64 `json:"total_requests"`
		L1       float64 `json:"l1_hits"`
		L2       float64 `json:"l2_hits"`
		L3       float64 `json:"l3_hits"`
	}
}

func (s *stored) figures(b *testing.B) (f figures) {
	b.Helper()
	if err := json.Unmarshal(call(b, "GET", s.URL+"/api/admin/performance-stats", mint(b, "onlooker", "admin"), nil), &f); err != nil {
		b.Fatal(err)
	}
	return f
}

// until waits for figures that are as wanted.
func (s *stored) until(b *testing.B, what string, good func(*figures) bool) figures {
	b.Helper()
	for end := time.Now().Add(2 * patience); ; time.Sleep(100 * time.Millisecond) {
		f := s.figures(b)
		if good(&f) {
			return f
		}
		if time.Now().After(end) {
			b.Fatalf("%s: not within %v: %+v", what, 2*patience, f)
		}
	}
}

// drained waits until the documents have followed the log.
func (s *stored) drained(b *testing.B) figures {
	b.Helper()
	return s.until(b, "drained", func(f *figures) bool { return f.Batch.Pending == 0 && f.Journal.Undrained == 0 })
}
