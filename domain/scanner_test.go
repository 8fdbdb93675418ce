package domain

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// standard reads an entry as encoding/json does.
func standard(data []byte) (recs []Record, hashes []Hash, good bool) {
	recs, hashes, err := ReadEntry(append([]byte(" "), bytes.Replace(data, []byte(`"records":`), []byte(`"Records":`), 1)...))
	return recs, hashes, err == nil
}

// TestScannerTakesEveryEntryWeWrite, and what it takes is what the standard
// decoder makes of it; so is what it takes of an entry in which something is
// not as it was written.
func TestScannerTakesEveryEntryWeWrite(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for seed := range uint64(40) {
		log, _, _ := someLog(seed, 4)
		for _, data := range log {
			if _, _, ok := scanEntry(data); !ok {
				t.Fatalf("seed %d: not taken: %s", seed, data)
			}
			for i := range 200 {
				text := data
				if i > 0 {
					text = spoiled(random, data)
				}
				recs, hashes, ok := scanEntry(text)
				if !ok {
					continue
				}
				wantRecs, wantHashes, good := standard(text)
				if !good || !reflect.DeepEqual(recs, wantRecs) || !reflect.DeepEqual(hashes, wantHashes) {
					t.Fatalf("seed %d: takes it as the standard decoder does not (%v): %s\ngot  %+v\nwant %+v", seed, good, text, recs, wantRecs)
				}
				if i > 0 {
					taken++
				}
			}
		}
	}
	if taken == 0 {
		t.Error("nothing that was spoiled was still good: the test shows little")
	}
}

// spoiled changes, leaves out or repeats a few bytes.
func spoiled(random *rand.Rand, data []byte) []byte {
	at := random.IntN(len(data))
	end := min(at+1+random.IntN(4), len(data))
	switch random.IntN(4) {
	case 0:
		b := append([]byte(nil), data...)
		b[at] ^= 1 << random.IntN(8)
		return b
	case 1:
		return append(append([]byte(nil), data[:at]...), data[end:]...)
	case 2:
		return append(append([]byte(nil), data[:end]...), data[at:]...)
	}
	const marks = `{}[]",:\ 0-.eE+tfn` + "\x00\n\xff"
	return append(append(append([]byte(nil), data[:at]...), marks[random.IntN(len(marks))]), data[at:]...)
}

// TestScannerSkipsByTheGrammar holds every value against json.Valid.
func TestScannerSkipsByTheGrammar(t *testing.T) {
	for _, text := range []string{
		`0`, `-0`, `01`, `-`, `1.`, `1.5`, `.5`, `1e5`, `1E+5`, `1e`, `1e+`, `--1`, `1-1`, `12ab`, `+1`, `1.5.5`, `""`, `"a`, `"\u00e9"`, `"\u12"`, `"\x"`, "\"\x01\"", "\"\x7f\"",
		`"\\"`, `"\"`, `true`, `tru`, `truee`, `null`, `nul`, `false`, `[]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":{"b":[{}]}}`,
		`{"a":[1,{"b":"c"}],"d":null}`, ` { "a" : [ 1 , 2 ] } `, `[`, `{`, `]`, ``, ` `, `1 1`, "\xef\xbb\xbf1", `{"a\n":1}`, `{"\u0061":1}`, "[1]\x00", "\x00",
	} {
		s := NewScanner([]byte(text))
		s.Skip()
		if got, want := s.End(), json.Valid([]byte(text)); got != want {
			t.Errorf("%q: taken %v, good %v", text, got, want)
		}
	}
	deep := strings.Repeat("[", maxSkipDepth+1) + strings.Repeat("]", maxSkipDepth+1)
	if s := NewScanner([]byte(deep)); func() bool { s.Skip(); return s.End() }() {
		t.Error("there is no bottom")
	}
}

func TestScannerReadsNumbersAndTexts(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `"\u003c\n\"é"`: "<\n\"é", `"é"`: "é", `""`: "", "\"\xff\"": "\ufffd"} {
		if s := NewScanner([]byte(text)); s.Text() != want || !s.End() {
			t.Errorf("%q is not %q", text, want)
		}
	}
	for _, text := range []string{"9223372036854775808", "-", "1.0", "1e3", "01", "", `"1"`, "null", "99999999999999999999"} {
		if s := NewScanner([]byte(text)); func() bool { s.Int(); return s.End() }() {
			t.Errorf("%s is taken", text)
		}
	}
	for text, want := range map[string]int64{"9223372036854775807": 1<<63 - 1, "-12": -12, "0": 0, " 7 ": 7} {
		if s := NewScanner([]byte(text)); s.Int() != want || !s.End() {
			t.Errorf("%s is not %d", text, want)
		}
	}
	if s := NewScanner([]byte("18446744073709551615")); s.Uint() != 1<<64-1 || !s.End() {
		t.Error("the greatest number")
	}
}

func TestTimesReadBack(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		ms := random.Int64N(253402300800000) // to the year 9999
		text := append(AppendTime([]byte{'"'}, ms), '"')
		if got, ours := ReadTime(text); !ours || got != ms {
			t.Fatalf("%s is %d, want %d", text, got, ms)
		}
		bad := spoiled(random, text)
		at, err := time.Parse(`"`+time.RFC3339+`"`, string(bad))
		if got, ours := ReadTime(bad); ours && (err != nil || got != at.UnixMilli()) {
			t.Fatalf("%s is taken for %d; %v %v", bad, got, at, err)
		}
	}
	for _, text := range []string{`"2026-02-30T10:00:00.000Z"`, `"2026-13-01T10:00:00.000Z"`, `"2026-00-01T10:00:00.000Z"`, `"2026-01-01T24:00:00.000Z"`, `"2026-01-01T10:60:00.000Z"`, `"2026-01-01T10:00:00.000+"`} {
		if _, ours := ReadTime([]byte(text)); ours {
			t.Errorf("%s is taken", text)
		}
	}
}
