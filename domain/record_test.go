package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func someRecords(random *rand.Rand, first uint64) []Record {
	records := make([]Record, 1+random.IntN(4))
	for i := range records {
		r := &records[i]
		*r = Record{Seq: first + uint64(i), Kind: "outlet.settings_changed", Version: first + uint64(i), At: random.Int64N(1 << 45),
			By: Identity{User: "u-1", Role: Roles()[random.IntN(6)]}, Data: []byte(`{"a":"é \u2028 \" <b>","n":12.50}`)}
		if random.IntN(3) > 0 {
			r.Kind, r.Entity, r.Version = "order.created", fmt.Sprint("o-", random.IntN(9)), 1+random.Uint64N(9)
			r.Image = []byte(fmt.Sprintf(`{"id":"%s","total":%d.00}`, r.Entity, random.IntN(100)))
		}
		if random.IntN(2) == 0 {
			r.By.Name, r.Key = "Zoë \"Z\" <admin>\u2028", "कुंजी \\ \" &"
			r.Asked[0], r.Asked[15] = byte(random.Uint32()), byte(random.Uint32())
		}
		if random.IntN(2) == 0 {
			r.Answer = []byte(`{"message":"ok"}`)
		}
	}
	return records
}

// someLog is entries that follow each other, and what is in them.
func someLog(seed uint64, entries int) (log [][]byte, records [][]Record, head Hash) {
	random := rand.New(rand.NewPCG(seed, 1))
	var w EntryWriter
	next := uint64(1)
	for range entries {
		batch := someRecords(random, next)
		for i := range batch {
			w.Add(&batch[i])
		}
		next += uint64(len(batch))
		log, records = append(log, w.Take()), append(records, batch)
	}
	return log, records, w.Last
}

// readLog reads a log as recovery does: chain and sequence go on from entry to
// entry. The head is what the newest event must hash to.
func readLog(log [][]byte, head Hash) ([][]Record, error) {
	var records [][]Record
	var last Hash
	next := uint64(1)
	for _, data := range log {
		batch, after, err := ParseEntry(data, last, next)
		if err != nil {
			return nil, err
		}
		records, last, next = append(records, batch), after, next+uint64(len(batch))
	}
	if last != head {
		return nil, fmt.Errorf("the log ends at %x, not %x", last[:4], head[:4])
	}
	return records, nil
}

func TestEntriesReadBackAsTheyWereWritten(t *testing.T) {
	for seed := range uint64(50) {
		log, want, head := someLog(seed, 5)
		got, err := readLog(log, head)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %v\ngot  %+v\nwant %+v", seed, err, got, want)
		}
		for i, data := range log {
			if !json.Valid(data) || !json.Valid(bytes.TrimSpace(data)) {
				t.Fatalf("seed %d: no JSON: %s", seed, data)
			}
			recs, hashes, err := ReadEntry(data)
			if err != nil || len(hashes) != len(recs)+1 || !reflect.DeepEqual(recs, want[i]) {
				t.Fatalf("seed %d: %d hashes, %d records: %v", seed, len(hashes), len(recs), err)
			}
		}
	}
}

func TestEntryIsAsItWasInTheFirstVersion(t *testing.T) {
	w := EntryWriter{Last: Hash{0xab}}
	w.Add(&Record{Seq: 7, Kind: "order.created", Entity: "o-1", Version: 1, At: 5, By: Identity{User: "u", Name: "N", Role: Waiter, IssuedAt: 9},
		Key: "k", Asked: Fingerprint{1}, Data: []byte(`{"d":1}`), Image: []byte(`{"i":1}`), Answer: []byte(`{"a":1}`)})
	w.Add(&Record{Seq: 8, Kind: "key.remembered", Version: 8, At: 5, By: Identity{User: "u", Role: Admin}, Data: []byte(`{}`)})
	size := w.Size()
	want := `{"schema":1,"prev":"ab` + strings.Repeat("00", 31) + `","records":[` +
		`{"event":{"seq":7,"type":"order.created","order_id":"o-1","version":1,"at":5,"by":{"id":"u","name":"N","role":"waiter"},"key":"k","asked":"01` + strings.Repeat("00", 15) + `","data":{"d":1}},"image":{"i":1},"answer":{"a":1}},` +
		`{"event":{"seq":8,"type":"key.remembered","version":8,"at":5,"by":{"id":"u","role":"admin"},"data":{}}}]}`
	got := string(w.Take())
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if size != len(want)-2 || w.Size() != 0 {
		t.Errorf("size was %d of %d, then %d", size, len(want), w.Size())
	}
}

func TestTakenEntryIsNotWrittenOver(t *testing.T) {
	var w EntryWriter
	random := rand.New(rand.NewPCG(1, 1))
	var taken, kept [][]byte
	for i := range 20 {
		for _, r := range someRecords(random, uint64(i)) {
			w.Add(&r)
		}
		data := w.Take()
		taken, kept = append(taken, data), append(kept, bytes.Clone(data))
	}
	for i := range taken {
		if !bytes.Equal(taken[i], kept[i]) {
			t.Errorf("entry %d was written over", i)
		}
	}
}

