// Package money holds exact amounts: 64-bit minor units (cents, paise, fils) with the number of decimals of an
// ISO 4217 currency, and the few integer operations a bill is made of.
//
// It knows nothing about bills, orders or storage, imports only the standard library, and never uses a float: an
// amount that passed through one may come back a unit away from what the guest was told.
package money

// MaxAmount is the largest amount in minor units that the product accepts, 2⁵³−1: the largest integer which
// JavaScript clients can hold exactly.
const MaxAmount = 1<<53 - 1
