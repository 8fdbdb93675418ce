package rest

import (
	"fmt"
	"testing"
	"time"

	"heard/domain"
)

func TestRatesAreOfOneUserOneOrganisationOneAddress(t *testing.T) {
	begin := time.Now()
	m := newMeter(10)
	for i := range 25 {
		if got := m.admit("a", begin); got != (i < 20) {
			t.Errorf("request %d at once: %v", i, got)
		}
	}
	if !m.admit("b", begin) || m.admit("a", begin.Add(50*time.Millisecond)) || !m.admit("a", begin.Add(time.Second)) {
		t.Error("another waits, or the first does not get its rate back")
	}
	for i := range maxMetered + 10 {
		m.admit(fmt.Sprint(i), begin)
	}
	if len(m.counts) > maxMetered {
		t.Errorf("%d are known", len(m.counts))
	}
	var off *meter
	if !off.admit("a", begin) {
		t.Error("a limit that is off refuses")
	}
}

func TestTooFastIsToldWith429(t *testing.T) {
	r := start(t, func(o *Options) { o.Limits.Rates = Rates{User: 1, Address: 1} })
	name, value := as(domain.Waiter)
	for _, headers := range [][]string{{name, value}, {"Authorization", "Bearer no"}} {
		limited := false
		for range 5 {
			a := r.do("GET", "/api/ping", "", headers...)
			limited = limited || a.StatusCode == 429 && a.Header.Get("Retry-After") != ""
		}
		if !limited {
			t.Errorf("%s: five at once were all let through", headers[1])
		}
	}
	name, value = asUser("u-2", domain.Manager)
	r.do("GET", "/api/ping", "", name, value).want(t, 200, "", "")
}
