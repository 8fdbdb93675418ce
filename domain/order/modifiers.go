package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// readModifiers makes the modifiers of a line. An organisation that refuses open
// items takes only what the item's groups list, and as many as they ask for.
func readModifiers(requests []ModifierRequest, item *outlet.Item, m *Meta) ([]Modifier, *domain.Error) {
	if len(requests) > maxModifiers {
		return nil, domain.Blame(domain.ValidationError, "modifiers", fmt.Sprintf("at most %d", maxModifiers))
	}
	var modifiers []Modifier
	var offers []offer
	contested := false
	for i := range requests {
		q, before := &requests[i], len(offers)
		clean, err := q.clean(i)
		if err != nil {
			return nil, err
		}
		if offers = q.offers(item, i, offers); len(offers) == before { // else by an id, or as a menu has it from before texts were cleaned
			offers = clean.offers(item, i, offers)
		}
		var modifier Modifier
		if len(offers) > before {
			offers, err = q.priced(offers, before, m)
		} else {
			modifier, err = clean.open(item, i, m)
		}
		if err != nil {
			return nil, err
		}
		modifiers = append(modifiers, modifier)
		contested = contested || len(offers) > before+1 && (m.listedOnly() || differ(offers[before:]))
	}
	if contested {
		var err *domain.Error
		if offers, err = settle(requests, item, offers, m); err != nil {
			return nil, err
		}
	}
	for _, o := range offers {
		if modifier := &modifiers[o.request]; modifier.Name == "" { // another offer comes to the same
			*modifier = Modifier{Name: o.option.Name, Price: o.price}
		}
	}
	if item != nil && m.listedOnly() && !contested {
		return modifiers, checkGroups(offers, item)
	}
	return modifiers, nil
}

func modifierField(i int) string { return "modifiers[" + strconv.Itoa(i) + "]" }

// listedOnly reports whether only what is on the menu is sold.
func (m *Meta) listedOnly() bool { return m.policy().OpenItems == "refuse" }

// clean is the modifier as it is kept; errors name its fields.
func (q *ModifierRequest) clean(i int) (ModifierRequest, *domain.Error) {
	clean, err := *q, (*domain.Error)(nil)
	if clean.Name, err = domain.Name("name", q.Name); err == nil {
		clean.Group, err = domain.Name("group", q.Group)
	}
	if err == nil && clean.Name == "" {
		err = domain.Blame(domain.ValidationError, "name", "is required")
	}
	if err != nil {
		return clean, err.Within(modifierField(i))
	}
	return clean, nil
}

// offer is an option of the item that a modifier may mean.
type offer struct {
	request int // the modifier's index
	group   int // index among the item's groups
	option  *outlet.ModifierOption
	price   int64 // that is billed, minor units
}

// offers adds what the modifier may mean: every option of the name, in every
// group or in the one that it names.
func (q *ModifierRequest) offers(item *outlet.Item, request int, offers []offer) []offer {
	if item == nil {
		return offers
	}
	for g := range item.ModifierGroups {
		group := &item.ModifierGroups[g]
		if q.Group != "" && q.Group != group.Name && q.Group != group.ID {
			continue
		}
		for o := range group.Options {
			if option := &group.Options[o]; option.Is(q.Name) {
				offers = append(offers, offer{request, g, option, option.Price})
			}
		}
	}
	return offers
}

// open is a modifier that no group lists.
func (q *ModifierRequest) open(item *outlet.Item, i int, m *Meta) (mod Modifier, err *domain.Error) {
	mod.Name = q.Name
	switch {
	case q.Group != "" && (&ModifierRequest{Name: q.Name}).offers(item, i, nil) != nil:
		return mod, domain.Blame(domain.ValidationError, modifierField(i)+".group", fmt.Sprintf("%q is no group of %s with %q", q.Group, item.Name, q.Name))
	case item != nil && m.listedOnly():
		return mod, domain.Blame(domain.ValidationError, modifierField(i), fmt.Sprintf("%q is not among the modifiers of %s", q.Name, item.Name))
	case q.Price != nil || q.PriceMinor != nil:
		mod.Price, err = outlet.Price(modifierField(i)+".price", q.Price, q.PriceMinor, m.Settings.Rules())
	}
	return mod, err
}

// priced keeps of the offers from an index on those at the price that was stated.
// Where there are none, only some may state one, and any option is meant.
func (q *ModifierRequest) priced(offers []offer, from int, m *Meta) ([]offer, *domain.Error) {
	if q.Price == nil && q.PriceMinor == nil {
		return offers, nil
	}
	price, err := outlet.Price("price", q.Price, q.PriceMinor, m.Settings.Rules())
	if err != nil {
		return nil, err.Within(modifierField(offers[from].request))
	}
	kept := from
	for _, o := range offers[from:] {
		if o.price == price {
			offers[kept] = o
			kept++
		}
	}
	if kept > from {
		return offers[:kept], nil
	}
	if !m.mayOverride() {
		field := modifierField(offers[from].request) + ".price"
		return nil, domain.Blame(domain.PriceMismatch, field, "its price is "+strings.Join(m.prices(offers[from:]), " or "))
	}
	for i := from; i < len(offers); i++ {
		offers[i].price = price
	}
	return offers, nil
}

// differ reports whether it matters for the bill which offer is taken.
func differ(offers []offer) bool {
	return slices.ContainsFunc(offers, func(o offer) bool { return o.price != offers[0].price })
}

// prices lists the different prices of offers.
func (m *Meta) prices(offers []offer) (texts []string) {
	for i, o := range offers {
		if !slices.ContainsFunc(offers[:i], func(before offer) bool { return before.price == o.price }) {
			texts = append(texts, string(money.AppendMinor(nil, o.price, m.exponent())))
		}
	}
	return texts
}

// checkGroups holds the choice against every group's min and max.
func checkGroups(chosen []offer, item *outlet.Item) *domain.Error {
	for g := range item.ModifierGroups {
		group, count := &item.ModifierGroups[g], 0
		for i := range chosen {
			if chosen[i].group == g {
				count++
			}
		}
		switch {
		case count < group.Min:
			return domain.Blame(domain.ValidationError, "modifiers", fmt.Sprintf("%s: at least %d, not %d", group.Name, group.Min, count))
		case group.Max != 0 && count > group.Max:
			return domain.Blame(domain.ValidationError, "modifiers", fmt.Sprintf("%s: at most %d, not %d", group.Name, group.Max, count))
		}
	}
	return nil
}
