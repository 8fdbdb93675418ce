package actors

import (
	"fmt"
	"time"
)

// Degraded names, for operators, what is not as it should be though writes are
// taken. Organisations are counted, not named: everybody may read it.
func (e *Engine) Degraded() []string {
	var all []string
	if ahead := time.Duration(e.clock.ahead.Load()) * time.Millisecond; ahead != 0 {
		all = append(all, fmt.Sprintf("the machine's clock jumped: it is %s from the engine's, which goes on steadily; a restart takes it over at once", ahead.Round(time.Second)))
	}
	var keys, open, late int
	for _, o := range e.organisations() {
		keys += count(o.keys.Load() >= maxKeys*3/4)
		open += count(o.open.Load() >= maxOpenOrders*3/4)
		late += count(o.lateMS.Load() > clockTolerance.Milliseconds())
	}
	add := func(n int, what string) {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d organisations %s", n, what))
		}
	}
	add(keys, "have used three quarters of their idempotency keys of a day")
	add(open, "have three quarters of the open orders they may have")
	add(late, "have a last record that is later than the clock: their new records get its time until the clock is there")
	if e.keys.Load() >= maxProcessKeys*3/4 {
		all = append(all, "three quarters of the idempotency keys that the process may hold are used")
	}
	return all
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
