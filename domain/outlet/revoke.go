package outlet

import (
	"maps"

	"heard/domain"
)

// maxRevoked bounds the users whose older tokens are refused.
const maxRevoked = 100_000

// Revoke refuses a user's tokens issued before now.
type Revoke struct {
	domain.Keyed
	Sub string `json:"sub"`
}

// Kind names the command.
func (Revoke) Kind() string { return "outlet.revoke" }

func (c Revoke) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if m.By.Role != domain.Admin {
		return nil, domain.Refuse(domain.AdminOnly, "Admin only")
	}
	if err := domain.CheckForeignID("sub", c.Sub); err != nil {
		return nil, err
	}
	if len(o.Revoked) >= maxRevoked {
		return nil, domain.Refuse(domain.Conflict, "Too many revoked users; change the secret")
	}
	// By the clock: tokens are dated by it, and where it was put back nobody who
	// signs in again may be refused until it has caught up.
	return UserRevoked{Sub: c.Sub, Before: min(m.At, m.Clock)}, nil
}

func (c Revoke) answer(*Outlet, Event, *Meta) []byte {
	return append(domain.AppendString([]byte(`{"message":"Tokens revoked","sub":`), c.Sub), '}')
}

// UserRevoked states that tokens of a user issued before a moment are refused.
type UserRevoked struct {
	Sub    string `json:"sub"`
	Before int64  `json:"before"` // ms since 1970
}

// Kind names the event.
func (UserRevoked) Kind() string { return "outlet.user_revoked" }

func (e UserRevoked) evolve(o *Outlet, _ uint64) (*Outlet, error) {
	next := *o
	next.Revoked = maps.Clone(o.Revoked)
	next.Revoked[e.Sub] = e.Before
	return &next, nil
}

// KeyRemembered states that a command under a key had nothing to do. It keeps
// the answer, so that the key gives it again; no audience sees it.
type KeyRemembered struct {
	Version uint64 `json:"version,omitempty"` // that was answered; 0 = none
}

// Kind names the event.
func (KeyRemembered) Kind() string { return "key.remembered" }

func (KeyRemembered) evolve(o *Outlet, _ uint64) (*Outlet, error) { return o, nil }
