package cache

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"heard/persistence"
)

func TestValuesComeBackWhole(t *testing.T) {
	full := persistence.Document{
		ID: "o1", Number: math.MaxUint64, Version: 7, Status: "completed", Active: true, TableID: "t/é\x00", WaiterID: "w",
		Type: "dine_in", CreatedMS: math.MaxInt64, UpdatedMS: math.MinInt64, Text: "crème", Body: []byte(`{"a":"b"}`),
	}
	for v, i := reflect.ValueOf(full), 0; i < v.NumField(); i++ {
		name := v.Type().Field(i).Name
		if v.Field(i).IsZero() && name != "Entry" && name != "Offset" && name != "Lost" { // a place in the log is the drain's only; what is lost is not kept
			t.Errorf("the test sets no %s: does the format have it?", name)
		}
	}
	event := persistence.Event{Order: "o1", Version: 3, Seq: math.MaxUint64, AtMS: -1}
	for _, h := range []*held{holdDocuments(), holdDocuments(full), holdDocuments(full, persistence.Document{}, full), holdEvents([]persistence.Event{event, {}})} {
		got, err := decode(encode(h))
		if err != nil {
			t.Fatal(err)
		}
		if len(h.documents) != len(got.documents) || len(h.events) != len(got.events) || h.bytes != got.bytes {
			t.Fatalf("got %+v, want %+v", got, h)
		}
		for i := range h.documents {
			if !reflect.DeepEqual(got.documents[i], h.documents[i]) {
				t.Fatalf("got %+v, want %+v", got.documents[i], h.documents[i])
			}
		}
		for i := range h.events {
			want(t, "event", got.events[i], h.events[i])
		}
	}
}

// TestDamagedValueIsAMiss: whatever is in Redis, it is an error and no panic, and
// never memory for what is not there.
func TestDamagedValueIsAMiss(t *testing.T) {
	whole := encode(holdDocuments(document(1, 1, false), document(2, 1, true)))
	for n := range whole {
		if _, err := decode(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, len(whole))
		}
	}
	if _, err := decode(append(whole, 0)); err == nil {
		t.Fatal("a byte too much was accepted")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := append([]byte(nil), whole...)
		for range 1 + r.IntN(3) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		_, _ = decode(b)
	}

	client := connect(t, redisServer(t))
	c := start(t, Options{L2: client})
	s := c.Over(database(t))
	keptInRedis(t, c, s)
	life := client.HGet(t.Context(), "heard:head:{a}", "life").Val()
	for _, value := range []string{"", "\x01", string(encode(holdDocuments())), string(encode(holdDocuments(document(2, 1, false))))} {
		client.Set(t.Context(), "heard:order:{a}:o1", life+"00000000000000000009"+value, 0)
		c.memory.forgetAll()
		want(t, "version", version(t, s, "a", "o1"), 1)
	}
}
