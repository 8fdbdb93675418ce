package vectors

import (
	"encoding/json"
	"fmt"

	"heard/domain/billing"
	"heard/domain/money"
)

// checkAllocate checks kind allocate: plain integers, weights in any decimals.
func (v *vector) checkAllocate() error {
	var from struct {
		Total   number   `json:"total"`
		Weights []number `json:"weights"`
	}
	if err := v.decode(&from); err != nil {
		return err
	}
	return v.checkParts(from.Total, from.Weights, 0, 0)
}

// checkSplit checks kind split: equal parts, or by weights.
func (v *vector) checkSplit() error {
	var from struct {
		Currency string   `json:"currency"`
		Exponent *uint8   `json:"exponent"`
		Total    number   `json:"total"`
		Parts    int      `json:"parts"`
		Weights  []number `json:"weights"`
	}
	if err := v.decode(&from); err != nil {
		return err
	}
	exponent, err := exponentOf(from.Currency, from.Exponent)
	if err != nil {
		_, verdict := v.settled(err)
		return verdict
	}
	return v.checkParts(from.Total, from.Weights, from.Parts, exponent)
}

// checkParts checks a total that is divided by weights or, without any, into count equal parts.
func (v *vector) checkParts(total number, weights []number, count int, exponent uint8) error {
	parts, err := divide(total, weights, count, exponent)
	if decided, verdict := v.settled(err); decided {
		return verdict
	}
	f := figures{exponent: exponent}
	f.fields("", v.Expect, func(name string, want json.RawMessage) bool {
		if name == "parts" {
			f.amounts(name, want, parts)
		}
		return name == "parts"
	})
	return f.err()
}

func divide(total number, weights []number, count int, exponent uint8) ([]int64, error) {
	amount, err := total.scaled(exponent, -money.MaxAmount, billing.CodeAmountOverflow, "total")
	if err != nil {
		return nil, err
	}
	if count != 0 {
		if len(weights) > 0 {
			return nil, &billing.Error{Code: billing.CodeInvalidSplit, Field: "weights"}
		}
		return billing.Split(nil, amount, count)
	}
	whole, err := wholeWeights(weights)
	if err != nil {
		return nil, err
	}
	return billing.SplitByWeight(nil, amount, whole)
}

// wholeWeights scales weights to integers of the same proportions.
func wholeWeights(weights []number) ([]int64, error) {
	whole := make([]int64, len(weights))
	scale := uint8(0)
	for i := 0; i < len(weights); i++ {
		decimal, err := money.ParseDecimal(string(weights[i]))
		if err != nil || decimal.Negative() {
			return nil, &billing.Error{Code: billing.CodeInvalidSplit, Field: indexed("weights", i)}
		}
		whole[i], err = decimal.Scaled(scale)
		switch {
		case err == money.ErrTooManyDecimals && scale < 15:
			scale, i = scale+1, -1 // one finer, from the start
		case err != nil:
			return nil, &billing.Error{Code: billing.CodeInvalidSplit, Field: indexed("weights", i)}
		}
	}
	return whole, nil
}

// checkRound checks kind round.
func (v *vector) checkRound() error {
	var from struct {
		Amount      number `json:"amount"`
		Increment   number `json:"increment"`
		Mode        string `json:"mode"`
		ResultScale *uint8 `json:"result_scale"`
	}
	if err := v.decode(&from); err != nil {
		return err
	}
	result, err := rounded(from.Amount, from.Increment, from.Mode)
	if decided, verdict := v.settled(err); decided {
		return verdict
	}
	if from.ResultScale != nil {
		if _, err := result.Scaled(*from.ResultScale); err != nil {
			return fmt.Errorf("field result: got %s, finer than result_scale %d", result, *from.ResultScale)
		}
	}
	var f figures
	f.fields("", v.Expect, func(name string, want json.RawMessage) bool {
		if name == "result" {
			f.decimal(name, want, result)
		}
		return name == "result"
	})
	return f.err()
}

// rounded rounds on the coarsest scale that holds both numbers.
func rounded(amount, increment number, modeName string) (money.Decimal, error) {
	mode, err := modeOf(modeName)
	if err != nil {
		return money.Decimal{}, err
	}
	for scale := uint8(0); ; scale++ {
		minor, err := amount.scaled(scale, -money.MaxAmount, billing.CodeAmountOverflow, "amount")
		step, stepErr := increment.scaled(scale, 0, billing.CodeAmountOverflow, "increment")
		if err == nil {
			err = stepErr
		}
		if refused, ok := err.(*billing.Error); ok && refused.Code == billing.CodeTooManyDecimals && scale < 15 {
			continue
		}
		return money.FromMinor(money.RoundTo(minor, step, mode), scale), err
	}
}
