package domain

// Role is what a person may do; it comes from the token.
type Role string

const (
	Admin   Role = "admin"
	Manager Role = "manager"
	Cashier Role = "cashier"
	Waiter  Role = "waiter"
	Kitchen Role = "kitchen"
	Staff   Role = "staff"
)

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Admin, Manager, Cashier, Waiter, Kitchen, Staff} }

// Known reports whether r is one of Roles.
func (r Role) Known() bool {
	switch r {
	case Admin, Manager, Cashier, Waiter, Kitchen, Staff:
		return true
	}
	return false
}

// Identity is who asks, as the token says.
type Identity struct {
	User     string `json:"id"`
	Name     string `json:"name,omitempty"`
	Role     Role   `json:"role"`
	IssuedAt int64  `json:"-"` // ms since 1970; a revocation later than this refuses the token
}

// System is who does what nobody asked for but the clock. Its role is none of
// Roles, so that no token can have it.
func System() Identity { return Identity{User: "system", Role: "system"} }

// OneOf reports whether the identity has one of the roles.
func (i Identity) OneOf(roles ...Role) bool {
	for _, r := range roles {
		if i.Role == r {
			return true
		}
	}
	return false
}
