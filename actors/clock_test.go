package actors

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// machine is a clock that somebody sets, beside the time that really passes.
type machine struct{ passed, off atomic.Int64 }

func (m *machine) options(o *Options) {
	o.Now = func() time.Time { return noon.Add(time.Duration(m.passed.Load() + m.off.Load())) }
	o.Elapsed = func() time.Duration { return time.Duration(m.passed.Load()) }
}

// wait lets time pass, with the looks that come in it.
func (m *machine) wait(k *kitchen, d time.Duration) {
	for step := min(d, time.Minute); d > 0; d -= step {
		m.passed.Add(int64(step))
		k.clock.look()
	}
	k.sweepNow()
}

func (k *kitchen) sweepNow() {
	k.t.Helper()
	for _, o := range k.organisations() {
		k.system.Root.Send(o.pid, &sweep{nowMS: k.nowMS()})
	}
	if _, err := k.do(domain.Request{By: manager, Order: "none", Command: &order.Reopen{}}); domain.AsError(err).Code != domain.OrderNotFound { // behind the sweeps
		k.t.Fatal(err)
	}
}

func onMachine(t *testing.T) (*kitchen, *machine) {
	m := &machine{}
	return open(t, vfs.NewMem(), m.options), m
}

func TestAClockThatJumpsForgetsNoKey(t *testing.T) {
	for name, jump := range map[string]time.Duration{"72 h": 72 * time.Hour, "ten years": 87_600 * time.Hour, "back an hour": -time.Hour, "back ten years": -87_600 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			k, m := onMachine(t)
			first := k.place("k1")
			m.off.Store(int64(jump))
			k.place("") // a record of the wrong time
			m.wait(k, 6*time.Second)
			if len(k.Degraded()) != 1 {
				t.Errorf("no alarm: %q", k.Degraded())
			}
			m.off.Store(0)
			m.wait(k, 6*time.Second)
			if again := k.place("k1"); again["id"] != first["id"] {
				t.Errorf("a repeated key made order %v after %v", again["number"], first["number"])
			}
			if len(k.Degraded()) != 0 {
				t.Errorf("the alarm stays: %q", k.Degraded())
			}
			late := k.place("")
			if at, err := time.Parse(time.RFC3339, late["created_at"].(string)); err != nil || at.Sub(noon).Abs() > time.Minute {
				t.Errorf("an order after the jump has the time %v", at)
			}
		})
	}
}

func TestAClockThatStaysElsewhereIsTakenOverSlowly(t *testing.T) {
	k, m := onMachine(t)
	m.off.Store(int64(time.Hour))
	m.wait(k, 10*time.Hour)
	if ahead := k.nowMS() - noon.Add(10*time.Hour).UnixMilli(); ahead < 29*60_000 || ahead > 31*60_000 {
		t.Errorf("after ten hours it has taken over %d ms of the hour", ahead)
	}
	m.wait(k, 10*time.Hour)
	if got, want := k.nowMS(), noon.Add(21*time.Hour).UnixMilli(); got != want || len(k.Degraded()) != 0 {
		t.Errorf("after twenty hours it is %d, the machine's clock says %d; %q", got, want, k.Degraded())
	}
}

func TestAMachineThatSleptHasNotJumped(t *testing.T) {
	var slept time.Duration
	m := &machine{}
	o := Options{}
	m.options(&o)
	o.fill()
	c := newClock(o.Now, o.Elapsed, o.Log)
	c.asleep, c.wasDown = func() time.Duration { return slept }, 0
	slept = 8 * time.Hour
	m.off.Store(int64(slept))
	m.passed.Add(int64(time.Second))
	c.look()
	if got := c.ms(); got != o.Now().UnixMilli() || c.ahead.Load() != 0 {
		t.Errorf("%d ms from the machine's clock after its sleep, alarm %d", got-o.Now().UnixMilli(), c.ahead.Load())
	}
}

// TestARevocationLocksOutNobodyWhoSignsInAgain: the log is an hour ahead of a clock
// that was put back while the engine was down.
func TestARevocationLocksOutNobodyWhoSignsInAgain(t *testing.T) {
	k, m := onMachine(t)
	old := waiter
	m.wait(k, 2*time.Hour)
	k.place("")
	k.close()
	m.off.Store(int64(-time.Hour))
	k = open(t, k.fs, m.options)
	old.IssuedAt = k.nowMS() - 1000
	if _, err := k.do(domain.Request{By: admin, Command: &outlet.Revoke{Sub: waiter.User}}); err != nil {
		t.Fatal(err)
	}
	if len(k.Degraded()) != 1 {
		t.Errorf("no word of a log that is ahead of the clock: %q", k.Degraded())
	}
	if _, err := k.do(domain.Request{By: old, Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); domain.AsError(err).Code != domain.Unauthenticated {
		t.Errorf("the revoked token: %v", err)
	}
	m.wait(k, time.Second)
	fresh := waiter
	fresh.IssuedAt = k.nowMS()
	if _, err := k.do(domain.Request{By: fresh, Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); err != nil {
		t.Errorf("a token that was issued after the revocation: %v", err)
	}
}
