package load

import (
	"errors"
	"slices"
)

// maxFaults is how many kinds of faults are kept, each with its first text.
const maxFaults = 8

// A Fault is a request that got no good answer.
type Fault struct {
	Kind     string // what it is counted under, such as "POST /api/orders: 503 OVERLOADED"
	Text     string // more about this one; "" = nothing
	Answered bool   // by the target, however wrongly
}

func (f *Fault) Error() string {
	if f.Text == "" {
		return f.Kind
	}
	return f.Kind + ": " + f.Text
}

// FaultCount is how often a kind of fault came.
type FaultCount struct {
	First string `json:"first"` // the first one's text
	Count int64  `json:"count"`

	kind string
}

// faults keep the first of each kind; kinds past the bound share one row.
type faults []FaultCount

func (f *faults) add(err error) {
	kind, text := err.Error(), err.Error()
	if fault, ok := errors.AsType[*Fault](err); ok {
		kind = fault.Kind
	}
	f.addCount(FaultCount{text, 1, kind})
}

func (f *faults) addCount(add FaultCount) {
	if len(*f) >= maxFaults && !slices.ContainsFunc(*f, func(c FaultCount) bool { return c.kind == add.kind }) {
		add.kind, add.First = "", "of other kinds"
	}
	for i := range *f {
		if (*f)[i].kind == add.kind {
			(*f)[i].Count += add.Count
			return
		}
	}
	*f = append(*f, add)
}
