package actors

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// hands are a clock that is moved by the test; the engine's own sweeps go on by another.
type hands struct{ ms atomic.Int64 }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func (c *hands) at(o *Options) {
	o.Elapsed = func() time.Duration { return time.Duration(c.ms.Load()) * time.Millisecond }
	o.Now = func() time.Time { return noon.Add(o.Elapsed()) }
}

func (c *hands) pass(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// soldOutFor puts chai and dosa on the menu and makes chai sold out for a while.
func (k *kitchen) soldOutFor(c *hands, d time.Duration) {
	k.t.Helper()
	until := noon.Add(time.Duration(c.ms.Load())*time.Millisecond + d).Format(time.RFC3339)
	for _, command := range []outlet.Command{
		&outlet.PutMenu{Items: []outlet.ItemRequest{{ID: "chai", Name: "Chai", Price: amount("10")}, {ID: "dosa", Name: "Dosa", Price: amount("90")}}},
		&outlet.EightySix{ItemIDs: []string{"dosa"}},
		&outlet.EightySix{ItemIDs: []string{"chai"}, Until: until},
	} {
		if _, err := k.do(domain.Request{By: manager, Command: command}); err != nil {
			k.t.Fatal(err)
		}
	}
}

// ends are the events in the log that ended an 86 by the clock.
func (k *kitchen) ends() (found []timelineEvent) {
	k.t.Helper()
	a, err := k.Read(context.Background(), &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadEvents})
	if err != nil {
		k.t.Fatal(err)
	}
	var all []timelineEvent
	if err := json.Unmarshal(a.Body, &all); err != nil {
		k.t.Fatal(err)
	}
	for _, e := range all {
		if e.By.User == "system" {
			found = append(found, e)
		}
	}
	return found
}

func (k *kitchen) wantOneEnd() {
	k.t.Helper()
	found := k.ends()
	if len(found) != 1 || found[0].Event != "menu.86" || found[0].By.Role != "system" || string(found[0].Data) != `{"item_ids":["chai"],"back":true}` {
		k.t.Errorf("ended by %+v", found)
	}
}

func (k *kitchen) order(item string) error {
	_, err := k.do(domain.Request{Command: &order.Create{Items: []order.ItemRequest{{MenuItemID: item, Quantity: amount("1")}}}})
	return err
}

// When the time comes screens are told, once, however often the clock strikes.
// What is sold out without a time stays so.
func TestEightySixEndsByTheClockAsAnEvent(t *testing.T) {
	c := &hands{}
	k := open(t, vfs.NewMem(), c.at)
	k.soldOutFor(c, time.Minute)
	var mu sync.Mutex
	var told []domain.Record
	stop := k.Watch("bistro", func(records []domain.Record) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range records {
			if r.Kind == "menu.86" {
				told = append(told, domain.Record{Seq: r.Seq, By: r.By})
			}
		}
	}, func() {})
	defer stop()
	ask := &domain.Query{Org: "bistro", By: waiter, Kind: domain.ReadMenu, NowMS: noon.Add(time.Minute).UnixMilli()}
	before, err := k.Read(context.Background(), ask)
	if err != nil {
		t.Fatal(err)
	}
	c.pass(time.Minute - time.Millisecond)
	k.ring()
	wantCode(t, k.order("chai"), domain.ItemSoldOut)
	if n := len(k.ends()); n != 0 {
		t.Errorf("%d events before the time", n)
	}
	c.pass(time.Millisecond)
	if err := k.order("chai"); err != nil {
		t.Errorf("from the moment on: %v", err)
	}
	wantCode(t, k.order("dosa"), domain.ItemSoldOut)
	for range 20 { // two timers and more
		for _, o := range k.organisations() {
			k.system.Root.Send(o.pid, &alarm{})
		}
	}
	eventually(t, "the event is there", func() bool { return len(k.ends()) > 0 })
	c.pass(time.Hour)
	k.ring()
	if err := k.order("chai"); err != nil { // behind every alarm in the mailbox
		t.Error(err)
	}
	k.wantOneEnd()
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || told[0].By.User != "system" {
		t.Errorf("screens were told %+v", told)
	}
	after, err := k.Read(context.Background(), ask)
	if err != nil || after.Tag == before.Tag || string(after.Body) != string(before.Body) {
		t.Errorf("tag %s and then %s, %v\n%s\n%s", before.Tag, after.Tag, err, before.Body, after.Body)
	}
}

// A longer 86 that was said meanwhile stands.
func TestOldAlarmDoesNotEndANewEightySix(t *testing.T) {
	c := &hands{}
	k := open(t, vfs.NewMem(), c.at)
	k.soldOutFor(c, time.Minute)
	k.soldOutFor(c, time.Hour)
	c.pass(time.Minute)
	k.ring()
	wantCode(t, k.order("chai"), domain.ItemSoldOut)
	if n := len(k.ends()); n != 0 {
		t.Errorf("%d events before the time", n)
	}
	c.pass(time.Hour)
	eventually(t, "the later time has come", func() bool { return len(k.ends()) == 1 })
}

