package redisjournal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"heard/persistence"
	"heard/persistence/redistest"
)

func TestPayloadComesBackByteForByte(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	e := acquire(t, j, "a").Epoch
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	large := make([]byte, 3<<20)
	for i, r := 0, rand.New(rand.NewPCG(1, 1)); i < len(large); i++ {
		large[i] = byte(r.Uint32())
	}
	payloads := [][]byte{nil, every, []byte("12"), []byte("\r\n$-1\r\n"), large}
	for i, data := range payloads {
		mustPut(t, j, entry("a", e, uint64(i+1), uint64(i+1), string(data)), persistence.Appended)
		mustPut(t, j, entry("a", e, uint64(i+1), uint64(i+1), string(data)), persistence.Duplicate)
	}
	for i, got := range tail(t, j, "a") {
		if !bytes.Equal(got.Data, payloads[i]) {
			t.Errorf("payload %d of %d bytes came back as %d others", i, len(payloads[i]), len(got.Data))
		}
	}
}

// Lua's numbers are not exact beyond 2^53, so the scripts must not use them.
func TestNumbersBeyondFloatsAreExact(t *testing.T) {
	s := redistest.Start(t)
	j := open(t, options(s.URL()))
	const big = 1<<53 + 1
	lease, err := j.Acquire(t.Context(), "a", big)
	if err != nil || lease.Epoch != big+1 {
		t.Fatalf("%+v (%v)", lease, err)
	}
	mustPut(t, j, entry("a", lease.Epoch, 1, big, "x"), persistence.Appended)
	mustPut(t, j, entry("a", lease.Epoch, big+2, big+2, "x"), persistence.Gap)
	mustPut(t, j, entry("a", lease.Epoch-1, big+1, big+1, "x"), persistence.Fenced)
	mustPut(t, j, entry("a", lease.Epoch, big+1, 1<<63, "x"), persistence.Appended)
	mustPut(t, j, entry("a", lease.Epoch, big+1, 1<<63, "x"), persistence.Duplicate)
	holds(t, j, "a", entry("a", lease.Epoch, 1, big, "x"), entry("a", lease.Epoch, big+1, 1<<63, "x"))
	if l := acquire(t, j, "a"); l != (persistence.Lease{Epoch: big + 2, Last: 1 << 63}) {
		t.Fatalf("%+v", l)
	}
	if _, err := j.Acquire(t.Context(), "a", 1<<63-1); err == nil {
		t.Fatal("an epoch was found where none is left")
	}
	if l := acquire(t, j, "a"); l.Epoch != big+3 {
		t.Fatalf("%+v", l)
	}
}

// More than one call may carry goes in several, and each entry gets its own outcome.
func TestLargeGroupsAreDividedAndAnsweredEach(t *testing.T) {
	for _, kind := range []string{"single", "cluster"} {
		t.Run(kind, func(t *testing.T) {
			var url string
			if kind == "single" {
				url = redistest.Start(t).URL()
			} else {
				url = redistest.StartCluster(t, 3).URL()
			}
			j := open(t, options(url))
			const n = 1300
			data := string(bytes.Repeat([]byte("p"), 2000)) // 2.6 MB
			entries, want := make([]persistence.Entry, n), make([]persistence.Outcome, n)
			for i := range entries {
				org := fmt.Sprint("org-", i)
				e := acquire(t, j, org).Epoch
				entries[i], want[i] = entry(org, e, 1, 2, data), persistence.Appended
				switch i % 10 {
				case 3:
					entries[i].Epoch, want[i] = e-1, persistence.Fenced
				case 7:
					entries[i].First, want[i] = 2, persistence.Gap
				}
			}
			out := make([]persistence.Outcome, n)
			if err := j.Append(t.Context(), entries, out); err != nil || !slices.Equal(out, want) {
				t.Fatalf("%v (%v)", out, err)
			}
			var listed []string
			for after := ""; ; after = listed[len(listed)-1] {
				page, err := j.Undrained(t.Context(), after, 100)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				listed = append(listed, page...)
			}
			slices.Sort(listed)
			if len(listed) != n*8/10 || len(slices.Compact(listed)) != n*8/10 {
				t.Fatalf("%d organisations undrained", len(listed))
			}
		})
	}
}
