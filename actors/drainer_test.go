package actors

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestWhenTheDrainIsDue: after the interval, or with enough operations, but then
// not at once after the last write.
func TestWhenTheDrainIsDue(t *testing.T) {
	const interval, enough, breath = 100 * time.Millisecond, 50, breathMS * time.Millisecond
	now := time.Now()
	for name, c := range map[string]struct {
		count       int
		since, last time.Duration // ago
		want        time.Duration // from now
	}{
		"a few":                    {enough - 1, 0, time.Hour, interval},
		"a few, for a while":       {1, interval, time.Hour, 0},
		"enough":                   {enough, 0, time.Hour, breath - time.Hour},
		"enough after a write":     {enough, 0, 5 * time.Millisecond, breath - 5*time.Millisecond},
		"enough, and long ago":     {enough, 2 * interval, time.Millisecond, -interval},
		"many more after a write":  {100 * enough, 0, 0, breath},
		"a few more after a write": {enough - 1, time.Millisecond, time.Millisecond, interval - time.Millisecond},
	} {
		d := newDrainer(nil, int(interval/time.Millisecond), enough)
		d.count, d.since, d.began = c.count, now.Add(-c.since), now.Add(-c.last)
		if got := d.due().Sub(now); got != c.want {
			t.Errorf("%s: due in %v, want %v", name, got, c.want)
		}
	}
}

// TestBusyDrainTakesABreath: however fast orders come, and however few are enough,
// so much time lies between two writes. None waits longer for it than the interval.
func TestBusyDrainTakesABreath(t *testing.T) {
	n := &narrow{}
	n.most.Store(maxFlushOperations)
	k := open(t, vfs.NewMem(), func(o *Options) { n.Store, o.Store, o.FlushOperations = o.Store, n, 1 })
	started := time.Now()
	const orders = 500
	for range orders {
		k.place("")
	}
	eventually(t, "all is written", func() bool { return k.Stats().Drain.Pending == 0 })
	if most := int64(time.Since(started)/(breathMS*time.Millisecond)) + 2; n.writes.Load() > most {
		t.Errorf("%d orders in %d writes, at most %d", orders, n.writes.Load(), most)
	}
}
