package outlet

import (
	"fmt"

	"heard/domain"
)

// Action is something a role may or may not do; settings can narrow each.
type Action string

const (
	Create      Action = "create"
	Edit        Action = "edit"     // lines, discount
	Advance     Action = "advance"  // among pending, preparing, ready, served, and recalls
	Complete    Action = "complete" // → completed
	Cancel      Action = "cancel"   // before anything was fired
	CancelFired Action = "cancel_fired"
	Reopen      Action = "reopen"
)

// grants says which roles may do what by default.
func grants(action Action) ([]domain.Role, bool) {
	switch action {
	case Create, Edit:
		return []domain.Role{domain.Admin, domain.Manager, domain.Cashier, domain.Waiter, domain.Staff}, true
	case Advance:
		return domain.Roles(), true
	case Complete, Cancel:
		return []domain.Role{domain.Admin, domain.Manager, domain.Cashier, domain.Waiter}, true
	case CancelFired, Reopen:
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
	return domain.Refuse(domain.Forbidden, fmt.Sprintf("Role %s may not %s this order", by.Role, action.verb()))
}

func (s *Settings) checkPermissions(*Rules) *domain.Error {
	for name, roles := range s.Permissions {
		field := "permissions." + name
		may, known := grants(Action(name))
		if !known {
			return domain.Blame(domain.ValidationError, field, "not an action: create, edit, advance, complete, cancel, cancel_fired, reopen")
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
	}
	return string(a)
}
