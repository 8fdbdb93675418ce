package billing

import "heard/domain/money"

// Refund is the part of amount, in minor units, that goes back when before of quantity units were refunded already
// and count more are now; quantities in thousandths. It rounds what is refunded so far, not the part, so that any
// sequence of refunds sums to the amount exactly. More than is left is over_refund.
//
// Apply it to the net and to every tax of a line apart. A round-off goes back whole, with the last unit.
func Refund(amount, quantity, before, count int64) (int64, error) {
	if quantity <= 0 || before < 0 || count < 0 {
		return 0, &Error{Code: CodeInvalidLine, Field: "quantity"}
	}
	if before > quantity || count > quantity-before {
		return 0, &Error{Code: CodeOverRefund, Field: "quantity"}
	}
	done, _ := money.MulDiv(amount, before, quantity)
	after, _ := money.MulDiv(amount, before+count, quantity)
	return after - done, nil
}

// Credit is a line of a credit note, in minor units and positive. Total = Net + Tax, and Tax = Σ Taxes, exactly.
type Credit struct {
	Net   int64
	Tax   int64
	Total int64
	Taxes []int64 // in the order of the class's components
}

// RefundLine is the credit for count units of a line: its net and every tax by Refund, and the sums of those.
func RefundLine(share *Share, quantity, before, count int64) (Credit, error) {
	net, err := Refund(share.Net, quantity, before, count)
	if err != nil {
		return Credit{}, err
	}
	credit := Credit{Net: net, Taxes: make([]int64, len(share.Taxes))}
	for k, tax := range share.Taxes {
		credit.Taxes[k], _ = Refund(tax, quantity, before, count) // refused above, if at all
		credit.Tax += credit.Taxes[k]
	}
	credit.Total = credit.Net + credit.Tax
	return credit, nil
}
