package money

// RoundMode says which multiple of an increment an amount goes to.
type RoundMode uint8

const (
	HalfUp RoundMode = iota // the nearest, halves away from zero
	Up                      // away from zero
	Down                    // towards zero
)

// RoundTo is the multiple of increment that amount goes to, both in the same unit; an increment ≤ 0 leaves the
// amount as it is. |amount| + increment must fit an int64, which amounts up to MaxAmount do.
func RoundTo(amount, increment int64, mode RoundMode) int64 {
	if increment <= 0 {
		return amount
	}
	if amount < 0 {
		return -RoundTo(-amount, increment, mode)
	}
	rest := amount % increment
	down := amount - rest
	switch {
	case rest == 0, mode == Down:
		return down
	case mode == Up, rest >= increment-rest:
		return down + increment
	}
	return down
}
