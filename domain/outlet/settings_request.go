package outlet

import (
	"fmt"
	"maps"
	"slices"

	"heard/domain"
	"heard/domain/money"
)

// The requests below are what the log keeps but for one thing: a number that was
// left out is not 0. Nobody's tax may become 0 % because a member was misspelt.

// ComponentRequest is one tax of a class as a client sends it.
type ComponentRequest struct {
	Code     string         `json:"code"`
	Rate     *money.Decimal `json:"rate"` // percent, at most 4 decimals
	Compound bool           `json:"compound,omitempty"`
}

// ChargeRequest is a charge as a client sends it.
type ChargeRequest struct {
	Code      string         `json:"code"`
	Type      string         `json:"type"`
	Value     *money.Decimal `json:"value"`
	TaxClass  *string        `json:"tax_class"`
	Inclusive bool           `json:"inclusive,omitempty"`
}

// RoundOffRequest is a round-off as a client sends it.
type RoundOffRequest struct {
	Increment *money.Decimal `json:"increment"`
}

// given refuses a number that was left out.
func given(field string, d *money.Decimal) (money.Decimal, *domain.Error) {
	if d == nil {
		return money.Decimal{}, domain.Blame(domain.ValidationError, field, "is required; 0 must be said")
	}
	return *d, nil
}

func readClasses(requests map[string][]ComponentRequest) (map[string][]Component, *domain.Error) {
	classes := make(map[string][]Component, len(requests))
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		components := make([]Component, len(requests[name]))
		for i, q := range requests[name] {
			rate, err := given(fmt.Sprintf("tax_classes.%s[%d].rate", name, i), q.Rate)
			if err != nil {
				return nil, err
			}
			components[i] = Component{Code: q.Code, Rate: rate, Compound: q.Compound}
		}
		classes[name] = components
	}
	return classes, nil
}

func readCharges(requests []ChargeRequest) ([]Charge, *domain.Error) {
	charges := make([]Charge, len(requests))
	for i, q := range requests {
		value, err := given(fmt.Sprintf("charges[%d].value", i), q.Value)
		if err != nil {
			return nil, err
		}
		charges[i] = Charge{Code: q.Code, Type: q.Type, Value: value, TaxClass: q.TaxClass, Inclusive: q.Inclusive}
	}
	return charges, nil
}

func readRoundOff(q *RoundOffRequest) (*RoundOff, *domain.Error) {
	if q == nil {
		return nil, nil
	}
	increment, err := given("round_off.increment", q.Increment)
	return &RoundOff{Increment: increment}, err
}

func readLimits(requests map[domain.Role]*money.Decimal) (map[domain.Role]money.Decimal, *domain.Error) {
	if requests == nil {
		return nil, nil
	}
	limits := make(map[domain.Role]money.Decimal, len(requests))
	for _, role := range slices.Sorted(maps.Keys(requests)) {
		limit, err := given("discount_limits."+string(role), requests[role])
		if err != nil {
			return nil, err
		}
		limits[role] = limit
	}
	return limits, nil
}

// check refuses what is there twice, and a time zone of any length. Compile
// cannot: the log may hold settings from before this was refused.
func (c *PutSettings) check() *domain.Error {
	if len(c.Timezone.Value) > maxTimezoneBytes {
		return domain.Blame(domain.ValidationError, "timezone", fmt.Sprintf("longer than %d bytes", maxTimezoneBytes))
	}
	for _, name := range slices.Sorted(maps.Keys(c.TaxClasses.Value)) {
		components := c.TaxClasses.Value[name]
		for i := range components {
			if slices.ContainsFunc(components[:i], func(q ComponentRequest) bool { return q.Code == components[i].Code }) {
				return domain.Blame(domain.ValidationError, fmt.Sprintf("tax_classes.%s[%d].code", name, i), fmt.Sprintf("%q is there twice", components[i].Code))
			}
		}
	}
	for _, action := range slices.Sorted(maps.Keys(c.Permissions.Value)) {
		roles := c.Permissions.Value[action]
		for i, role := range roles {
			if slices.Contains(roles[:i], role) {
				return domain.Blame(domain.ValidationError, fmt.Sprintf("permissions.%s[%d]", action, i), fmt.Sprintf("%q is there twice", role))
			}
		}
	}
	return nil
}