// An organisation that comes back after the time ends what is due before it
// answers, once over all restarts.
func TestOverdueEightySixEndsBeforeTheFirstAnswer(t *testing.T) {
	c := &hands{}
	fs := vfs.NewMem()
	k := open(t, fs, c.at)
	k.soldOutFor(c, time.Minute)
	k.close()
	c.pass(time.Hour)
	for range 3 {
		k = open(t, fs, c.at)
		k.wantOneEnd()
		k.close()
	}
}

// lossy is a journal whose answer to what ends an 86 is lost, once.
type lossy struct {
	persistence.Journal
	lose atomic.Bool
}

func (j *lossy) Append(ctx context.Context, entries []persistence.Entry, out []persistence.Outcome) error {
	err := j.Journal.Append(ctx, entries, out)
	if j.lose.CompareAndSwap(true, false) {
		clear(out)
		return cut("journal")
	}
	return err
}

// The append has no outcome, the activation ends, nobody asks for anything: the
// alarm rings again, and what the log already has is not written twice.
func TestEightySixWhoseEndHasNoOutcomeEndsOnce(t *testing.T) {
	c := &hands{}
	j := &lossy{}
	k := open(t, vfs.NewMem(), c.at, func(o *Options) {
		j.Journal, o.Journal = o.Journal, j
		o.Committer.UnknownRetryMS = 1
	})
	k.soldOutFor(c, time.Minute)
	j.lose.Store(true)
	c.pass(time.Minute)
	eventually(t, "the append went wrong", func() bool { return !j.lose.Load() })
	c.pass(time.Minute) // by which it rings again
	eventually(t, "the organisation is back by itself", func() bool {
		seq, here := k.Position("bistro")
		return here && seq == 4
	})
	k.mu.RLock()
	if k.activations < 2 {
		t.Error("the append had an outcome")
	}
	k.mu.RUnlock()
	k.wantOneEnd()
}

// Nobody uses the organisation, it has left memory, and a screen hangs on the
// wall: it is told.
func TestEightySixEndsThoughTheOrganisationLeftMemory(t *testing.T) {
	c := &hands{}
	k := open(t, vfs.NewMem(), c.at)
	k.soldOutFor(c, time.Hour)
	told := make(chan struct{}, 1)
	defer k.Watch("bistro", func(records []domain.Record) {
		if len(records) > 0 && records[0].By.User == "system" {
			told <- struct{}{}
		}
	}, func() {})()
	c.pass(45 * time.Minute)
	eventually(t, "it leaves memory", func() bool {
		for _, o := range k.organisations() {
			k.system.Root.Send(o.pid, &sweep{nowMS: k.nowMS()})
		}
		return len(k.organisations()) == 0
	})
	c.pass(15 * time.Minute)
	<-told
	k.wantOneEnd()
}

// Of two engines the one that has the organisation ends the 86, also where it
// moved between; the other's clock strikes in vain.
func TestEightySixEndsOnceWhereTheOrganisationMoved(t *testing.T) {
	c := &hands{}
	p := openPair(t, c.at)
	first, second := p.engines[0], p.engines[1]
	first.soldOutFor(c, time.Minute)
	p.owner.Store(1)
	first.Release(context.Background(), func(string) bool { return true })
	c.pass(time.Minute)
	first.ring()
	if n := len(first.organisations()); n != 0 {
		t.Errorf("the engine that gave the organisation up took it again")
	}
	second.wantOneEnd()
	p.owner.Store(0) // without a word: the fence decides
	for _, k := range p.engines {
		k.ring()
		for _, o := range k.organisations() {
			k.system.Root.Send(o.pid, &alarm{})
		}
	}
	first.wantOneEnd()
}

// While nothing can be written the menu says by the clock what there is, and the
// event follows when there is room.
func TestEightySixEndsWhenThereIsRoom(t *testing.T) {
	c := &hands{}
	var full atomic.Bool
	fs := vfs.NewMem()
	room := func(o *Options) {
		o.Room = func() error {
			if full.Load() {
				return cut("disk")
			}
			return nil
		}
	}
	k := open(t, fs, c.at, room)
	k.soldOutFor(c, time.Minute)
	k.close()
	full.Store(true)
	c.pass(time.Minute)
	k = open(t, fs, c.at, room)
	if n := len(k.ends()); n != 0 { // it is read all the same
		t.Errorf("%d events without room", n)
	}
	full.Store(false)
	eventually(t, "the event follows", func() bool { c.pass(time.Second); return len(k.ends()) == 1 })
}
