package outlet

import (
	"fmt"

	"heard/domain"
	"heard/domain/money"
)

// Action is something a role may or may not do; settings can narrow each.
type Action string

const (
	Create      Action = "create"
	Edit        Action = "edit"         // lines, and a discount back
	Discount    Action = "discount"     // to give one or a higher one, up to the role's limit
	ReduceFired Action = "reduce_fired" // less of a line, or for less, once the kitchen has the order
	Advance     Action = "advance"      // among pending, preparing, ready, served, and recalls
	Complete    Action = "complete"     // → completed
	Cancel      Action = "cancel"       // before anything was fired
	CancelFired Action = "cancel_fired"
	Reopen      Action = "reopen"
)

// Actions lists every action.
func Actions() []Action {
	return []Action{Create, Edit, Discount, ReduceFired, Advance, Complete, Cancel, CancelFired, Reopen}
}

func actionNames() (names []string) {
	for _, a := range Actions() {
		names = append(names, string(a))
	}
	return names
}

// MayByDefault says which roles may do what where the settings do not narrow it.
func (a Action) MayByDefault() []domain.Role {
	may, known := grants(a)
	domain.Assert(known, "%q is no action", a)
	return may
}

// grants says which roles may do what by default.
func grants(action Action) ([]domain.Role, bool) {
	switch action {
	case Create, Edit, Discount:
		return []domain.Role{domain.Admin, domain.Manager, domain.Cashier, domain.Waiter, domain.Staff}, true
	case Advance:
		return domain.Roles(), true
	case Complete, Cancel:
		return []domain.Role{domain.Admin, domain.Manager, domain.Cashier, domain.Waiter}, true
	case CancelFired, ReduceFired, Reopen:
		return []domain.Role{domain.Admin, domain.Manager}, true
	}
	return nil, false
}

// May refuses an action that the role may not do here.
func (s *Settings) May(by domain.Identity, action Action) *domain.Error {
	may, _ := grants(action)
	ok := by.OneOf(may...)
	if narrowed, set := s.Permissions[string(action)]; set && ok {
		ok = by.OneOf(narrowed...)
	}
	if ok {
		return nil
	}
	return domain.Refuse(domain.Forbidden, fmt.Sprintf("Role %s may not %s this order: that takes %s", by.Role, action.verb(), action))
}

// DiscountLimit is the most that a role may take off an order's subtotal, in
// millionths of one; false = there is no limit.
func (s *Settings) DiscountLimit(role domain.Role) (int64, bool) {
	limit, limited := s.rules.limits[role]
	return limit, limited
}

// ErrDiscountLimit refuses a discount above the role's limit.
func (s *Settings) ErrDiscountLimit(role domain.Role) *domain.Error {
	return domain.Refuse(domain.Forbidden, fmt.Sprintf("Role %s may give at most %s %% of the subtotal off this order: more takes discount with a higher limit", role, s.DiscountLimits[role]))
}

// defaultLimits are those of an organisation that never set any.
func defaultLimits() map[domain.Role]money.Decimal {
	ten := money.FromMinor(10, 0)
	return map[domain.Role]money.Decimal{domain.Cashier: ten, domain.Waiter: ten, domain.Staff: ten}
}

func (s *Settings) compileLimits(r *Rules) *domain.Error {
	may, _ := grants(Discount)
	r.limits = make(map[domain.Role]int64, len(s.DiscountLimits))
	for role, d := range s.DiscountLimits {
		field := "discount_limits." + string(role)
		if !(domain.Identity{Role: role}).OneOf(may...) {
			return domain.Blame(domain.ValidationError, field, fmt.Sprintf("%q is no role that may discount", role))
		}
		var err *domain.Error
		if r.limits[role], err = percent(field, d, 100, domain.ValidationError); err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) checkPermissions(*Rules) *domain.Error {
	for name, roles := range s.Permissions {
		field := "permissions." + name
		may, known := grants(Action(name))
		if !known {
			return domain.Blame(domain.ValidationError, field, "not an action: "+domain.OneOf(actionNames()))
		}
		for _, role := range roles {
			if !(domain.Identity{Role: role}).OneOf(may...) {
				return domain.Blame(domain.ValidationError, field, fmt.Sprintf("role %q cannot be given what it may not do by default", role))
			}
		}
	}
	return nil
}

func (s *Settings) checkAliases(*Rules) *domain.Error {
	if len(s.StatusAliases) > maxAliases {
		return domain.Blame(domain.ValidationError, "status_aliases", fmt.Sprintf("more than %d", maxAliases))
	}
	for word, status := range s.StatusAliases {
		field := "status_aliases." + word
		if err := domain.CheckForeignID(field, word); err != nil {
			return err
		}
		switch status {
		case "pending", "preparing", "ready", "served", "completed", "cancelled":
		default:
			return domain.Blame(domain.InvalidStatus, field, fmt.Sprintf("%q is not a status", status))
		}
	}
	return nil
}

func (a Action) verb() string {
	switch a {
	case Advance:
		return "move"
	case CancelFired:
		return "cancel"
	case ReduceFired:
		return "take back what the kitchen has of"
	}
	return string(a)
}
