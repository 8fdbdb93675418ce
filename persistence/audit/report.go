package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Report is what an audit found.
type Report struct {
	Checks        []Check `json:"checks"` // always all of them, in the same order
	Organisations int64   `json:"organisations"`
	Records       int64   `json:"records"`
	Orders        int64   `json:"orders"`
	Undrained     int64   `json:"undrained"` // records the Store does not have yet; an engine drains them at its start
}

// Check is one claim about the log and the Store.
type Check struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Count    int64  `json:"count"` // how many things were checked
	Unit     string `json:"unit"`  // what they are
	Failures int64  `json:"failures,omitempty"`
	Offender string `json:"offender,omitempty"` // the first that failed: organisation, seq, order
	Detail   string `json:"detail,omitempty"`   // what is wrong with it, or a remark where the check passed
}

// OK reports whether every check passed.
func (r Report) OK() bool {
	for i := range r.Checks {
		if !r.Checks[i].Passed {
			return false
		}
	}
	return len(r.Checks) > 0
}

// MarshalJSON adds the verdict to the fields.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	return json.Marshal(struct {
		OK bool `json:"ok"`
		plain
	}{r.OK(), plain(r)})
}

// WriteText writes one line for each check.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Checks {
		c := &r.Checks[i]
		verdict := "ok"
		if !c.Passed {
			verdict = "FAIL"
		}
		fmt.Fprintf(&b, "%-4s %-21s %15s %s", verdict, c.Name, grouped(c.Count), c.Unit)
		if !c.Passed {
			fmt.Fprintf(&b, "  %s: %s", c.Offender, c.Detail)
			if c.Failures > 1 {
				fmt.Fprintf(&b, " (the first of %s)", grouped(c.Failures))
			}
		} else if c.Detail != "" {
			fmt.Fprintf(&b, "  (%s)", c.Detail)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grouped writes 12345 as 12 345.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}

func (a *audit) report() Report {
	r := Report{Organisations: a.seen, Records: a.records, Orders: a.orders, Undrained: a.undrained}
	for i := range a.checks {
		c := a.checks[i].Check
		c.Passed = c.Failures == 0
		r.Checks = append(r.Checks, c)
	}
	if c := &r.Checks[viewEqual]; c.Passed && a.undrained > 0 {
		c.Detail = fmt.Sprintf("%s records of %s organisations are not drained yet", grouped(a.undrained), grouped(a.behind))
	}
	return r
}
