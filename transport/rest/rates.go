package rest

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"heard/domain"
)

// Rates are requests a second; 0 = no limit. In one second twice as many may come,
// when fewer came before.
type Rates struct {
	User         float64 // of one user
	Organisation float64 // of all users of an organisation
	Address      float64 // of one address, for calls that need no token, and refused tokens
}

// rates counts requests by who makes them.
type rates struct{ user, organisation, address *meter }

func newRates(r Rates) rates {
	return rates{newMeter(r.User), newMeter(r.Organisation), newMeter(r.Address)}
}

// meter is a limit for each of many; nil = none.
type meter struct {
	perSecond float64

	mu     sync.Mutex
	swept  time.Time
	counts map[string]*counted
}

type counted struct {
	limiter *rate.Limiter
	used    time.Time
}

// maxMetered bounds whom a meter knows; those that were silent longest go first.
const maxMetered = 100_000

func newMeter(perSecond float64) *meter {
	if perSecond <= 0 {
		return nil
	}
	return &meter{perSecond: perSecond, counts: map[string]*counted{}}
}

// admit counts a request.
func (m *meter) admit(who string, now time.Time) bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	c := m.counts[who]
	if c == nil {
		c = &counted{limiter: rate.NewLimiter(rate.Limit(m.perSecond), max(1, int(2*m.perSecond)))}
		m.counts[who] = c
	}
	c.used = now
	return c.limiter.AllowN(now, 1)
}

// sweep forgets who was silent for long enough to have all of its allowance again.
func (m *meter) sweep(now time.Time) {
	if now.Sub(m.swept) < time.Second && len(m.counts) < maxMetered {
		return
	}
	m.swept = now
	for who, c := range m.counts {
		if now.Sub(c.used) > 10*time.Second || len(m.counts) >= maxMetered {
			delete(m.counts, who)
		}
	}
}

var (
	errUserRate         = domain.Refuse(domain.RateLimited, "Too many requests of this user")
	errOrganisationRate = domain.Refuse(domain.RateLimited, "Too many requests of this organisation")
	errAddressRate      = domain.Refuse(domain.RateLimited, "Too many requests without a good token from this address")
)

// limitSubject refuses a request with a good token that comes too soon.
func (x *Exchange) limitSubject() error {
	r := &x.server.rates
	if r.user == nil && r.organisation == nil {
		return nil
	}
	if !r.user.admit(x.Subject.Org+"/"+x.Subject.Identity.User, x.start) {
		return errUserRate
	}
	if !r.organisation.admit(x.Subject.Org, x.start) {
		return errOrganisationRate
	}
	return nil
}

// limitAddress refuses a request without a good token that comes too soon.
func (x *Exchange) limitAddress() error {
	m := x.server.rates.address
	if m == nil {
		return nil
	}
	host, _, err := net.SplitHostPort(x.Ctx.RemoteAddr().String())
	if err != nil || m.admit(host, x.start) {
		return nil
	}
	return errAddressRate
}
