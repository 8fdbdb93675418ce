package billing

import (
	"math"

	"heard/domain/money"
)

// Split appends count equal parts of total minor units; they sum to it, and the first ones are larger by a unit.
func Split(dst []int64, total int64, count int) ([]int64, error) {
	if count < 1 || count > MaxLines {
		return dst, &Error{Code: CodeInvalidSplit, Field: "parts"}
	}
	var equal [MaxLines]int64
	return money.Allocate(dst, total, equal[:count]), nil
}

// SplitByWeight appends one part of total minor units per weight; they sum to it.
func SplitByWeight(dst []int64, total int64, weights []int64) ([]int64, error) {
	sum := int64(0)
	for _, weight := range weights {
		if weight < 0 || weight > math.MaxInt64-sum {
			return dst, &Error{Code: CodeInvalidSplit, Field: "weights"}
		}
		sum += weight
	}
	if len(weights) == 0 || len(weights) > MaxLines {
		return dst, &Error{Code: CodeInvalidSplit, Field: "weights"}
	}
	return money.Allocate(dst, total, weights), nil
}

// SplitByItems is what each of the guests pays of a bill's total: portions[line][guest] weighs who had a line, and
// charges and round-off follow what each had. The parts sum to the total. A line that nobody had is shared equally.
func SplitByItems(bill *Bill, portions [][]int64, guests int) ([]int64, error) {
	if len(portions) != len(bill.Lines) || guests < 1 || guests > MaxLines {
		return nil, &Error{Code: CodeInvalidSplit, Field: "portions"}
	}
	parts, rest := make([]int64, guests), bill.Total
	var shared []int64
	for i := range bill.Lines {
		if len(portions[i]) != guests {
			return nil, refusal(CodeInvalidSplit, "portions", i, "weights")
		}
		var err error
		if shared, err = SplitByWeight(shared[:0], bill.Lines[i].Total, portions[i]); err != nil {
			return nil, refusal(CodeInvalidSplit, "portions", i, "weights")
		}
		for guest, amount := range shared {
			parts[guest] += amount
		}
		rest -= bill.Lines[i].Total
	}
	for guest, amount := range money.Allocate(shared[:0], rest, parts) {
		parts[guest] += amount
	}
	return parts, nil
}
