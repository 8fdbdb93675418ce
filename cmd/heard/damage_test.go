package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// logFile is the only file of the log of a small store.
func logFile(data string) string {
	return filepath.Join(data, "store", "entries", "0000000000000000.log")
}

// turnBit turns one bit behind a text in a file, at its last appearance.
func turnBit(t *testing.T, path, behind string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b, []byte(behind))
	if at < 0 {
		t.Fatalf("%s has no %q", path, behind)
	}
	b[at+len(behind)+3] ^= 4
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b[at+len(behind)+3:at+len(behind)+4], int64(at+len(behind)+3)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// copied is a copy of a data folder as cp -a makes it.
func copied(t *testing.T, data string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", "--sparse=always", data, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v %s", err, out)
	}
	return to
}

// placed places orders and returns their answers by key.
func (e *engine) placed(n int) map[string]row {
	e.t.Helper()
	all := map[string]row{}
	for i := 1; i <= n; i++ {
		key := fmt.Sprint("k", i)
		a := e.create(key)
		if !a.ok() {
			e.t.Fatal(a)
		}
		all[key] = parse[row](e.t, a.body)
	}
	return all
}

// sealed waits until what was acknowledged is sealed: the file is written again
// after the log is.
func (e *engine) sealed() {
	e.t.Helper()
	eventually(e.t, patience, "the log is sealed", func() bool {
		seal, err := os.Stat(filepath.Join(e.data, "store", "entries", "sealed"))
		if err != nil {
			return false
		}
		log, err := os.Stat(logFile(e.data))
		return err == nil && seal.ModTime().After(log.ModTime())
	})
}

// wantHit looks at everything after damage to one of n orders: that one says so,
// the others are as they were acknowledged, and numbers go on.
func (e *engine) wantHit(all map[string]row, hit string) {
	e.t.Helper()
	for key, was := range all {
		a := e.do("GET", "/api/orders/"+was.ID, "")
		if key == hit {
			if p := parse[problem](e.t, a.body); a.status != 503 || p.Code != "ORDER_QUARANTINED" || !strings.Contains(p.Detail, "damaged") {
				e.t.Errorf("the damaged order: %v", a)
			}
			continue
		}
		if now := parse[row](e.t, a.body); !a.ok() || now.Number != was.Number || now.TotalMinor != was.TotalMinor || now.Version != was.Version {
			e.t.Errorf("order %s was %+v, is %v", key, was, a)
		}
	}
	if a := e.move(all[hit].ID, "preparing", "move-"+hit); a.status != 503 || !strings.Contains(string(a.body), "ORDER_QUARANTINED") {
		e.t.Errorf("a command for the damaged order: %v", a)
	}
	for _, path := range []string{"/api/orders", "/api/orders?status=all&limit=100"} {
		a := e.do("GET", path, "")
		if rows := parse[[]row](e.t, a.body); !a.ok() || len(rows) < len(all)-1 || a.header.Get("X-Incomplete") == "" {
			e.t.Errorf("%s: %d rows, X-Incomplete %q: %v", path, len(rows), a.header.Get("X-Incomplete"), a.status)
		}
	}
	if a := e.do("GET", "/api/events?limit=1000", ""); !strings.Contains(string(a.body), `"record.damaged"`) {
		e.t.Errorf("events do not show the damaged record: %v", a)
	}
	if a := e.do("GET", "/readyz", ""); !a.ok() || !strings.Contains(string(a.body), fmt.Sprintf("record %d of bistro is damaged", all[hit].Number)) {
		e.t.Errorf("/readyz does not name the damage: %v", a)
	}
	epoch, _ := e.history()
	s := e.socket(fmt.Sprintf("/ws?token=%s&epoch=%s&seq=%d", e.token, epoch, all[hit].Number-1), nil)
	s.want("resync_required", "damaged")
	s.want("snapshot_end", "")
	if e.metric("heard_journal_damaged") == 0 {
		e.t.Error("/metrics does not count the damage")
	}
}

func (e *engine) next(key string, number int) {
	e.t.Helper()
	a := e.create(key)
	if o := parse[row](e.t, a.body); !a.ok() || o.Number != number {
		e.t.Errorf("the next order is number %d: %v", number, a)
	}
}

// TestFlippedBitInAnOrderTakesThatOrder after each kind of end: where the
// database knows the record, and where only the log has it. The newest record
// too, once it was sealed.
func TestFlippedBitInAnOrderTakesThatOrder(t *testing.T) {
	for _, c := range []struct {
		end string
		hit int
	}{{"term", 5}, {"term", 12}, {"kill", 5}, {"kill after a rest", 5}, {"kill after a rest", 12}} {
		t.Run(fmt.Sprint(c.end, " order ", c.hit), func(t *testing.T) {
			t.Parallel()
			for _, part := range []string{`"event":{"seq":%d,`, `"image":{"id":"%s"`} {
				e := startEngine(t, t.TempDir())
				all := e.placed(12)
				switch c.end {
				case "term":
					e.term()
				case "kill after a rest":
					e.sealed()
					fallthrough
				default:
					e.kill9()
				}
				hit := fmt.Sprint("k", c.hit)
				text := all[hit].ID
				if strings.Contains(part, "%d") {
					turnBit(t, logFile(e.data), fmt.Sprintf(part, c.hit))
				} else {
					turnBit(t, logFile(e.data), fmt.Sprintf(part, text))
				}
				for life := range 2 { // the second knows it from the database
					e = e.restart()
					if a := e.do("GET", "/readyz", ""); life == 1 && !strings.Contains(string(a.body), "of bistro is damaged") { // before anybody reads
						t.Errorf("/readyz has forgotten the damage: %v", a)
					}
					e.wantHit(all, hit)
					e.next(fmt.Sprint("after-", life), 13+life)
					e.term()
				}
				r := runHeard(t, "audit", "--data", e.data)
				if r.code != 1 || !strings.Contains(r.stdout, fmt.Sprintf("bistro seq %d", c.hit)) || strings.Count(r.stdout, "FAIL") != 1 {
					t.Errorf("audit: %d\n%s%s", r.code, r.stdout, r.stderr)
				}
			}
		})
	}
}