func TestBrokenLogIsFound(t *testing.T) {
	log, _, head := someLog(3, 4)
	other, _, _ := someLog(4, 4)
	for name, broken := range map[string][][]byte{
		"an entry is missing":        {log[0], log[2], log[3]},
		"the first is missing":       log[1:],
		"the last is missing":        log[:3],
		"two changed places":         {log[0], log[2], log[1], log[3]},
		"an entry is there twice":    {log[0], log[1], log[1], log[2], log[3]},
		"an entry of another log":    {log[0], other[1], log[2], log[3]},
		"an empty entry":             {log[0], []byte(`{"schema":1,"prev":"` + strings.Repeat("0", 64) + `","records":[]}`)},
		"an entry of a later schema": {bytes.Replace(log[0], []byte(`"schema":1`), []byte(`"schema":2`), 1)},
	} {
		if _, err := readLog(broken, head); err == nil {
			t.Errorf("%s, and nobody noticed", name)
		}
	}
	// a sequence that does not follow, though the chain holds
	for _, wrong := range [][]uint64{{2}, {1, 3}, {1, 1}, {0}} {
		var w EntryWriter
		for _, seq := range wrong {
			w.Add(&Record{Seq: seq, Kind: "x", Data: []byte(`{}`)})
		}
		if _, _, err := ParseEntry(w.Take(), Hash{}, 1); err == nil || !strings.Contains(err.Error(), "sequence") {
			t.Errorf("sequence %v: %v", wrong, err)
		}
	}
}

func TestTruncatedEntryIsFound(t *testing.T) {
	log, _, _ := someLog(5, 1)
	for n := range log[0] {
		if _, _, err := ReadEntry(log[0][:n]); err == nil {
			t.Fatalf("%d of %d bytes were read", n, len(log[0]))
		}
	}
	if _, _, err := ReadEntry(append(bytes.Clone(log[0]), '}')); err == nil {
		t.Error("something behind the entry was read over")
	}
}

// TestFlippedByteOfAnEventIsFound flips each byte of what the chain covers, the
// events, in a log of several entries: into its neighbour, into the other case,
// and out of ASCII.
func TestFlippedByteOfAnEventIsFound(t *testing.T) {
	log, want, head := someLog(6, 3)
	for e, data := range log {
		for i := range data {
			for _, bit := range []int{0, 5, 7} {
				broken := bytes.Clone(data)
				broken[i] ^= 1 << bit
				flipped := append(append(append([][]byte{}, log[:e]...), broken), log[e+1:]...)
				got, err := readLog(flipped, head)
				if err == nil && !sameEvents(got, want) {
					t.Fatalf("entry %d, byte %d (%q), bit %d: read as %s", e, i, data[i], bit, broken)
				}
			}
		}
	}
}

// sameEvents compares what the chain covers: not images and answers, which may
// be dropped from a drained entry.
func sameEvents(a, b [][]Record) bool {
	strip := func(log [][]Record) (all []Record) {
		for _, batch := range log {
			for _, r := range batch {
				r.Image, r.Answer = nil, nil
				all = append(all, r)
			}
		}
		return all
	}
	return reflect.DeepEqual(strip(a), strip(b))
}

func TestHexOfAnotherLengthIsRefused(t *testing.T) {
	entry := func(prev, asked string) []byte {
		return []byte(`{"schema":1,"prev":"` + prev + `","records":[{"event":{"seq":1,"type":"x","version":1,"at":1,"by":{},"key":"k","asked":"` + asked + `","data":{}}}]}`)
	}
	good, asked32 := strings.Repeat("a", 64), strings.Repeat("b", 32)
	if _, _, err := ReadEntry(entry(good, asked32)); err != nil {
		t.Fatal(err)
	}
	for _, prev := range []string{"", "a", good[:63], good[:62], good + "a", good + "aa", good + good, "g" + good[1:]} {
		if _, _, err := ReadEntry(entry(prev, asked32)); err == nil {
			t.Errorf("prev %q was read", prev)
		}
	}
	for _, asked := range []string{"", asked32[:31], asked32[:30], asked32 + "b", asked32 + asked32, "x" + asked32[1:]} {
		if _, _, err := ReadEntry(entry(good, asked)); err == nil {
			t.Errorf("fingerprint %q was read", asked)
		}
	}
}

// FuzzReadEntry reads any bytes: an error or records, never a panic. What is
// read is written again and reads the same.
func FuzzReadEntry(f *testing.F) {
	log, _, _ := someLog(7, 6)
	for _, data := range log {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(`{"schema":1,"prev":"` + strings.Repeat("0", 66) + `","records":[{}]}`))
	f.Add([]byte(`{"schema":1,"prev":"` + strings.Repeat("0", 64) + `","records":[{"event":null},{"event":{"key":"k","asked":"00"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		recs, hashes, err := ReadEntry(data)
		if err != nil {
			if recs != nil || hashes != nil {
				t.Fatal("an error with records")
			}
			return
		}
		if len(recs) == 0 || len(hashes) != len(recs)+1 {
			t.Fatalf("%d records, %d hashes", len(recs), len(hashes))
		}
		if again, _, err := ParseEntry(data, hashes[0], recs[0].Seq); err == nil && !reflect.DeepEqual(again, recs) {
			t.Fatal("ParseEntry reads otherwise")
		}
	})
}

func TestOneRecordIsReadWithoutTheOthers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var w EntryWriter
		records := someRecords(random, 1+random.Uint64N(1000))
		for i := range records {
			w.Add(&records[i])
		}
		data := w.Take()
		all, _, err := ReadEntry(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			one, err := ReadRecord(data, all[i].Seq)
			if err != nil || !reflect.DeepEqual(one, all[i]) {
				t.Fatalf("%v\n%+v\n%+v", err, one, all[i])
			}
		}
		for _, seq := range []uint64{0, records[0].Seq - 1, records[len(records)-1].Seq + 1, records[0].Seq * 10} {
			if seq >= records[0].Seq && seq <= records[len(records)-1].Seq {
				continue
			}
			if _, err := ReadRecord(data, seq); err == nil {
				t.Fatalf("record %d was found", seq)
			}
		}
	}
}
