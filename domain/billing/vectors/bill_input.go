package vectors

import (
	"fmt"
	"maps"
	"slices"

	"heard/domain/billing"
)

// billInput is the input of kind bill, as the schema has it.
type billInput struct {
	Currency     string                      `json:"currency"`
	Exponent     *uint8                      `json:"exponent"`
	TaxRounding  string                      `json:"tax_rounding"`
	RoundingMode string                      `json:"rounding_mode"`
	TaxClasses   map[string][]componentInput `json:"tax_classes"`
	Items        []itemInput                 `json:"items"`
	Discounts    []discountInput             `json:"discounts"`
	Charges      []chargeInput               `json:"charges"`
	RoundOff     *roundingInput              `json:"round_off"`
	Tip          number                      `json:"tip"`
}

type componentInput struct {
	Code     string `json:"code"`
	Rate     number `json:"rate"`
	Compound bool   `json:"compound"`
}

type itemInput struct {
	ID        string          `json:"id"`
	Quantity  number          `json:"qty"`
	UnitPrice number          `json:"unit_price"`
	TaxClass  *string         `json:"tax_class"`
	Inclusive bool            `json:"inclusive"`
	Discounts []discountInput `json:"discounts"`
}

type discountInput struct {
	Type  string `json:"type"`
	Value number `json:"value"`
}

type chargeInput struct {
	Code      string  `json:"code"`
	Type      string  `json:"type"`
	Value     number  `json:"value"`
	TaxClass  *string `json:"tax_class"`
	Inclusive bool    `json:"inclusive"`
}

type roundingInput struct {
	Increment number `json:"increment"`
	Mode      string `json:"mode"`
}

// translation makes a billing.Input of a billInput. Classes are in the order of their names.
type translation struct {
	exponent uint8
	names    []string
	input    billing.Input
}

func translate(from *billInput) (*translation, error) {
	exponent, err := exponentOf(from.Currency, from.Exponent)
	if err != nil {
		return nil, err
	}
	t := &translation{exponent: exponent, names: slices.Sorted(maps.Keys(from.TaxClasses))}
	if err := t.modes(from); err != nil {
		return nil, err
	}
	for _, name := range t.names {
		if err := t.class(name, from.TaxClasses[name]); err != nil {
			return nil, err
		}
	}
	for i := range from.Items {
		if err := t.line(indexed("items", i), &from.Items[i]); err != nil {
			return nil, err
		}
	}
	if t.input.Discounts, err = t.discounts("discounts", from.Discounts); err != nil {
		return nil, err
	}
	for i := range from.Charges {
		if err := t.charge(indexed("charges", i), &from.Charges[i]); err != nil {
			return nil, err
		}
	}
	return t, t.ending(from)
}

// modes refuses what the engine has no way of doing, rather than to do something else.
func (t *translation) modes(from *billInput) error {
	if from.RoundingMode != "" && from.RoundingMode != "half_up" {
		return fmt.Errorf("rounding_mode %q: the engine only rounds half_up", from.RoundingMode)
	}
	switch from.TaxRounding {
	case "", "invoice":
		t.input.Mode = billing.PerInvoice
	case "line":
		t.input.Mode = billing.PerLine
	default:
		return fmt.Errorf("unknown tax_rounding %q", from.TaxRounding)
	}
	return nil
}

func (t *translation) class(name string, components []componentInput) error {
	class := billing.Class{Name: name}
	for i, component := range components {
		field := indexed("tax_classes."+name, i) + ".rate"
		rate, err := component.Rate.scaled(4, 0, billing.CodeAmountOverflow, field)
		if err != nil {
			return err
		}
		class.Components = append(class.Components, billing.Component{Code: component.Code, Rate: billing.Rate(rate),
			Compound: component.Compound})
	}
	t.input.Classes = append(t.input.Classes, class)
	return nil
}

func (t *translation) line(field string, item *itemInput) error {
	quantity, err := item.Quantity.scaled(3, 1, billing.CodeInvalidLine, field+".quantity")
	if err != nil {
		return err
	}
	price, err := item.UnitPrice.scaled(t.exponent, 0, billing.CodeInvalidLine, field+".unit_price")
	if err != nil {
		return err
	}
	class, err := t.classOf(field, item.TaxClass)
	if err != nil {
		return err
	}
	discounts, err := t.discounts(field+".discounts", item.Discounts)
	t.input.Lines = append(t.input.Lines, billing.Line{Quantity: quantity, UnitPrice: price, Class: class,
		Inclusive: item.Inclusive, Discounts: discounts})
	return err
}

func (t *translation) classOf(field string, name *string) (int, error) {
	if name == nil {
		return -1, nil
	}
	index, found := slices.BinarySearch(t.names, *name)
	if !found {
		return 0, &billing.Error{Code: billing.CodeUnknownTaxClass, Field: field + ".tax_class"}
	}
	return index, nil
}

func (t *translation) discounts(field string, from []discountInput) ([]billing.Discount, error) {
	discounts := make([]billing.Discount, len(from))
	for i, discount := range from {
		percent, value, err := t.value(indexed(field, i), discount.Type, discount.Value)
		if err != nil {
			return nil, err
		}
		discounts[i] = billing.Discount{Percent: percent, Value: value}
	}
	return discounts, nil
}

// value is the value of a discount or charge by its type. Neither type nor value is nothing off.
func (t *translation) value(field, kind string, value number) (percent bool, scaled int64, err error) {
	scale := t.exponent
	switch kind {
	case "amount":
	case "percent":
		percent, scale = true, 4
	case "":
		if zero, err := value.scaled(t.exponent, 0, "", ""); value == "" || err == nil && zero == 0 {
			return false, 0, nil
		}
		fallthrough
	default:
		return false, 0, &billing.Error{Code: billing.CodeInvalidDiscountType, Field: field + ".type"}
	}
	scaled, err = value.scaled(scale, 0, billing.CodeInvalidDiscountValue, field+".value")
	return percent, scaled, err
}

func (t *translation) charge(field string, from *chargeInput) error {
	percent, value, err := t.value(field, from.Type, from.Value)
	if err != nil {
		return err
	}
	class, err := t.classOf(field, from.TaxClass)
	t.input.Charges = append(t.input.Charges, billing.Charge{Code: from.Code, Percent: percent, Value: value,
		Class: class, Inclusive: from.Inclusive})
	return err
}

// ending translates what comes after the charges: round-off and tip.
func (t *translation) ending(from *billInput) (err error) {
	if from.RoundOff != nil {
		field := "round_off.increment"
		if t.input.RoundMode, err = modeOf(from.RoundOff.Mode); err != nil {
			return err
		}
		t.input.RoundOff, err = from.RoundOff.Increment.scaled(t.exponent, 0, billing.CodeAmountOverflow, field)
		if err != nil {
			return err
		}
	}
	if from.Tip != "" {
		t.input.Tip, err = from.Tip.scaled(t.exponent, 0, billing.CodeInvalidDiscountValue, "tip")
	}
	return err
}
