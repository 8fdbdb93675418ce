package logfile_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/persistence/logfile"
)

// flips is how many bits are turned, each in a log of its own.
func flips(t *testing.T) int {
	text := os.Getenv("HEARD_FLIPS")
	if text == "" {
		return 150
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// built is a log of several files, closed as a killed process leaves it, and
// sealed up to a record.
type built struct {
	fs     *vfs.MemFS
	places []logfile.Place
	end    uint64
}

func build(t *testing.T, records, sealed int) built {
	t.Helper()
	b := built{fs: vfs.NewCrashableMem()}
	l, _, _ := open(t, b.fs, logfile.Place{})
	for n := range records {
		b.places = append(b.places, appended(t, l, n, 1)...)
		if n == sealed-1 {
			if err := l.Seal(l.End()); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.end = l.End()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// file is the one that has a place, and the offset in it.
func (b *built) file(t *testing.T, at uint64) (name string, offset int64) {
	t.Helper()
	names, err := b.fs.List("log")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, n := range names {
		var base uint64
		if _, err := fmt.Sscanf(n, "%x.log", &base); err == nil && strings.HasSuffix(n, ".log") && base <= at {
			name, offset = n, int64(at-base)
		}
	}
	return "log/" + name, offset
}

// turn turns bits of a byte of a file.
func (b *built) turn(t *testing.T, name string, offset int64, bits byte) {
	t.Helper()
	f, err := b.fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	var one [1]byte
	if _, err := f.ReadAt(one[:], offset); err != nil {
		t.Fatal(err)
	}
	one[0] ^= bits
	if _, err := f.WriteAt(one[:], offset); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// look recovers a log and returns which records it saw and where it is damaged.
func (b *built) look(t *testing.T, known logfile.Place) (l *logfile.Log, seen []string, bad []logfile.Place) {
	t.Helper()
	l, err := logfile.Open(logfile.Options{Dir: "log", FS: b.fs, FileBytes: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	err = l.Recover(known, func(_ logfile.Place, r []byte) error {
		seen = append(seen, string(r))
		return nil
	}, func(p logfile.Place) error {
		bad = append(bad, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, seen, bad
}

// TestDamageTakesTheRecordItHits turns one bit anywhere in any record, its size
// and its checksum too: that record is told, all others are there, the log
// goes on behind them, and the next recovery finds the same.
func TestDamageTakesTheRecordItHits(t *testing.T) {
	const records = 60
	r := rand.New(rand.NewPCG(1, 0))
	whole := build(t, records, records)
	for range flips(t) {
		b := whole
		b.fs = whole.fs.CrashClone(vfs.CrashCloneCfg{})
		n := r.IntN(records)
		p := b.places[n]
		name, offset := b.file(t, p.At)
		at := r.IntN(16 + p.Size)
		b.turn(t, name, offset+int64(at), 1<<r.IntN(8))
		var want []string
		for i := range records {
			if i != n {
				want = append(want, text(i))
			}
		}
		for life := range 2 {
			l, seen, bad := b.look(t, logfile.Place{})
			if !slices.Equal(bad, []logfile.Place{{At: p.At, Size: sizeOf(p)}}) || !slices.Equal(seen, want) {
				t.Fatalf("record %d, byte %d, life %d: saw %d records, damaged %v, want %v", n, at, life, len(seen), bad, p)
			}
			if _, err := l.Read(p); !errors.Is(err, logfile.ErrDamaged) {
				t.Fatalf("record %d is read: %v", n, err)
			}
			if got := l.Remains(bad[0]); len(got) < 16+p.Size {
				t.Fatalf("%d bytes remain of record %d", len(got), n)
			}
			appended(t, l, records+life, 1)
			want = append(want, text(records+life))
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sizeOf is that of a record which fills what another takes, with the zeros behind.
func sizeOf(p logfile.Place) int { return (p.Size + 7) &^ 7 }

// TestSealTellsDamageFromATornWrite: what was sealed was durable, and a bad
// record there is damage; behind the seal it may be one that was half written.
func TestSealTellsDamageFromATornWrite(t *testing.T) {
	for _, sealed := range []int{0, 9, 10} {
		b := build(t, 10, sealed)
		name, offset := b.file(t, b.places[9].At)
		b.turn(t, name, offset+20, 4)
		_, seen, bad := b.look(t, logfile.Place{})
		if told := len(bad) == 1; told != (sealed == 10) || len(seen) != 9 {
			t.Errorf("sealed up to record %d: saw %d records, damaged %v", sealed, len(seen), bad)
		}
	}
}

// TestEndThatWasCutOffIsTold: the seal is beside the log.
func TestEndThatWasCutOffIsTold(t *testing.T) {
	b := build(t, 10, 10)
	name, offset := b.file(t, b.places[8].At)
	f, err := b.fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	kept := make([]byte, offset)
	if _, err := f.ReadAt(kept, 0); err != nil {
		t.Fatal(err)
	}
	cut, err := b.fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cut.Write(kept); err != nil {
		t.Fatal(err)
	}
	for _, known := range []logfile.Place{{}, b.places[3], b.places[9]} {
		l, _, bad := b.look(t, known)
		if len(bad) != 1 || l.End() != b.end {
			t.Errorf("known %v: damaged %v, the log ends at %d of %d", known, bad, l.End(), b.end)
		}
		appended(t, l, 0, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		b.end = l.End()
	}
}

// TestDamagedSealHitsNoRecord: one bad place leaves the other, and without both
// the log is read as one that was never sealed.
func TestDamagedSealHitsNoRecord(t *testing.T) {
	for n := range 32 {
		b := build(t, 10, 9)
		l, _, _ := open(t, b.fs, logfile.Place{})
		if err := l.Seal(b.end); err != nil { // the other place
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		offset := int64(n % 16)
		if n >= 16 {
			offset += 4 << 10
		}
		b.turn(t, "log/sealed", offset, 1<<(n%8))
		l, seen, bad := b.look(t, logfile.Place{})
		if len(seen) != 10 || len(bad) != 0 || l.Sealed() < b.places[9].At {
			t.Errorf("byte %d: saw %d records, damaged %v, sealed up to %d", offset, len(seen), bad, l.Sealed())
		}
		b.turn(t, "log/sealed", offset^(4<<10), 1)
		if l, seen, bad = b.look(t, logfile.Place{}); len(seen) != 10 || len(bad) != 0 || l.Sealed() != 0 {
			t.Errorf("both: saw %d records, damaged %v, sealed up to %d", len(seen), bad, l.Sealed())
		}
	}
}

// TestKnownRecordThatIsDamagedIsSkipped: what is behind it is read.
func TestKnownRecordThatIsDamagedIsSkipped(t *testing.T) {
	b := build(t, 10, 0)
	for _, n := range []int{9, 4} {
		name, offset := b.file(t, b.places[n].At)
		b.turn(t, name, offset+3, 8)
	}
	_, seen, bad := b.look(t, b.places[4])
	if !slices.Equal(bad, []logfile.Place{b.places[4]}) || len(seen) != 4 {
		t.Errorf("behind record 4: saw %d records, damaged %v", len(seen), bad)
	}
	l, seen, bad := b.look(t, b.places[9])
	if !slices.Equal(bad, []logfile.Place{b.places[9]}) || len(seen) != 0 || l.End() != b.end {
		t.Errorf("behind record 9: saw %d records, damaged %v", len(seen), bad)
	}
}
