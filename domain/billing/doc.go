// Package billing computes what a guest owes: gross amounts, discounts, charges, taxes on a price or inside it, the
// round-off, and afterwards tenders, splits and refunds. Every step is exact integer arithmetic with one rounding,
// halves away from zero, so that the same input gives the same bill on every machine and for ever.
//
// It is pure: no clock, no input or output, no state between calls but reusable memory. It may import only the
// standard library and domain/money. Amounts are int64 minor units of one currency whose code and exponent it does
// not need to know, except for words in Explain.
package billing