// TestFlippedBitLeavesOtherOrganisationsAlone: one that cannot be served, for
// nobody can tell which menu it has, says so, and no other notices. Documents are
// written late here, so that the log alone has the menu.
func TestFlippedBitLeavesOtherOrganisationsAlone(t *testing.T) {
	e := startEngine(t, t.TempDir(), "--flush-interval", "1m", "--flush-ops", "10000")
	all := e.as("trattoria", "admin").placed(3)
	e.placed(3)
	if a := e.do("POST", "/api/menu", `{"id":"dosa","name":"Dosa","category":"mains","price":40}`); !a.ok() {
		t.Fatal(a)
	}
	e.sealed()
	e.kill9()
	turnBit(t, logFile(e.data), `"type":"menu.item_put"`)
	e = e.restart()
	if a := e.create("k"); a.status != 503 || !strings.Contains(string(a.body), "cannot be served: a damaged record") {
		t.Errorf("a new order: %v", a)
	}
	other := e.as("trattoria", "admin")
	if rows := other.wantNumbers(3); rows["pos-k1"].TotalMinor != all["k1"].TotalMinor {
		t.Error(rows)
	}
	other.next("k4", 4)
	e.term()
}

// TestDamagedDatabaseIsMadeAgainAtTheFirstStart whichever of its files is hit,
// or gone.
func TestDamagedDatabaseIsMadeAgainAtTheFirstStart(t *testing.T) {
	e := startEngine(t, t.TempDir())
	other := e.as("trattoria", "admin")
	all := e.placed(40)
	other.placed(3)
	for i := 1; i <= 20; i++ {
		if a := e.move(all[fmt.Sprint("k", i)].ID, "completed", fmt.Sprint("done", i)); !a.ok() {
			t.Fatal(a)
		}
	}
	want := e.do("GET", "/api/orders?status=all&limit=100", "").body
	e.term()
	for _, pattern := range []string{"*.sst", "MANIFEST-*", "OPTIONS-*", "marker.manifest.*", "all of them"} {
		t.Run(pattern, func(t *testing.T) {
			data := copied(t, e.data)
			store := filepath.Join(data, "store")
			if pattern == "all of them" {
				entries, err := os.ReadDir(store)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range entries {
					if !f.IsDir() {
						if err := os.Remove(filepath.Join(store, f.Name())); err != nil {
							t.Fatal(err)
						}
					}
				}
			} else {
				found, err := filepath.Glob(filepath.Join(store, pattern))
				if err != nil || len(found) == 0 {
					t.Fatal(pattern, err)
				}
				slices.Sort(found)
				spoil(t, found[len(found)-1])
			}
			again := startEngine(t, data)
			if got := again.do("GET", "/api/orders?status=all&limit=100", ""); !bytes.Equal(got.body, want) {
				t.Errorf("orders are %v", got)
			}
			if a := again.create("k7"); a.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("a known key: %v", a)
			}
			again.next("after", 41)
			again.as("trattoria", "admin").next("after", 4)
			aside, _ := filepath.Glob(store + ".damaged-*")
			said := strings.Contains(again.stderr.String(), "the database is damaged: it is made again from the log")
			if (len(aside) == 1) != said || pattern == "*.sst" && !said { // of some an older state is left, which is good
				t.Errorf("put aside %v, said so %v", aside, said)
			}
			again.term()
			again.wantClean()
		})
	}
}

// spoil turns a bit in the middle of a file; one without content is removed.
func spoil(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) == 0 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	b[len(b)/2] ^= 8
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestEndOfTheLogThatWasCutOffIsTold also where the database is gone, too: the
// seal is beside the log. Nothing in it can say whose the records were, so the
// only organisation there is may not go on.
func TestEndOfTheLogThatWasCutOffIsTold(t *testing.T) {
	e := startEngine(t, t.TempDir())
	all := e.placed(12)
	e.sealed()
	e.term()
	b, err := os.ReadFile(logFile(e.data))
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.LastIndex(b, []byte(`{"schema":1,`)) // of record 12
	cut := int64(head - 20)
	if err := os.Truncate(logFile(e.data), cut); err != nil {
		t.Fatal(err)
	}
	with := copied(t, e.data)
	known := startEngine(t, with)
	known.wantHit(all, "k12")
	known.next("after", 13)
	known.term()
	entries, err := filepath.Glob(filepath.Join(e.data, "store", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range entries {
		if filepath.Base(f) != "entries" {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	e = e.restart()
	if a := e.create("again"); a.status != 503 || !strings.Contains(string(a.body), "newest record may be among") {
		t.Errorf("a number is given again: %v", a)
	}
	if a := e.do("GET", "/readyz", ""); !strings.Contains(string(a.body), "nobody knows whose") {
		t.Errorf("/readyz: %v", a)
	}
	e.as("new-place", "admin").next("first", 1)
	e.term()
	if r := runHeard(t, "audit", "--data", e.data); r.code != 1 || !strings.Contains(r.stdout, "nobody knows whose") {
		t.Errorf("audit: %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := runHeard(t, "restore", "--data", e.data); r.code != 0 || !strings.Contains(r.stdout, "history") {
		t.Errorf("restore: %+v", r)
	}
	e = e.restart()
	e.next("given up", 12)
	e.term()
}
