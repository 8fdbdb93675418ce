package order

import (
	"slices"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// SetDiscount replaces the discount of the whole order; value 0 takes it away.
type SetDiscount struct {
	domain.Keyed
	DiscountType       *string        `json:"discount_type,omitempty"` // amount, percent
	DiscountValue      *money.Decimal `json:"discount_value,omitempty"`
	DiscountValueMinor *int64         `json:"discount_value_minor,omitempty"`
	Reason             string         `json:"reason,omitempty"`
}

// Kind names the command.
func (*SetDiscount) Kind() string { return "order.set_discount" }

func (c *SetDiscount) decide(o *Order, m *Meta) (Event, *domain.Error) {
	if err := m.policy().May(m.By, "edit"); err != nil {
		return nil, err
	}
	if err := o.requireOpen(); err != nil {
		return nil, err
	}
	reason, err := domain.Note("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	if c.DiscountValue == nil && c.DiscountValueMinor == nil {
		return nil, domain.Blame(domain.ValidationError, "discount_value", "is required")
	}
	kind, value, err := readDiscount(c.DiscountType, c.DiscountValue, c.DiscountValueMinor, m)
	if err != nil {
		return nil, err
	}
	if kind == o.DiscountType && value == o.DiscountValue {
		return nil, nil
	}
	return &Discounted{Type: kind, Value: value, Reason: reason}, nil
}

// readDiscount checks a discount. No type and no value, or 0, is none: "", 0.
func readDiscount(kind *string, value *money.Decimal, minor *int64, m *Meta) (string, money.Decimal, *domain.Error) {
	none := money.Decimal{}
	amount := none
	if value != nil {
		amount = *value
	}
	exponent := m.Settings.Rules().Currency.Exponent
	if minor != nil {
		given := money.FromMinor(*minor, exponent)
		if value != nil && given != amount {
			return "", none, domain.Blame(domain.ValidationError, "discount_value_minor", "is not discount_value")
		}
		amount = given
	}
	word := ""
	if kind != nil {
		word = *kind
	}
	if word == "percentage" {
		word = percentDiscount
	}
	if word == percentDiscount && minor != nil {
		return "", none, domain.Blame(domain.ValidationError, "discount_value_minor", "is for amounts; a percentage has none")
	}
	switch {
	case word != "" && word != percentDiscount && word != amountDiscount, word == "" && !amount.IsZero():
		return "", none, domain.Blame(domain.InvalidDiscountType, "discount_type", `must be "amount" or "percent"`)
	case amount.Negative():
		return "", none, domain.Blame(domain.InvalidDiscountValue, "discount_value", "must not be negative")
	case amount.IsZero():
		return "", none, nil
	}
	var err *domain.Error
	if word == percentDiscount {
		_, err = outlet.Percent("discount_value", amount)
	} else {
		_, err = m.Settings.Rules().Amount("discount_value", amount)
	}
	return word, amount, err
}

const (
	percentDiscount = "percent"
	amountDiscount  = "amount"
)

func (*SetDiscount) answer(*Order) []byte { return nil }

// Discounted states what is taken off the whole order.
type Discounted struct {
	Type   string        `json:"discount_type"` // "" = nothing
	Value  money.Decimal `json:"discount_value"`
	Reason string        `json:"reason,omitempty"`
}

// Kind names the event.
func (*Discounted) Kind() string { return "order.discounted" }

func (*Discounted) priced() bool { return true }

func (e *Discounted) evolve(o *Order) {
	o.DiscountType, o.DiscountValue = e.Type, e.Value
	o.Lines = slices.Clone(o.Lines)
}
