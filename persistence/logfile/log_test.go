package logfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"heard/persistence/logfile"
)

// open recovers the log in a folder, and returns what it saw.
func open(t *testing.T, fs vfs.FS, known logfile.Place) (*logfile.Log, []logfile.Place, []string) {
	t.Helper()
	l, places, records, err := recovered(fs, known)
	if err != nil {
		t.Fatal(err)
	}
	return l, places, records
}

func recovered(fs vfs.FS, known logfile.Place) (l *logfile.Log, places []logfile.Place, records []string, err error) {
	if l, err = logfile.Open(logfile.Options{Dir: "log", FS: fs, FileBytes: 4 << 10}); err != nil {
		return nil, nil, nil, err
	}
	err = l.Recover(known, func(p logfile.Place, b []byte) error {
		places, records = append(places, p), append(records, string(b))
		return nil
	}, undamaged)
	return l, places, records, err
}

// undamaged is for logs that nothing was done to.
func undamaged(p logfile.Place) error { return fmt.Errorf("damaged: %+v", p) }

// text is a record unlike any other, of a size that varies.
func text(n int) string {
	return fmt.Sprintf("record %d %s", n, bytes.Repeat([]byte{'x'}, n*37%400))
}

func appended(t *testing.T, l *logfile.Log, first, count int) []logfile.Place {
	t.Helper()
	var records []logfile.Record
	for n := first; n < first+count; n++ {
		b := []byte(text(n))
		records = append(records, logfile.Record{Head: b[:3], Body: b[3:]})
	}
	places := make([]logfile.Place, count)
	if err := l.Append(records, places); err != nil {
		t.Fatal(err)
	}
	return places
}

func TestRecordsAreReadByPlaceAndInOrder(t *testing.T) {
	fs := vfs.NewMem()
	l, _, _ := open(t, fs, logfile.Place{})
	var places []logfile.Place
	for n := 0; n < 300; n += 3 { // many files
		places = append(places, appended(t, l, n, 3)...)
		if n%60 == 0 { // another process goes on
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l, _, _ = open(t, fs, places[len(places)-1])
		}
	}
	for n, p := range places {
		if b, err := l.Read(p); err != nil || string(b) != text(n) {
			t.Fatalf("record %d: %q, %v", n, b, err)
		}
	}
	size, files := l.Size()
	if size != l.End() || files < 10 {
		t.Errorf("%d bytes in %d files, the end is %d", size, files, l.End())
	}
	for _, known := range []int{0, 1, 17, 150, 299} {
		_, again, records := open(t, fs, places[known])
		if !slices.Equal(again, places[known+1:]) || len(records) > 0 && records[0] != text(known+1) {
			t.Errorf("behind record %d: %d places, want %d", known, len(again), len(places)-known-1)
		}
	}
	if _, err := l.Read(logfile.Place{At: places[5].At + 8, Size: 8}); !errors.Is(err, logfile.ErrDamaged) {
		t.Errorf("read where no record is: %v", err)
	}
}

// TestPowerCutTakesOnlyWhatWasNotSynced cuts the power before each sync, in life
// after life: what is found is all that was ever synced or found before, then
// some of what was being written, and nothing else, however it was torn.
func TestPowerCutTakesOnlyWhatWasNotSynced(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		fs, next := vfs.FS(vfs.NewCrashableMem()), 0
		var all []string
		for range 8 {
			var left vfs.FS
			live := fs.(*vfs.MemFS)
			l, _, found := open(t, errorfs.Wrap(live, errorfs.InjectorFunc(func(o errorfs.Op) error {
				if o.Kind == errorfs.OpFileSyncData {
					left = live.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
				}
				return nil
			})), logfile.Place{})
			if n := len(all); len(found) < n || !slices.Equal(found[:n], all) {
				t.Fatalf("seed %d: %d records, %d were durable", seed, len(found), n)
			}
			all = found
			var writing []string
			for range 1 + r.IntN(4) {
				all, writing = append(all, writing...), nil
				count := 1 + r.IntN(4)
				for n := range count {
					writing = append(writing, text(next+n))
				}
				appended(t, l, next, count)
				next += count
			}
			fs = left // taken before the last sync
			_, _, found = open(t, left.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{}), logfile.Place{})
			if n := len(all); len(found) < n || !slices.Equal(found, append(slices.Clone(all), writing...)[:len(found)]) {
				t.Fatalf("seed %d: found %d records, %d were durable and %d under way", seed, len(found), n, len(writing))
			}
		}
	}
}

func TestMissingEndIsTold(t *testing.T) {
	fs := vfs.NewMem()
	l, _, _ := open(t, fs, logfile.Place{})
	places := appended(t, l, 0, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := recovered(vfs.NewMem(), places[1]); !errors.Is(err, logfile.ErrBehind) {
		t.Errorf("in an empty folder: %v", err)
	}
	_, again, _ := open(t, fs, logfile.Place{At: l.Newest()})
	if !slices.Equal(again, places) {
		t.Errorf("%d records from the newest file's start", len(again))
	}
}

// TestMissingFileIsTold: what the others have can be read all the same.
func TestMissingFileIsTold(t *testing.T) {
	for gone := range 3 {
		empty := gone > 0 // zeros behind the end of one before would fill its place
		fs := vfs.NewMem()
		l, _, _ := open(t, fs, logfile.Place{})
		var places []logfile.Place
		for n := range 100 {
			places = append(places, appended(t, l, n, 1)...)
		}
		if gaps := l.Gaps(); len(gaps) > 0 {
			t.Errorf("gaps in a log that is whole: %v", gaps)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := fs.List("log")
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		if err := fs.Remove("log/" + names[gone]); err != nil {
			t.Fatal(err)
		}
		if empty {
			f, err := fs.Create("log/"+names[gone], vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		l, _, _ = open(t, fs, places[98])
		if gaps := l.Gaps(); len(gaps) != 1 || !errors.Is(gaps[0], logfile.ErrDamaged) {
			t.Errorf("without file %d: gaps %v", gone, gaps)
		}
		if b, err := l.Read(places[99]); err != nil || string(b) != text(99) {
			t.Errorf("without file %d: %q, %v", gone, b, err)
		}
	}
}

// TestFailedAppendIsAnError: the write, the sync, a new file.
func TestFailedAppendIsAnError(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpFileWriteAt, errorfs.OpFileSyncData, errorfs.OpCreate} {
		broken := false
		fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
			if broken && o.Kind == kind {
				return errors.New("injected disk error")
			}
			return nil
		}))
		l, _, _ := open(t, fs, logfile.Place{})
		appended(t, l, 0, 1)
		broken = true
		var err error
		for n := 0; n < 40 && err == nil; n++ {
			err = l.Append([]logfile.Record{{Head: []byte(text(n))}}, make([]logfile.Place, 1))
		}
		if err == nil {
			t.Errorf("operation %d failed and nobody was told", kind)
		}
	}
}
