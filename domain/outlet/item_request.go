package outlet

import (
	"fmt"
	"time"

	"heard/domain"
	"heard/domain/money"
)

// ItemRequest is a menu item as a client sends it.
type ItemRequest struct {
	ID             string                   `json:"id,omitempty"` // given by us when it is empty
	Name           string                   `json:"name"`
	Category       string                   `json:"category,omitempty"`
	Price          *money.Decimal           `json:"price,omitempty"`
	PriceMinor     *int64                   `json:"price_minor,omitempty"`
	TaxClass       domain.Optional[*string] `json:"tax_class,omitzero"`       // absent = the organisation's default; null = untaxed
	Available      *bool                    `json:"available,omitempty"`      // default true
	SoldOutUntil   *string                  `json:"sold_out_until,omitempty"` // RFC 3339; only with available false
	Station        string                   `json:"station,omitempty"`
	ModifierGroups []ModifierGroupRequest   `json:"modifier_groups,omitempty"`
}

// ModifierGroupRequest is a choice as a client sends it.
type ModifierGroupRequest struct {
	ID      string                  `json:"id,omitempty"`
	Name    string                  `json:"name"`
	Min     int                     `json:"min,omitempty"`
	Max     int                     `json:"max,omitempty"`
	Options []ModifierOptionRequest `json:"options"`
}

// ModifierOptionRequest is one answer to a choice as a client sends it.
type ModifierOptionRequest struct {
	ID         string         `json:"id,omitempty"`
	Name       string         `json:"name"`
	Price      *money.Decimal `json:"price,omitempty"`
	PriceMinor *int64         `json:"price_minor,omitempty"`
}

// Limits of a menu; beyond them the request is refused.
const (
	MaxItems          = 20_000
	maxModifierGroups = 32
	maxOptions        = 128
)

// item checks the request and makes the item. at is the path to name fields by.
func (q *ItemRequest) item(at, id string, s *Settings) (Item, *domain.Error) {
	item := Item{ID: id, TaxClass: q.TaxClass}
	if q.Available != nil {
		item.SoldOut = !*q.Available
	}
	if q.SoldOutUntil != nil {
		// A moment that has passed is no mistake: the menu was read before it.
		t, err := time.Parse(time.RFC3339, *q.SoldOutUntil)
		if err != nil || t.UnixMilli() <= 0 || !item.SoldOut {
			return item, domain.Blame(domain.ValidationError, at+"sold_out_until", "must be an RFC 3339 time, beside available false")
		}
		item.SoldOutUntil = t.UnixMilli()
	}
	err := domain.CheckForeignID(at+"id", id)
	if err != nil {
		return item, err
	}
	if item.Name, err = named(at, q.Name); err != nil {
		return item, err
	}
	if item.Category, err = domain.Name(at+"category", q.Category); err != nil {
		return item, err
	}
	if item.Station, err = domain.Name(at+"station", q.Station); err != nil {
		return item, err
	}
	if item.Price, err = Price(at+"price", q.Price, q.PriceMinor, &s.rules); err != nil {
		return item, err
	}
	if class := q.TaxClass.Value; class != nil {
		if _, ok := s.rules.index[*class]; !ok {
			return item, domain.Blame(domain.UnknownTaxClass, at+"tax_class", fmt.Sprintf("%q is not in tax_classes", *class))
		}
	}
	if len(q.ModifierGroups) > maxModifierGroups {
		return item, domain.Blame(domain.ValidationError, at+"modifier_groups", fmt.Sprintf("more than %d", maxModifierGroups))
	}
	for i := range q.ModifierGroups {
		group, err := q.ModifierGroups[i].group(fmt.Sprintf("%smodifier_groups[%d].", at, i), s)
		if err != nil {
			return item, err
		}
		item.ModifierGroups = append(item.ModifierGroups, group)
	}
	return item, nil
}

// named is a name that must be there.
func named(at, name string) (string, *domain.Error) {
	kept, err := domain.Name(at+"name", name)
	if err == nil && kept == "" {
		err = domain.Blame(domain.ValidationError, at+"name", "is required")
	}
	return kept, err
}

// Price reads a price and its integer twin; they must agree where both are given.
func Price(field string, d *money.Decimal, minor *int64, r *Rules) (int64, *domain.Error) {
	if d == nil && minor == nil {
		return 0, domain.Blame(domain.ValidationError, field, "is required")
	}
	var v int64
	if d != nil {
		var err *domain.Error
		if v, err = r.Amount(field, *d); err != nil {
			return 0, err
		}
		if minor != nil && *minor != v {
			return 0, domain.Blame(domain.ValidationError, field+"_minor", fmt.Sprintf("%d is not %s", *minor, d))
		}
	} else if v = *minor; v > money.MaxAmount {
		return 0, domain.Blame(domain.AmountOverflow, field+"_minor", "amount too large")
	}
	if v < 0 {
		return 0, domain.Blame(domain.InvalidLine, field, "must not be negative")
	}
	return v, nil
}

func (q *ModifierGroupRequest) group(at string, s *Settings) (ModifierGroup, *domain.Error) {
	g := ModifierGroup{ID: q.ID, Min: q.Min, Max: q.Max}
	var err *domain.Error
	if g.Name, err = idAndName(at, q.ID, q.Name); err != nil {
		return g, err
	}
	if q.Min < 0 || q.Max < 0 || q.Max != 0 && q.Max < q.Min {
		return g, domain.Blame(domain.ValidationError, at+"max", "min and max must be 0 or more, max not below min")
	}
	if len(q.Options) > maxOptions {
		return g, domain.Blame(domain.ValidationError, at+"options", fmt.Sprintf("more than %d", maxOptions))
	}
	for i, o := range q.Options {
		here := fmt.Sprintf("%soptions[%d].", at, i)
		option := ModifierOption{ID: o.ID}
		if option.Name, err = idAndName(here, o.ID, o.Name); err != nil {
			return g, err
		}
		if o.Price != nil || o.PriceMinor != nil {
			if option.Price, err = Price(here+"price", o.Price, o.PriceMinor, &s.rules); err != nil {
				return g, err
			}
		}
		g.Options = append(g.Options, option)
	}
	return g, nil
}

// idAndName checks the id of a part of an item, which may have none, and returns
// its name as it is kept.
func idAndName(at, id, name string) (string, *domain.Error) {
	if id != "" {
		if err := domain.CheckForeignID(at+"id", id); err != nil {
			return "", err
		}
	}
	return named(at, name)
}
