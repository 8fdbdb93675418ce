package billing

import "heard/domain/money"

// Payment is what is tendered at once towards a bill.
type Payment struct {
	Cash      bool
	WhatIsDue bool  // pay what is due, whatever Amount says
	Amount    int64 // minor units handed over
}

// Status is how far a bill is paid.
type Status string

const (
	Unpaid     Status = "unpaid"
	PartlyPaid Status = "partly_paid"
	Paid       Status = "paid"
)

// Settlement is where a bill stands after its tenders, in minor units: Due = total + CashRounding − Paid ≥ 0.
type Settlement struct {
	Paid         int64 // Σ payments − Change
	Change       int64 // given back, only ever from cash
	CashRounding int64
	Due          int64
	Status       Status
}

// CashRounding is what cash can be paid in: multiples of Increment minor units, 0 = any amount.
type CashRounding struct {
	Increment int64
	Mode      money.RoundMode
}

// Tender applies payments to a total of minor units, in order. Only when the last one is cash and settles the bill is
// what was due rounded to what cash can pay; a card after it never inherits that. A payment that is no cash and more
// than is due is over_tender, a negative one invalid_tender.
func Tender(total int64, payments []Payment, rounding CashRounding) (Settlement, error) {
	result := Settlement{Due: total}
	if total < 0 || total > money.MaxAmount {
		return Settlement{}, &Error{Code: CodeAmountOverflow, Field: "total"}
	}
	for i, payment := range payments {
		increment := int64(0)
		if payment.Cash && i == len(payments)-1 {
			increment = rounding.Increment
		}
		if code := result.add(payment, increment, rounding.Mode); code != "" {
			return Settlement{}, refusal(code, "tenders", i, "amount")
		}
	}
	switch {
	case result.Due == 0:
		result.Status = Paid
	case result.Paid > 0:
		result.Status = PartlyPaid
	default:
		result.Status = Unpaid
	}
	return result, nil
}

// add applies one payment, with what is due rounded to increment; it answers an error code or nothing.
func (s *Settlement) add(payment Payment, increment int64, mode money.RoundMode) string {
	due := money.RoundTo(s.Due, increment, mode)
	amount := payment.Amount
	switch {
	case payment.WhatIsDue:
		amount = due
	case amount < 0:
		return CodeInvalidTender
	case amount > money.MaxAmount:
		return CodeAmountOverflow
	case amount > due && !payment.Cash:
		return CodeOverTender
	}
	if amount < due && amount < s.Due { // what is left may yet be paid by card, to the cent
		s.Paid += amount
		s.Due -= amount
		return ""
	}
	kept := min(amount, due) // less than due when the exact amount was handed over where due rounds up
	s.CashRounding += kept - s.Due
	s.Change += amount - kept
	s.Paid += kept
	s.Due = 0
	return ""
}
