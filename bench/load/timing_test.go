package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestPercentilesAreExactOnKnownData(t *testing.T) {
	known := newTiming()
	for i := 1000; i >= 1; i-- {
		known.add(time.Duration(i) * time.Microsecond)
	}
	if got, want := known.latency(), (Latency{1000, 1, 500, 500, 900, 950, 990, 999, 1000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	curve := known.quantiles()
	if first, last := curve[0], curve[len(curve)-1]; first.MS != 1 || last != (Quantile{100, 1000}) {
		t.Errorf("curve from %v to %v", first, last)
	}
	for _, q := range curve {
		if want := q.Percent * 10; float64(q.MS) < want-1 || float64(q.MS) > want+1 {
			t.Errorf("%v %% is %v", q.Percent, q.MS)
		}
	}
}

// TestLongLatenciesAreKeptToAThousandth, but the ends exactly.
func TestLongLatenciesAreKeptToAThousandth(t *testing.T) {
	long := newTiming()
	long.add(1234567 * time.Microsecond)
	long.add(7654321 * time.Microsecond)
	l := long.latency()
	if l.Min != 1234567 || l.Max != 7654321 || l.Mean != (1234567+7654321)/2 {
		t.Errorf("%+v", l)
	}
	if off := l.P50 - 1234567; off < 0 || off > 1235 {
		t.Errorf("p50 %v", l.P50)
	}
	long.add(time.Hour)
	if l := long.latency(); l.N != 3 || l.Max != milliseconds(maxLatency) {
		t.Errorf("past the range: %+v", l)
	}
}

func TestTimesAreMillisecondsInJSON(t *testing.T) {
	text, err := json.Marshal([]MS{1500, 7, 0, 12_000_003})
	if err != nil || string(text) != "[1.500,0.007,0.000,12000.003]" {
		t.Fatalf("%s %v", text, err)
	}
	var back []MS
	if err := json.Unmarshal(text, &back); err != nil || fmt.Sprint(back) != fmt.Sprint([]MS{1500, 7, 0, 12_000_003}) {
		t.Errorf("%v %v", back, err)
	}
	if err := json.Unmarshal([]byte(`["soon"]`), &back); err == nil {
		t.Error("a word was read as a time")
	}
}

func TestTheFirstFaultOfEachKindIsKept(t *testing.T) {
	var kept faults
	kept.add(&Fault{Kind: "GET /x: 503", Text: "first"})
	kept.add(&Fault{Kind: "GET /x: 503", Text: "second"})
	for i := range 20 {
		kept.add(errors.New(fmt.Sprint("kind ", i)))
	}
	if len(kept) != maxFaults+1 || kept[0].First != "GET /x: 503: first" || kept[0].Count != 2 {
		t.Errorf("%+v", kept)
	}
	if rest := kept[maxFaults]; rest.First != "of other kinds" || rest.Count != 13 {
		t.Errorf("%+v", rest)
	}
}

func TestAProcessIsMeasured(t *testing.T) {
	us := Process{os.Getpid()}
	before, err := us.CPU()
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	for used := before; used < before+20*time.Millisecond; { // ends by its own condition
		if used, err = us.CPU(); err != nil {
			t.Fatal(err)
		}
	}
	if own := ownCPU(); own < 20*time.Millisecond {
		t.Errorf("own %v", own)
	}
	if bytes, err := us.ResidentBytes(); err != nil || bytes < 1<<20 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
	for _, pid := range []int{0, -1, 1 << 22, 1 << 30} {
		nobody := Process{pid}
		if _, err := nobody.CPU(); err == nil {
			t.Errorf("process %d, which is not there, has processor time", pid)
		}
		if _, err := nobody.ResidentBytes(); err == nil {
			t.Errorf("process %d, which is not there, has memory", pid)
		}
	}
}
