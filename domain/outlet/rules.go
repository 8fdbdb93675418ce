package outlet

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"heard/domain"
	"heard/domain/billing"
	"heard/domain/money"
)

// Rules are settings made ready for the calculator: integers and indexes.
type Rules struct {
	Currency  money.Currency
	Classes   []billing.Class
	Default   int // index of the default class; -1 = untaxed
	Inclusive bool
	Mode      billing.Mode
	Charges   []billing.Charge
	RoundOff  int64 // increment in minor units; 0 = none

	index map[string]int
}

// Class finds a tax class by name.
func (r *Rules) Class(name string) (int, bool) {
	i, ok := r.index[name]
	return i, ok
}

// Compile checks the settings and makes their rules. Errors name the field.
func (s *Settings) Compile() *domain.Error {
	r := Rules{Default: -1, Inclusive: s.PricesIncludeTax, index: map[string]int{}}
	var ok bool
	if r.Currency, ok = money.Lookup(s.Currency); !ok {
		return domain.Blame(domain.UnsupportedCurrency, "currency", fmt.Sprintf("%q is not an ISO 4217 currency", s.Currency))
	}
	for _, step := range []func(*Rules) *domain.Error{s.compileTaxes, s.compileCharges, s.compileRoundOff, s.checkWords, s.checkClock, s.checkAliases, s.checkPermissions} {
		if err := step(&r); err != nil {
			return err
		}
	}
	s.rules = r
	return nil
}

func (s *Settings) compileTaxes(r *Rules) *domain.Error {
	if len(s.TaxClasses) > maxTaxClasses {
		return domain.Blame(domain.ValidationError, "tax_classes", fmt.Sprintf("more than %d", maxTaxClasses))
	}
	names := make([]string, 0, len(s.TaxClasses))
	for name := range s.TaxClasses {
		names = append(names, name)
	}
	sort.Strings(names) // the index is part of what a bill is sorted by
	for i, name := range names {
		field := "tax_classes." + name
		if err := domain.CheckForeignID(field, name); err != nil {
			return err
		}
		class, err := compileClass(field, name, s.TaxClasses[name])
		if err != nil {
			return err
		}
		r.Classes = append(r.Classes, class)
		r.index[name] = i
	}
	if s.DefaultTaxClass != nil {
		i, ok := r.index[*s.DefaultTaxClass]
		if !ok {
			return domain.Blame(domain.UnknownTaxClass, "default_tax_class", fmt.Sprintf("%q is not in tax_classes", *s.DefaultTaxClass))
		}
		r.Default = i
	}
	switch s.TaxRounding {
	case "invoice":
		r.Mode = billing.PerInvoice
	case "line":
		r.Mode = billing.PerLine
	default:
		return domain.Blame(domain.ValidationError, "tax_rounding", `must be "invoice" or "line"`)
	}
	return nil
}

func compileClass(field, name string, components []Component) (billing.Class, *domain.Error) {
	class := billing.Class{Name: name}
	if len(components) > maxComponents {
		return class, domain.Blame(domain.ValidationError, field, fmt.Sprintf("more than %d components", maxComponents))
	}
	for i, c := range components {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := domain.CheckForeignID(at+".code", c.Code); err != nil {
			return class, err
		}
		rate, err := percent(at+".rate", c.Rate, 1000, domain.ValidationError)
		if err != nil {
			return class, err
		}
		class.Components = append(class.Components, billing.Component{Code: c.Code, Rate: billing.Rate(rate), Compound: c.Compound})
	}
	return class, nil
}

// percent reads a percentage as millionths of one: 2.5 is 25 000.
func percent(field string, d money.Decimal, most int64, bad domain.Code) (int64, *domain.Error) {
	v, err := d.Scaled(4)
	switch {
	case errors.Is(err, money.ErrTooManyDecimals):
		return 0, domain.Blame(domain.TooManyDecimals, field, "at most 4 decimals")
	case err != nil, v < 0, v > most*10_000:
		return 0, domain.Blame(bad, field, fmt.Sprintf("must be a percentage from 0 to %d", most))
	}
	return v, nil
}

