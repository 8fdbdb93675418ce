package billing

import (
	"math/bits"
	"slices"
)

// spread hands an amount out to entries by largest remainder, as money.Allocate does for entries sorted by amount
// downwards, class, inclusive and position, but without sorting: the order only decides between equal remainders.
type spread struct {
	members    []int32 // entries
	weights    []int64 // their amounts
	shares     []int64 // the result
	remainders []uint64
	order      []int32
}

// divide fills shares with parts of total in proportion to weights, whose sum is given; 0 ≤ total, and 0 when the sum
// is. The weights are the amounts of the members.
func (c *Calculator) divide(total, sum int64, members []int32, weights []int64) {
	s := &c.spread
	s.members, s.weights, s.shares = members, weights, sized(s.shares, len(weights))
	switch {
	case total == 0:
		clear(s.shares)
	case total == sum:
		copy(s.shares, weights)
	case len(weights) == 1:
		s.shares[0] = total
	default:
		c.award(s.floors(uint64(total), uint64(sum)))
	}
}

// floors fills shares with the whole units and remainders with what they fall short, and answers the units that are
// not handed out yet.
func (s *spread) floors(total, sum uint64) int {
	s.remainders = sized(s.remainders, len(s.weights))
	weights, remainders := s.weights, s.remainders[:len(s.weights)]
	shares, left := s.shares[:len(s.weights)], total
	high, _ := bits.Mul64(total, sum)
	if high > 0 {
		for i, weight := range weights {
			high, low := bits.Mul64(total, uint64(weight))
			quotient, remainder := bits.Div64(high, low, sum)
			shares[i], remainders[i] = int64(quotient), remainder
			left -= quotient
		}
		return int(left)
	}
	// One division serves all: with ⌊(2⁶⁴−1)/sum⌋ as the inverse, the quotient is right or one too small.
	inverse := ^uint64(0) / sum
	for i, weight := range weights {
		product := total * uint64(weight)
		quotient, _ := bits.Mul64(product, inverse)
		remainder := product - quotient*sum
		if remainder >= sum {
			quotient, remainder = quotient+1, remainder-sum
		}
		shares[i], remainders[i] = int64(quotient), remainder
		left -= quotient
	}
	return int(left)
}

// award adds one unit to the count shares with the largest remainders. There are more than count remainders above 0.
func (c *Calculator) award(count int) {
	s := &c.spread
	if count*len(s.members) > 1024 {
		c.awardSorted(count)
		return
	}
	remainders := s.remainders
	for ; count > 0; count-- {
		best, largest := 0, uint64(0)
		for i, remainder := range remainders {
			if remainder < largest {
				continue
			}
			if remainder > largest || remainder > 0 && c.before(s.members[i], s.members[best]) {
				best, largest = i, remainder
			}
		}
		s.shares[best]++
		remainders[best] = 0
	}
}

// awardSorted is award for long bills.
func (c *Calculator) awardSorted(count int) {
	s := &c.spread
	s.order = sized(s.order, len(s.members))
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		switch {
		case s.remainders[a] > s.remainders[b]:
			return -1
		case s.remainders[a] < s.remainders[b]:
			return 1
		case a == b:
			return 0
		case c.before(s.members[a], s.members[b]):
			return -1
		}
		return 1
	})
	for _, i := range s.order[:count] {
		s.shares[i]++
	}
}

// before is the order in which entries get the units that equal remainders leave: by amount downwards, class name,
// exclusive before inclusive, then position. It depends on what the lines are, not on how they are numbered, so that
// no total depends on the order of lines.
func (c *Calculator) before(a, b int32) bool {
	if c.amounts[a] != c.amounts[b] {
		return c.amounts[a] > c.amounts[b]
	}
	firstClass, firstInclusive := c.sidesOf(a)
	secondClass, secondInclusive := c.sidesOf(b)
	switch {
	case firstClass != secondClass:
		return c.classBefore(firstClass, secondClass)
	case firstInclusive != secondInclusive:
		return secondInclusive
	}
	return a < b
}

// classBefore orders two different classes: untaxed, then by name.
func (c *Calculator) classBefore(a, b int) bool {
	if a < 0 || b < 0 {
		return a < 0
	}
	if first, second := c.in.Classes[a].Name, c.in.Classes[b].Name; first != second {
		return first < second
	}
	return a < b
}
