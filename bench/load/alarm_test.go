package load

import (
	"testing"
	"time"
)

// TestAnAlarmNeverWakesEarly: what is sent early would have a latency below 0.
func TestAnAlarmNeverWakesEarly(t *testing.T) {
	a, err := newAlarm()
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	for _, d := range []time.Duration{0, 1, 50 * time.Microsecond, time.Millisecond, 3 * time.Millisecond, 200 * time.Microsecond} {
		start := time.Now()
		a.sleep(d)
		if took := time.Since(start); took < d {
			t.Errorf("%v took %v", d, took)
		}
	}
}
