package cache

import (
	"context"
	"errors"
	"sync"
	"testing"

	"heard/domain"
	"heard/persistence"
)

func TestClosedOrderIsReadFromTheStoreOnce(t *testing.T) {
	inner := &counted{Store: database(t)}
	s := start(t, Options{}).Over(inner)
	apply(t, s, window("a", 1, document(1, 3, false)))
	for range 5 {
		want(t, "version", version(t, s, "a", "o1"), 3)
		if events, err := s.Timeline(t.Context(), "a", "o1"); err != nil || len(events) != 1 {
			t.Fatalf("timeline %v, %v", events, err)
		}
	}
	want(t, "reads of the store", inner.orders, 1)
	want(t, "timelines read from the store", inner.timelines, 1)
}

func TestActiveOrderIsNeverKept(t *testing.T) {
	inner := &counted{Store: database(t)}
	client := connect(t, redisServer(t))
	s := start(t, Options{L2: client}).Over(inner)
	apply(t, s, window("a", 1, document(1, 3, true)))
	for n := 1; n <= 3; n++ {
		want(t, "version", version(t, s, "a", "o1"), 3)
		want(t, "reads of the store", inner.orders, n)
	}
	if n, err := client.Exists(t.Context(), "heard:order:{a}:o1").Result(); err != nil || n != 0 {
		t.Fatalf("in Redis: %d, %v", n, err)
	}
}

func TestUnknownOrderIsAskedForEachTime(t *testing.T) {
	s := start(t, Options{L2: connect(t, redisServer(t))}).Over(database(t))
	for _, id := range []string{"o1", "no id {at} all", ""} {
		if _, err := s.Order(t.Context(), "a", id); !errors.Is(err, persistence.ErrNotFound) {
			t.Fatalf("order %q that does not exist: %v", id, err)
		}
	}
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "version", version(t, s, "a", "o1"), 1)
}

func TestApplyDropsTheOrderAtOnce(t *testing.T) {
	s := start(t, Options{L2: connect(t, redisServer(t))}).Over(database(t))
	for v := uint64(1); v <= 20; v++ {
		apply(t, s, window("a", v, document(1, v, v%3 == 0)))
		for range 2 {
			want(t, "version", version(t, s, "a", "o1"), v)
			events, err := s.Timeline(t.Context(), "a", "o1")
			if err != nil || len(events) != int(v) {
				t.Fatalf("timeline of %d events: %v, %v", v, events, err)
			}
		}
	}
}

// A reader must not be able to write into what others read.
func TestAppendingToASharedTimelineIsHarmless(t *testing.T) {
	s := start(t, Options{}).Over(database(t))
	apply(t, s, window("a", 1, document(1, 1, false)))
	first, err := s.Timeline(t.Context(), "a", "o1")
	if err != nil {
		t.Fatal(err)
	}
	_ = append(first, persistence.Event{Order: "one"})
	second, _ := s.Timeline(t.Context(), "a", "o1")
	grown := append(second, persistence.Event{Order: "two"})
	_ = append(first, persistence.Event{Order: "three"})
	want(t, "own copy", grown[1].Order, "two")
}

// slowRead lets a test stop a read when the store has answered it.
type slowRead struct {
	persistence.Store
	read, goOn chan struct{}
}

func (s *slowRead) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	d, err := s.Store.Order(ctx, org, id)
	if s.read != nil {
		read, goOn := s.read, s.goOn
		s.read = nil
		close(read)
		<-goOn
	}
	return d, err
}

// TestFillThatOverlapsAnApplyIsNotStored: the old version is read, then the new
// one applied, then the old one arrives.
func TestFillThatOverlapsAnApplyIsNotStored(t *testing.T) {
	inner := &slowRead{Store: database(t)}
	client := connect(t, redisServer(t))
	c := start(t, Options{L2: client})
	s := c.Over(inner)
	apply(t, s, window("a", 1, document(1, 1, false)))
	read, goOn := make(chan struct{}), make(chan struct{})
	inner.read, inner.goOn = read, goOn
	release := sync.OnceFunc(func() { close(goOn) })
	defer release()
	got := make(chan uint64, 1)
	go func() {
		d, err := s.Order(context.Background(), "a", "o1")
		if err != nil {
			t.Error(err)
		}
		got <- d.Version
	}()
	<-read
	apply(t, s, window("a", 2, document(1, 2, false)))
	want(t, "while the old one is on its way", version(t, s, "a", "o1"), 2)
	release()
	want(t, "what the slow reader gets", <-got, 2)
	want(t, "after it", version(t, s, "a", "o1"), 2)
	want(t, "fills refused", c.Stats().L2Refused, 1)
	other := start(t, Options{L2: client}).Over(inner.Store)
	want(t, "on another node", version(t, other, "a", "o1"), 2)
}

func TestLowerVersionNeverReplacesHigherInRedis(t *testing.T) {
	c := start(t, Options{L2: connect(t, redisServer(t))})
	k := &key{kind: kindOrder, org: "a", id: "o1"}
	_, miss, found := c.shared.read(t.Context(), k, 9)
	if found || miss.life == "" {
		t.Fatalf("first look: %v, %v", miss, found)
	}
	for _, v := range []uint64{7, 5, 12, 11} {
		c.shared.fill(t.Context(), k, miss, v, []byte{byte(v)})
	}
	value, _, found := c.shared.read(t.Context(), k, 9)
	if !found || value[0] != 12 {
		t.Fatalf("kept: %v, %v", value, found)
	}
	want(t, "refused", c.Stats().L2Refused, 2)
	if _, behind, found := c.shared.read(t.Context(), k, 8); found || behind.life != "" {
		t.Fatal("a node that is behind may not use what is there")
	}
	if _, ahead, found := c.shared.read(t.Context(), k, 10); found || ahead.life == miss.life {
		t.Fatal("a head that is behind voids what is there")
	}
}

// TestTakingOverDropsWhatWasKept: another node applied, and its news is lost.
func TestTakingOverDropsWhatWasKept(t *testing.T) {
	db := database(t)
	c := start(t, Options{})
	s := c.Over(db)
	apply(t, s, window("a", 1, document(1, 1, false)))
	want(t, "before", version(t, s, "a", "o1"), 1)
	page := persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 1}}
	if _, err := s.Orders(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	apply(t, db, window("a", 2, document(1, 2, false)), window("a", 3, document(2, 1, true)))
	if _, err := s.Load(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	want(t, "after", version(t, s, "a", "o1"), 2)
	newest, err := s.Orders(t.Context(), page)
	if err != nil || newest[0].Number != 2 {
		t.Fatalf("newest number: %v, %v", newest, err)
	}
}
