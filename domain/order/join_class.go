package order

import (
	"encoding/json"
	"fmt"
	"slices"

	"heard/domain"
	"heard/domain/billing"
	"heard/domain/outlet"
)

// TaxClass is a tax class that an order did not begin with: it came with an item
// that was added, at the rates of that moment, and keeps them.
type TaxClass struct {
	Name       string             `json:"name"`
	Components []outlet.Component `json:"components"`
}

// joining are the classes that lines bring along: those that are neither in the
// settings the order was made under nor came along before. What the order has
// keeps its rates.
func (o *Order) joining(lines []Line, m *Meta) (classes []TaxClass, refusal *domain.Error) {
	for i := range lines {
		name := lines[i].TaxClass
		if _, known := o.class(m.Settings.Rules(), name); known || hasClass(classes, name) {
			continue
		}
		components, there := m.policy().TaxClasses[name]
		if !there {
			return nil, domain.Blame(domain.UnknownTaxClass, itemField(i)+".menu_item_id", fmt.Sprintf("tax class %q is not in the settings", name))
		}
		classes = append(classes, TaxClass{name, components})
	}
	return classes, nil
}

func hasClass(classes []TaxClass, name string) bool {
	return slices.ContainsFunc(classes, func(c TaxClass) bool { return c.Name == name })
}

// class finds a class among the order's: those of its settings, then those that
// joined. -1 = untaxed.
func (o *Order) class(r *outlet.Rules, name string) (int, bool) {
	if name == "" {
		return -1, true
	}
	if i, ok := r.Class(name); ok {
		return i, true
	}
	i := slices.IndexFunc(o.Joined, func(c TaxClass) bool { return c.Name == name })
	return len(r.Classes) + i, i >= 0
}

// classes are all classes of the order, as the calculator reads them.
func (o *Order) classes(r *outlet.Rules) ([]billing.Class, *domain.Error) {
	all := slices.Clip(r.Classes)
	for _, c := range o.Joined {
		class, err := outlet.CompileClass(c.Name, c.Components)
		if err != nil {
			return nil, err
		}
		all = append(all, class)
	}
	return all, nil
}

// join is part of evolving: the list is shared with the state before.
func (o *Order) join(classes []TaxClass) {
	if len(classes) > 0 {
		o.Joined = append(slices.Clip(o.Joined), classes...)
	}
}

// appendClasses leaves an empty list out.
func appendClasses(b []byte, name string, classes []TaxClass) []byte {
	if len(classes) == 0 {
		return b
	}
	data, err := json.Marshal(classes)
	domain.Assert(err == nil, "tax classes do not encode: %v", err)
	return append(append(append(append(b, ',', '"'), name...), '"', ':'), data...)
}
