package pebblestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"heard/persistence"
	"heard/persistence/pebblestore"
)

// The test binary, run again with one of these, is a child: the process that is
// killed, or the one whose disk fails.
const (
	childFolder = "HEARD_TEST_KILL_FOLDER"
	childFails  = "HEARD_TEST_FAILING_DISK"
)

const (
	killRounds = 3
	killOrgs   = 8
)

// TestMain becomes the child where asked to. The child prints every promise
// after it was made, as a server answers after it has saved.
func TestMain(m *testing.M) {
	folder := os.Getenv(childFolder)
	if os.Getenv(childFails) != "" {
		failing()
	}
	if folder == "" {
		os.Exit(m.Run())
	}
	db, err := pebblestore.Open(pebblestore.Options{Dir: folder})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	var wg sync.WaitGroup
	for i := range killOrgs {
		wg.Go(func() { promise(db, fmt.Sprint("org", i)) })
	}
	wg.Wait()
	os.Exit(4) // not reached: the writers go on until they are killed
}

func promise(db *pebblestore.DB, org string) {
	l := newLedger()
	go func() {
		var epoch, last uint64
		for range time.Tick(time.Millisecond) {
			l.mu.Lock()
			e, n := l.epoch[org], l.last[org]
			l.mu.Unlock()
			if e != epoch || n != last {
				epoch, last = e, n
				fmt.Printf("%s %d %d\n", org, epoch, last)
			}
		}
	}()
	fmt.Fprintln(os.Stderr, l.write(db, org, 1, new(atomic.Bool)))
	os.Exit(5)
}

func TestKilledProcessKeepsItsPromises(t *testing.T) {
	folder := t.TempDir()
	promised := newLedger()
	for round := range killRounds {
		killed(t, folder, promised)
		db, err := pebblestore.Open(pebblestore.Options{Dir: folder})
		if err != nil {
			t.Fatalf("open after kill %d: %v", round, err)
		}
		promised.check(t, db, false)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	sum := uint64(0)
	for _, last := range promised.last {
		sum += last
	}
	t.Logf("%d records of %d organisations promised over %d kills", sum, len(promised.last), killRounds)
}

// killed runs the child for a while, reads its promises and kills it.
func killed(t *testing.T, folder string, promised *ledger) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+folder)
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	timer := time.AfterFunc(time.Minute, kill)
	defer func() { timer.Stop() }()
	lines := 0
	for s := bufio.NewScanner(out); s.Scan(); lines++ {
		if lines == 0 { // it has begun, however slow the machine
			timer.Stop()
			timer = time.AfterFunc(600*time.Millisecond, kill)
		}
		var org string
		var epoch, last uint64
		if n, _ := fmt.Sscanf(s.Text(), "%s %d %d", &org, &epoch, &last); n == 3 {
			promised.note(promised.epoch, org, epoch)
			promised.note(promised.last, org, last)
		}
	}
	if err := child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatalf("child ended by itself: %v: %s", err, complaints.String())
	}
	if lines == 0 {
		t.Fatalf("child promised nothing: %s", complaints.String())
	}
}

// failing appends to a log that breaks, with the Fatal of production.
func failing() {
	var broken atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if broken.Load() && o.Kind == errorfs.OpFileSyncData && strings.HasSuffix(o.Path, ".log") {
			return errors.New("injected disk error")
		}
		return nil
	}))
	db, err := pebblestore.Open(pebblestore.Options{Dir: "db", FS: fs})
	if err != nil {
		os.Exit(6)
	}
	lease, err := db.Acquire(context.Background(), "a", 0)
	if err != nil {
		os.Exit(7)
	}
	broken.Store(true)
	e := persistence.Entry{Org: "a", Epoch: lease.Epoch, First: 1, Last: 1, Data: []byte("x")}
	out := make([]persistence.Outcome, 1)
	fmt.Println("answered", db.Append(context.Background(), []persistence.Entry{e}, out), out[0])
	os.Exit(0)
}

func TestFailingDiskEndsTheProcessWithOneLine(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFails+"=1")
	var said, complained strings.Builder
	child.Stdout, child.Stderr = &said, &complained
	_ = child.Run()
	if code := child.ProcessState.ExitCode(); code != 1 || said.String() != "" {
		t.Errorf("exit status %d, answer %q", code, said.String())
	}
	if got := complained.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "injected disk error") {
		t.Errorf("complaint %q", got)
	}
}
