package vectors

import (
	"encoding/json"
	"maps"
	"slices"

	"heard/domain/billing"
)

type tenderInput struct {
	Currency     string         `json:"currency"`
	Exponent     *uint8         `json:"exponent"`
	Total        number         `json:"total"`
	CashRounding *roundingInput `json:"cash_rounding"`
	Tenders      []struct {
		Type   string `json:"type"`
		Amount number `json:"amount"`
	} `json:"tenders"`
}

// checkTender checks kind tender.
func (v *vector) checkTender() error {
	var from tenderInput
	if err := v.decode(&from); err != nil {
		return err
	}
	exponent, err := exponentOf(from.Currency, from.Exponent)
	var result billing.Settlement
	if err == nil {
		result, err = tender(&from, exponent)
	}
	if decided, verdict := v.settled(err); decided {
		return verdict
	}
	f := figures{exponent: exponent}
	amounts := map[string]int64{"paid": result.Paid, "change": result.Change, "cash_rounding": result.CashRounding,
		"due": result.Due}
	f.fields("", v.Expect, func(name string, want json.RawMessage) bool {
		amount, known := amounts[name]
		if known {
			f.amount(name, want, amount)
		} else if name == "status" {
			f.text(name, want, string(result.Status))
		}
		return known || name == "status"
	})
	return f.err()
}

func tender(from *tenderInput, exponent uint8) (billing.Settlement, error) {
	total, err := from.Total.scaled(exponent, 0, billing.CodeAmountOverflow, "total")
	if err != nil {
		return billing.Settlement{}, err
	}
	var rounding billing.CashRounding
	if from.CashRounding != nil {
		if rounding.Mode, err = modeOf(from.CashRounding.Mode); err != nil {
			return billing.Settlement{}, err
		}
		rounding.Increment, err = from.CashRounding.Increment.scaled(exponent, 0, billing.CodeAmountOverflow, "cash_rounding")
		if err != nil {
			return billing.Settlement{}, err
		}
	}
	payments := make([]billing.Payment, len(from.Tenders))
	for i, one := range from.Tenders {
		payments[i] = billing.Payment{Cash: one.Type == "cash", WhatIsDue: one.Amount == ""}
		if one.Amount == "" {
			continue
		}
		field := indexed("tenders", i) + ".amount"
		if payments[i].Amount, err = one.Amount.scaled(exponent, 0, billing.CodeInvalidTender, field); err != nil {
			return billing.Settlement{}, err
		}
	}
	return billing.Tender(total, payments, rounding)
}

type refundInput struct {
	Currency string            `json:"currency"`
	Exponent *uint8            `json:"exponent"`
	Quantity number            `json:"qty"`
	Line     map[string]number `json:"line"`
	Refunds  []number          `json:"refunds"`
}

// checkRefund checks kind refund: a sequence of refunds of one line, each figure of the line apart.
func (v *vector) checkRefund() error {
	var from refundInput
	if err := v.decode(&from); err != nil {
		return err
	}
	exponent, err := exponentOf(from.Currency, from.Exponent)
	var refunds []map[string]int64
	if err == nil {
		refunds, err = refund(&from, exponent)
	}
	if decided, verdict := v.settled(err); decided {
		return verdict
	}
	f := figures{exponent: exponent}
	f.fields("", v.Expect, func(name string, want json.RawMessage) bool {
		if name == "refunds" {
			f.refunds(want, refunds)
		}
		return name == "refunds"
	})
	return f.err()
}

func (f *figures) refunds(want json.RawMessage, refunds []map[string]int64) {
	elements, _ := f.list("refunds", want, len(refunds))
	for i, element := range elements {
		prefix := indexed("refunds", i)
		f.object(prefix, element, func(name string, want json.RawMessage) bool {
			amount, known := refunds[i][name]
			if known {
				f.amount(prefix+"."+name, want, amount)
			}
			return known
		})
	}
}

func refund(from *refundInput, exponent uint8) ([]map[string]int64, error) {
	quantity, err := from.Quantity.scaled(3, 1, billing.CodeInvalidLine, "qty")
	if err != nil {
		return nil, err
	}
	refunds, before := make([]map[string]int64, len(from.Refunds)), int64(0)
	for i, text := range from.Refunds {
		count, err := text.scaled(3, 0, billing.CodeInvalidLine, indexed("refunds", i))
		if err != nil {
			return nil, err
		}
		refunds[i] = map[string]int64{}
		for _, name := range slices.Sorted(maps.Keys(from.Line)) {
			amount, err := from.Line[name].scaled(exponent, -1<<53, billing.CodeInvalidLine, "line."+name)
			if err != nil {
				return nil, err
			}
			if refunds[i][name], err = billing.Refund(amount, quantity, before, count); err != nil {
				return nil, err
			}
		}
		before += count
	}
	return refunds, nil
}
