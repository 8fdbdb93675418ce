package order

import (
	"fmt"
	"strconv"

	"heard/domain"
	"heard/domain/outlet"
)

// readModifiers makes the modifiers of a line. An organisation that refuses open
// items takes only what the item's groups list, and as many as they ask for.
func readModifiers(requests []ModifierRequest, item *outlet.Item, m *Meta) ([]Modifier, *domain.Error) {
	if len(requests) > maxModifiers {
		return nil, domain.Blame(domain.ValidationError, "modifiers", fmt.Sprintf("at most %d", maxModifiers))
	}
	var modifiers []Modifier
	for i := range requests {
		modifier, err := requests[i].modifier(item, "modifiers["+strconv.Itoa(i)+"]", m)
		if err != nil {
			return nil, err
		}
		modifiers = append(modifiers, modifier)
	}
	if item != nil && m.listedOnly() {
		return modifiers, checkGroups(modifiers, item, "modifiers")
	}
	return modifiers, nil
}

// listedOnly reports whether only what is on the menu is sold.
func (m *Meta) listedOnly() bool { return m.policy().OpenItems == "refuse" }

func (q *ModifierRequest) modifier(item *outlet.Item, field string, m *Meta) (Modifier, *domain.Error) {
	name, err := domain.Name(field+".name", q.Name)
	mod := Modifier{Name: name}
	if err == nil && name == "" {
		err = domain.Blame(domain.ValidationError, field+".name", "is required")
	}
	if err != nil {
		return mod, err
	}
	if item != nil {
		option, ok := item.Option(q.Name) // by its id, or as a menu has it from before texts were cleaned
		if !ok {
			option, ok = item.Option(name)
		}
		if ok {
			mod.Name = option.Name
			mod.Price, err = listedPrice(field+".price", q.Price, q.PriceMinor, option.Price, m)
			return mod, err
		}
		if m.listedOnly() {
			return mod, domain.Blame(domain.ValidationError, field, fmt.Sprintf("%q is not among the modifiers of %s", name, item.Name))
		}
	}
	if q.Price != nil || q.PriceMinor != nil {
		mod.Price, err = outlet.Price(field+".price", q.Price, q.PriceMinor, m.Settings.Rules())
	}
	return mod, err
}

// checkGroups holds the choice against every group's min and max. An option that
// two groups list (toppings of the left and the right half) can be meant for
// either: it counts towards the least of both, and is never one too many.
func checkGroups(modifiers []Modifier, item *outlet.Item, field string) *domain.Error {
	could, must := make([]int, len(item.ModifierGroups)), make([]int, len(item.ModifierGroups))
	for _, modifier := range modifiers {
		listing, last := 0, 0
		for g := range item.ModifierGroups {
			if item.ModifierGroups[g].Lists(modifier.Name) {
				could[g]++
				listing, last = listing+1, g
			}
		}
		if listing == 1 {
			must[last]++
		}
	}
	for g, group := range item.ModifierGroups {
		switch {
		case could[g] < group.Min:
			return domain.Blame(domain.ValidationError, field, fmt.Sprintf("%s: at least %d, not %d", group.Name, group.Min, could[g]))
		case group.Max != 0 && must[g] > group.Max:
			return domain.Blame(domain.ValidationError, field, fmt.Sprintf("%s: at most %d, not %d", group.Name, group.Max, must[g]))
		}
	}
	return nil
}