// Amount reads a decimal as minor units of the currency.
func (r *Rules) Amount(field string, d money.Decimal) (int64, *domain.Error) {
	v, err := d.Scaled(r.Currency.Exponent)
	switch {
	case errors.Is(err, money.ErrTooManyDecimals):
		return 0, domain.Blame(domain.TooManyDecimals, field, fmt.Sprintf("%s has %d decimals", r.Currency.Code, r.Currency.Exponent))
	case err != nil:
		return 0, domain.Blame(domain.AmountOverflow, field, "amount too large")
	}
	return v, nil
}

// Percent reads a discount's percentage, 0 to 100, as millionths of one.
func Percent(field string, d money.Decimal) (int64, *domain.Error) {
	return percent(field, d, 100, domain.InvalidDiscountValue)
}

func (s *Settings) compileCharges(r *Rules) *domain.Error {
	if len(s.Charges) > maxCharges {
		return domain.Blame(domain.ValidationError, "charges", fmt.Sprintf("more than %d", maxCharges))
	}
	for i := range s.Charges {
		charge, err := r.compileCharge(fmt.Sprintf("charges[%d]", i), &s.Charges[i])
		if err != nil {
			return err
		}
		r.Charges = append(r.Charges, charge)
	}
	return nil
}

func (r *Rules) compileCharge(field string, c *Charge) (billing.Charge, *domain.Error) {
	out := billing.Charge{Code: c.Code, Percent: c.Type == "percent", Class: -1, Inclusive: c.Inclusive}
	if err := domain.CheckForeignID(field+".code", c.Code); err != nil {
		return out, err
	}
	if c.TaxClass != nil {
		i, ok := r.index[*c.TaxClass]
		if !ok {
			return out, domain.Blame(domain.UnknownTaxClass, field+".tax_class", fmt.Sprintf("%q is not in tax_classes", *c.TaxClass))
		}
		out.Class = i
	}
	var err *domain.Error
	switch c.Type {
	case "percent":
		out.Value, err = percent(field+".value", c.Value, 1000, domain.ValidationError)
	case "amount":
		if out.Value, err = r.Amount(field+".value", c.Value); err == nil && out.Value < 0 {
			err = domain.Blame(domain.ValidationError, field+".value", "must not be negative")
		}
	default:
		err = domain.Blame(domain.ValidationError, field+".type", `must be "percent" or "amount"`)
	}
	return out, err
}

func (s *Settings) compileRoundOff(r *Rules) *domain.Error {
	if s.RoundOff == nil {
		return nil
	}
	v, err := r.Amount("round_off.increment", s.RoundOff.Increment)
	if err != nil {
		return err
	}
	if v <= 0 {
		return domain.Blame(domain.ValidationError, "round_off.increment", "must be above 0")
	}
	r.RoundOff = v
	return nil
}

func (s *Settings) checkWords(*Rules) *domain.Error {
	if s.OpenItems != "accept" && s.OpenItems != "refuse" {
		return domain.Blame(domain.ValidationError, "open_items", `must be "accept" or "refuse"`)
	}
	if s.StatusTransitions != "strict" && s.StatusTransitions != "lenient" {
		return domain.Blame(domain.ValidationError, "status_transitions", `must be "strict" or "lenient"`)
	}
	return nil
}

func (s *Settings) checkClock(*Rules) *domain.Error {
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" || s.Timezone == "Local" {
		return domain.Blame(domain.ValidationError, "timezone", "must be an IANA time zone, Asia/Kolkata")
	}
	if _, err := time.Parse("15:04", s.BusinessDayStart); err != nil {
		return domain.Blame(domain.ValidationError, "business_day_start", "must be a time of day, 04:00")
	}
	return nil
}
