package outlet

import (
	"reflect"
	"strconv"

	"heard/domain"
	"heard/domain/money"
)

// Menu is a snapshot of what is for sale. It is never changed: a change makes a
// new one, and whoever holds the old one keeps reading it.
type Menu struct {
	Version uint64 `json:"version"` // sequence of the event that made it; 0 = empty
	Items   []Item `json:"items"`   // in the order they were added

	index map[string]int
}

// Item is one thing for sale.
type Item struct {
	ID             string                   `json:"id"`
	Name           string                   `json:"name"`
	Category       string                   `json:"category,omitempty"`
	Price          int64                    `json:"price_minor"`              // minor units
	TaxClass       domain.Optional[*string] `json:"tax_class,omitzero"`       // not set = the organisation's default; nil = untaxed
	SoldOut        bool                     `json:"sold_out,omitempty"`       // 86
	SoldOutUntil   int64                    `json:"sold_out_until,omitempty"` // ms since 1970; 0 = until someone says so
	Station        string                   `json:"station,omitempty"`
	ModifierGroups []ModifierGroup          `json:"modifier_groups,omitempty"`
}

// ModifierGroup is a choice a guest has: size, extras.
type ModifierGroup struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Min     int              `json:"min,omitempty"`
	Max     int              `json:"max,omitempty"` // 0 = no limit
	Options []ModifierOption `json:"options"`
}

// ModifierOption is one answer to a choice, with its price for one unit.
type ModifierOption struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Price int64  `json:"price_minor"` // minor units
}

// NewMenu makes a snapshot; the caller gives items away.
func NewMenu(version uint64, items []Item) *Menu {
	m := &Menu{Version: version, Items: items, index: make(map[string]int, len(items))}
	for i := range items {
		m.index[items[i].ID] = i
	}
	return m
}

// Find looks an item up by id.
func (m *Menu) Find(id string) (*Item, bool) {
	i, ok := m.index[id]
	if !ok {
		return nil, false
	}
	return &m.Items[i], true
}

// Available reports whether the item can be sold at a moment, ms since 1970.
func (i *Item) Available(at int64) bool {
	return !i.SoldOut || i.SoldOutUntil != 0 && at >= i.SoldOutUntil
}

// asOf is the item as clients read it at a moment: an 86 that has lapsed is none.
func (i Item) asOf(at int64) Item {
	if i.SoldOut && i.Available(at) {
		i.SoldOut, i.SoldOutUntil = false, 0
	}
	return i
}

// same reports whether clients read the same at a moment.
func (i Item) same(other Item, at int64) bool {
	return reflect.DeepEqual(i.asOf(at), other.asOf(at))
}

// Class is the tax class of the item under settings; "" = untaxed.
func (i *Item) Class(s *Settings) string {
	class := i.TaxClass.Or(s.DefaultTaxClass)
	if class == nil {
		return ""
	}
	return *class
}

// Is reports whether the option goes by this name or id.
func (o *ModifierOption) Is(name string) bool {
	return o.Name == name || o.ID != "" && o.ID == name
}

// with returns a menu in which the items replace those of the same id.
func (m *Menu) with(version uint64, items ...Item) *Menu {
	next := make([]Item, len(m.Items), len(m.Items)+len(items))
	copy(next, m.Items)
	for _, item := range items {
		if i, ok := m.index[item.ID]; ok {
			next[i] = item
		} else {
			next = append(next, item)
		}
	}
	return NewMenu(version, next)
}

func (m *Menu) without(version uint64, id string) *Menu {
	next := make([]Item, 0, len(m.Items))
	for _, item := range m.Items {
		if item.ID != id {
			next = append(next, item)
		}
	}
	return NewMenu(version, next)
}

// AppendJSON writes the menu as clients get it, as it is at a moment (ms since
// 1970): a bare array.
func (m *Menu) AppendJSON(b []byte, c money.Currency, at int64) []byte {
	b = append(b, '[')
	for i := range m.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.Items[i].AppendJSON(b, c, at)
	}
	return append(b, ']')
}

// Tag is the entity tag of the menu as it is at a moment: the version, and how
// many 86s have lapsed since.
func (m *Menu) Tag(at int64) string {
	lapsed := 0
	for i := range m.Items {
		if m.Items[i].SoldOut && m.Items[i].Available(at) {
			lapsed++
		}
	}
	tag := "v" + strconv.FormatUint(m.Version, 10)
	if lapsed > 0 {
		tag += "-" + strconv.Itoa(lapsed)
	}
	return tag
}

// AppendJSON writes one item as clients get it.
func (i *Item) AppendJSON(b []byte, c money.Currency, at int64) []byte {
	b = domain.AppendString(append(b, `{"id":`...), i.ID)
	b = domain.AppendString(append(b, `,"name":`...), i.Name)
	b = domain.AppendString(append(b, `,"category":`...), i.Category)
	b = appendPrice(b, c, i.Price)
	switch class := i.TaxClass; {
	case class.Value != nil:
		b = domain.AppendString(append(b, `,"tax_class":`...), *class.Value)
	case class.Set:
		b = append(b, `,"tax_class":null`...)
	}
	available := i.Available(at)
	b = strconv.AppendBool(append(b, `,"available":`...), available)
	if !available && i.SoldOutUntil != 0 {
		b = append(b, `,"sold_out_until":"`...)
		b = append(domain.AppendTime(b, i.SoldOutUntil), '"')
	}
	if i.Station != "" {
		b = domain.AppendString(append(b, `,"station":`...), i.Station)
	}
	if len(i.ModifierGroups) > 0 {
		b = append(b, `,"modifier_groups":[`...)
		for g := range i.ModifierGroups {
			if g > 0 {
				b = append(b, ',')
			}
			b = i.ModifierGroups[g].appendJSON(b, c)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func (g *ModifierGroup) appendJSON(b []byte, c money.Currency) []byte {
	b = domain.AppendString(append(b, `{"id":`...), g.ID)
	b = domain.AppendString(append(b, `,"name":`...), g.Name)
	b = strconv.AppendInt(append(b, `,"min":`...), int64(g.Min), 10)
	b = strconv.AppendInt(append(b, `,"max":`...), int64(g.Max), 10)
	b = append(b, `,"options":[`...)
	for i, o := range g.Options {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if o.ID != "" {
			b = append(domain.AppendString(append(b, `"id":`...), o.ID), ',')
		}
		b = domain.AppendString(append(b, `"name":`...), o.Name)
		b = append(appendPrice(b, c, o.Price), '}')
	}
	return append(b, ']', '}')
}

func appendPrice(b []byte, c money.Currency, minor int64) []byte {
	b = money.AppendMinor(append(b, `,"price":`...), minor, c.Exponent)
	return strconv.AppendInt(append(b, `,"price_minor":`...), minor, 10)
}
