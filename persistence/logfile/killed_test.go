package logfile_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"heard/persistence/logfile"
)

// killedAfter lets so many operations through; then the process is gone, while
// the kernel keeps what was written.
func killedAfter(fs vfs.FS, operations int) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(errorfs.Op) error {
		if operations--; operations < 0 {
			return errors.New("killed")
		}
		return nil
	}))
}

// live is one life: it recovers, then appends until it is killed or has enough.
// It returns what it found and what it was answered for.
func live(fs vfs.FS, next *int, enough int, seen func(string)) (found, answered []string, err error) {
	l, err := logfile.Open(logfile.Options{Dir: "log", FS: fs, FileBytes: 4 << 10})
	if err != nil {
		return nil, nil, err
	}
	err = l.Recover(logfile.Place{}, func(_ logfile.Place, b []byte) error {
		found = append(found, string(b))
		seen(string(b))
		return nil
	}, undamaged)
	for range enough {
		if err != nil {
			return found, answered, err
		}
		s := text(*next)
		*next++
		if err = l.Append([]logfile.Record{{Head: []byte(s)}}, make([]logfile.Place, 1)); err == nil {
			answered = append(answered, s)
		}
	}
	return found, answered, err
}

// TestKilledAnywhereThenPowerCut kills a process at each operation, lets
// another go on with what the kernel has, and cuts the power.
func TestKilledAnywhereThenPowerCut(t *testing.T) {
	nobody := func(string) {}
	for operations := range 60 {
		r := rand.New(rand.NewPCG(uint64(operations), 0))
		mem, next := vfs.NewCrashableMem(), 0
		_, first, err := live(killedAfter(mem, operations), &next, 40, nobody)
		if err == nil {
			t.Fatal("nobody was killed")
		}
		shown := 0
		found, second, err := live(mem, &next, 3, func(s string) {
			if shown++; shown <= len(first) {
				return
			}
			cut, _, err := live(mem.CrashClone(vfs.CrashCloneCfg{}), new(int), 0, nobody)
			if err != nil || !slices.Contains(cut, s) {
				t.Errorf("killed after %d: a record was shown that is not durable: %v", operations, err)
			}
		})
		if err != nil || len(found) < len(first) || !slices.Equal(found[:len(first)], first) {
			t.Fatalf("killed after %d: found %d, answered %d: %v", operations, len(found), len(first), err)
		}
		for _, percent := range []int{0, 50} {
			after, _, err := live(mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: r}), new(int), 0, nobody)
			if err != nil || !slices.Equal(after, slices.Concat(found, second)) {
				t.Fatalf("killed after %d: %d of %d records after a power cut: %v", operations, len(after), len(found)+len(second), err)
			}
		}
	}
}
