package redisjournal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"heard/persistence"
	"heard/persistence/redisjournal"
	"heard/persistence/redistest"
)

func TestEmptiedRedisIsNeverServedAsNew(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	j := open(t, o)
	e := acquire(t, j, "a").Epoch
	mustPut(t, j, entry("a", e, 1, 1, "x"), persistence.Appended)
	s.Empty()

	lost := func(what string, call func() error) {
		t.Helper()
		err := call()
		for range 5 {
			if errors.Is(err, persistence.ErrUnavailable) { // a connection that was cut
				err = call()
			}
		}
		if !errors.Is(err, persistence.ErrHistoryLost) {
			t.Errorf("%s: %v", what, err)
		}
	}
	out := make([]persistence.Outcome, 1)
	lost("append", func() error {
		return j.Append(t.Context(), []persistence.Entry{entry("a", e, 2, 2, "x")}, out)
	})
	if out[0] != persistence.Unknown {
		t.Errorf("append was answered %v", out[0])
	}
	lost("acquire", func() error { _, err := j.Acquire(t.Context(), "new", 0); return err })
	lost("tail", func() error {
		return j.Tail(t.Context(), "a", 0, func(persistence.Entry) error { return nil })
	})
	lost("trim", func() error { return j.Trim(t.Context(), "a", 1) })
	lost("undrained", func() error { _, err := j.Undrained(t.Context(), "", 1); return err })
	if n := s.Do("DBSIZE"); n != int64(0) {
		t.Errorf("%v keys were written", n)
	}
	o.Create = false
	mentions(t, refuses(t, o), "Redis is empty", o.History)
}

func TestStoreAndRedisMustBelongTogether(t *testing.T) {
	s := redistest.Start(t)
	mine := options(s.URL())
	open(t, mine)

	other := options(s.URL()) // a new Store
	mentions(t, refuses(t, other), "store is new", mine.History)
	other.Create = false // a Store with another history
	mentions(t, refuses(t, other), "do not belong together", mine.History, other.History)
	if _, err := redisjournal.Open(t.Context(), other); !errors.Is(err, persistence.ErrHistoryLost) {
		t.Error(err)
	}
	open(t, mine) // a crash before the Store lost its mark: the same again
	mine.Create = false
	open(t, mine)
}

func TestNumberOfShardsIsFixed(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	open(t, o)
	for _, n := range []int{1, 63, 65, 1000} {
		o.Shards = n
		mentions(t, refuses(t, o), "has 64 shards", fmt.Sprint(n, " are configured"))
	}
}

func TestOtherSchemaIsRefused(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	open(t, o)
	c := s.Client()
	for shard := range 64 {
		if err := c.Set(t.Context(), fmt.Sprintf("heard:h:{%d}", shard), "2 64 "+o.History, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	mentions(t, refuses(t, o), "schema 2")
}

func TestCreationIsTakenUpAfterACrash(t *testing.T) {
	s := redistest.Start(t)
	o := options(s.URL())
	identity := "1 64 " + o.History
	c := s.Client()
	for key, value := range map[string]string{"heard:h:{0}": "creating " + identity, "heard:h:{1}": identity} {
		if err := c.Set(t.Context(), key, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	other := options(s.URL())
	mentions(t, refuses(t, other), o.History)
	open(t, o)
	for shard := range 64 {
		if got := c.Get(t.Context(), fmt.Sprintf("heard:h:{%d}", shard)).Val(); got != identity {
			t.Errorf("shard %d holds %q", shard, got)
		}
	}
}

func TestOneOfTwoNewStoresGetsRedis(t *testing.T) {
	s := redistest.Start(t)
	var mu sync.Mutex
	var won []*redisjournal.Journal
	histories := map[string]bool{}
	var wg sync.WaitGroup
	shared := options(s.URL()).History
	for i := range 8 {
		o := options(s.URL())
		if i%2 == 0 { // four nodes of one new Store, and four strangers
			o.History = shared
		}
		wg.Go(func() {
			j, err := redisjournal.Open(context.Background(), o)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, j)
			histories[o.History] = true
		})
	}
	wg.Wait()
	for _, j := range won {
		acquire(t, j, "a")
		_ = j.Close()
	}
	if len(histories) != 1 {
		t.Errorf("%d histories were opened: %v", len(histories), histories)
	}
}

func TestPartOfAClusterEmptied(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	o := options(c.URL())
	j := open(t, o)
	orgs := make([]string, 40) // on all nodes
	for i := range orgs {
		orgs[i] = fmt.Sprint("org-", i)
		acquire(t, j, orgs[i])
	}
	c.Nodes[1].Do("FLUSHALL")
	entries, out := make([]persistence.Entry, len(orgs)), make([]persistence.Outcome, len(orgs))
	for i, org := range orgs {
		entries[i] = entry(org, 1, 1, 1, "x")
	}
	err := j.Append(t.Context(), entries, out)
	appended, unknown := 0, 0
	for i := range out {
		switch out[i] {
		case persistence.Appended:
			appended++
		case persistence.Unknown:
			unknown++
		default:
			t.Errorf("%s: %v", orgs[i], out[i])
		}
	}
	if !errors.Is(err, persistence.ErrHistoryLost) || appended == 0 || unknown == 0 {
		t.Errorf("%d appended, %d unknown: %v", appended, unknown, err)
	}
	for _, o.Create = range []bool{true, false} {
		if line := refuses(t, o); !strings.Contains(line, persistence.ErrHistoryLost.Error()) {
			t.Errorf("opened with create %v: %s", o.Create, line)
		}
	}
}
