package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a disk of its own, which only root may.
func smallDisk(t *testing.T, sizeMiB int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("heard-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", sizeMiB)); err != nil {
		t.Skipf("SKIPPED: needs a small disk, and mounting one fails: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves so much free space on a disk; remove the file to free the rest.
func fill(t *testing.T, dir string, leaveMiB int64) (filler string) {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	filler = filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(fs.Bavail)*fs.Bsize-leaveMiB<<20); err != nil {
		t.Fatalf("fill the disk: %v", err)
	}
	return filler
}

// TestWritesStopBeforeTheDiskIsFull: below --min-free writes are refused, reads
// go on, and service resumes by itself.
func TestWritesStopBeforeTheDiskIsFull(t *testing.T) {
	disk := smallDisk(t, 800) // Pebble reserves 35 MiB for each file of its log
	e := startEngine(t, filepath.Join(disk, "data"), "--min-free", "350MiB")
	l := newLedger(t)
	place := func(key string) bool { _, ok := l.send(e, key, write{}); return ok }
	if e.wantReady(); !place("before") {
		t.Fatal("no order is taken on an empty disk")
	}
	// clients go on all the while: what was acknowledged must be there at the end
	var stop atomic.Bool
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if !place(fmt.Sprintf("c%d-%d", i, n)) {
					time.Sleep(20 * time.Millisecond) // as a client told to come later
				}
			}
		})
	}
	filler := fill(t, disk, 300)
	eventually(t, patience, "writes are refused", func() bool { return e.create("probe").status == 503 })
	a := e.create("refused")
	if p := parse[problem](t, a.body); a.status != 503 || p.Code != "JOURNAL_UNAVAILABLE" || !strings.Contains(p.Detail, "--min-free") || a.header.Get("Retry-After") == "" {
		t.Errorf("a write: %v %v", a, a.header)
	}
	if a := e.do("GET", "/readyz", ""); a.status != 503 || !strings.Contains(parse[problem](t, a.body).Detail, "--min-free 350 MiB") {
		t.Errorf("readyz: %v", a)
	}
	for _, path := range []string{"/api/orders?status=all&limit=10", "/api/menu", "/api/settings", "/healthz"} {
		if a := e.do("GET", path, ""); !a.ok() {
			t.Errorf("read %s: %v", path, a)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	eventually(t, patience, "service resumes", func() bool { return place("after") })
	t.Logf("resumed after %v", time.Since(freed).Round(time.Millisecond))
	e.wantReady()
	stop.Store(true)
	clients.Wait()
	l.wantFound(e)
	e.kill9()
	e.wantClean()
	l.wantFound(e.restart("--min-free", "0"))
}

// wantFound looks for every acknowledged create under its key.
func (l *ledger) wantFound(e *engine) {
	l.t.Helper()
	byClient := map[string]row{}
	rows := e.list()
	for _, o := range rows {
		byClient[o.ClientOrderID] = o
	}
	if len(byClient) != len(rows) {
		l.t.Errorf("%d orders for %d keys", len(rows), len(byClient))
	}
	for key := range l.kept {
		if byClient["pos-"+key].ID == "" {
			l.t.Errorf("order %s was acknowledged and is not there", key)
		}
	}
}

// overrun lets clients place orders until the log cannot be written any more,
// and wants the process to end without a false answer.
func overrun(t *testing.T, e *engine) *ledger {
	t.Helper()
	l := newLedger(t)
	together(8, func(i int) { l.work(e, fmt.Sprintf("c%d", i), 20_000) })
	if code := e.exit(patience); code == 0 {
		t.Error("the log cannot be written and the exit code is 0")
	}
	if len(l.kept) == 0 || l.refused.Load() > 0 {
		t.Errorf("%d acknowledged, %d refused: the disk was not what stopped it", len(l.kept), l.refused.Load())
	}
	t.Logf("%d acknowledged, %d in doubt, then: %s", len(l.kept), len(l.doubted), lastLine(e.stderr.String()))
	return l
}

func (l *ledger) wantAllAfter(e *engine) {
	l.t.Helper()
	e.wantClean()
	e = e.restart("--min-free", "0")
	l.settle(e)
	l.wantVisible(e)
	e.term()
	e.wantClean()
}

// TestFullDiskEndsTheProcessBeforeAFalseAnswer also where nothing bounds the
// writes. The next start reads what there is, and writes once there is room.
func TestFullDiskEndsTheProcessBeforeAFalseAnswer(t *testing.T) {
	disk := smallDisk(t, 96)
	e := startEngine(t, filepath.Join(disk, "data"), "--min-free", "0")
	filler := fill(t, disk, 2)
	l := overrun(t, e)
	if said := e.stderr.String(); !strings.Contains(said, "journal cannot be written") {
		t.Errorf("does not say why it ended: %s", said)
	}
	full := e.restart("--min-free", "0")
	for key, w := range l.kept {
		if a := full.do("GET", "/api/orders/"+parse[row](t, []byte(w.body)).ID, ""); w.order == "" && !a.ok() {
			t.Fatalf("order %s cannot be read on a full disk: %v", key, a)
		}
	}
	if a := full.create("refused"); a.status != 503 || !strings.Contains(string(a.body), "the disk is full") || a.header.Get("Retry-After") == "" {
		t.Errorf("a write on a full disk: %v", a)
	}
	if a := full.do("GET", "/readyz", ""); a.status != 503 || !strings.Contains(string(a.body), "the disk is full") {
		t.Errorf("readyz: %v", a)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "writes are taken again", func() bool { _, ok := l.send(full, "resumed", write{}); return ok })
	full.term()
	e.wantClean()
	e = e.restart("--min-free", "0")
	l.settle(e)
	l.wantVisible(e)
	e.term()
	e.wantClean()
}

// TestFullDiskDoesNotHoldTheEnd: somebody else fills the disk to the last byte.
// The exit code may then say that the log could not be closed, but nothing waits
// for space and nothing is lost.
func TestFullDiskDoesNotHoldTheEnd(t *testing.T) {
	disk := smallDisk(t, 96)
	e := startEngine(t, filepath.Join(disk, "data"))
	if a := e.create("refused"); a.status != 503 { // there is less than --min-free by default
		t.Errorf("a write: %v", a)
	}
	e.term()
	e = e.restart("--min-free", "1MiB")
	created := e.create("k")
	if !created.ok() {
		t.Fatal(created)
	}
	filler := fill(t, disk, 0)
	eventually(t, patience, "writes are refused", func() bool { return e.create("late").status == 503 })
	e.signal(syscall.SIGTERM)
	e.exit(exitTime)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	e.wantClean()
	e = e.restart("--min-free", "1MiB")
	if again := e.create("k"); string(again.body) != string(created.body) {
		t.Errorf("acknowledged %v\nafter the restart %v", created, again)
	}
}

func TestLogThatMayNotGrowEndsTheProcess(t *testing.T) {
	// ulimit -f counts blocks of 512 bytes.
	e := startEngineUnder(t, []string{"sh", "-c", `ulimit -f 4096 && exec "$0" "$@"`}, t.TempDir())
	l := overrun(t, e)
	l.wantAllAfter(e)
}

// TestAuditRunsWhereItMayNotWrite on a disk that is mounted for reading.
func TestAuditRunsWhereItMayNotWrite(t *testing.T) {
	disk := smallDisk(t, 200)
	e := startEngine(t, filepath.Join(disk, "data"), "--min-free", "1MiB")
	e.placed(3)
	e.kill9() // it reads what the database does not have, too
	if err := syscall.Mount("heard-test", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("SKIPPED: needs a disk that can be mounted for reading: %v", err)
	}
	e.wantClean()
	turned := filepath.Join(copied(t, e.data))
	turnBit(t, logFile(turned), `"event":{"seq":2,`)
	if r := runHeard(t, "audit", "--data", turned); r.code != 1 || !strings.Contains(r.stdout, "bistro seq 2") {
		t.Errorf("audit of a damaged log: %+v", r)
	}
}
