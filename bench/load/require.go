package load

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Requirement is what a figure of a run must come to.
type Requirement struct {
	text   string
	Figure string  // its name in the report
	sign   string  // < <= > >= =
	value  float64 // in the report's unit, or percent
	// share: of the requests, in percent. relative: what the second report may
	// differ from the first, in percent.
	share, relative bool
}

var requirement = regexp.MustCompile(`^\s*([\w.]+)\s*(<=|>=|<|>|=)\s*([+-]?)(\d+(?:\.\d+)?)\s*(\S*)\s*$`)

// ParseRequirement reads p99<5ms, errors<0.1% or, for comparisons, p99<+20%. known
// are the figures that there will be.
func ParseRequirement(text string, known []string) (Requirement, error) {
	parts := requirement.FindStringSubmatch(text)
	if parts == nil {
		return Requirement{}, fmt.Errorf("%q: want a figure, one of < <= > >= =, and a number with its unit, such as p99<5ms", text)
	}
	name, sign, plus, unit := parts[1], parts[2], parts[3], parts[5]
	r := Requirement{text: strings.TrimSpace(text), Figure: cmp.Or(shortNames[name], name), sign: sign}
	if !slices.Contains(known, r.Figure) {
		return Requirement{}, fmt.Errorf("%q: there is no figure %s here; there are %s, and by their names in the report of --json all others that this scenario has, such as %s",
			text, name, strings.Join(slices.Sorted(maps.Keys(shortNames)), ", "), known[len(known)-1])
	}
	var err error
	if r.value, err = strconv.ParseFloat(plus+parts[4], 64); err != nil {
		return Requirement{}, fmt.Errorf("%q: %w", text, err)
	}
	units := unitsOf(r.Figure)
	scale, ok := units[unit]
	switch {
	case unit == "%" && plus != "":
		r.relative = true
	case unit == "%" && slices.Contains(shared, r.Figure):
		r.share = true
	case !ok:
		return Requirement{}, fmt.Errorf("%q: %s is no unit of %s, which is in %s", text, unit, name, units.choice(r.Figure))
	default:
		r.value *= scale
	}
	return r, nil
}

// Relative requirements are of two reports.
func (r Requirement) Relative() bool { return r.relative }

// A Judgement is what a run came to.
type Judgement struct {
	Required string `json:"required"`
	Run      string `json:"run,omitempty"` // where there are several
	Came     string `json:"came"`          // in the unit that was asked for
	Met      bool   `json:"met"`
}

func (j Judgement) String() string {
	text := j.Required
	if j.Run != "" {
		text = j.Run + ": " + text
	}
	return fmt.Sprintf("%s: it is %s", text, j.Came)
}

// judge holds a requirement against the figures of a run, and of the one before
// where it is relative.
func (r Requirement) judge(now, before map[string]float64) Judgement {
	j := Judgement{Required: r.text, Came: "not measured"}
	is, ok := now[r.Figure]
	was, known := before[r.Figure]
	switch {
	case !ok || r.relative && !known:
		return j
	case r.relative:
		is = change(was, is)
		j.Came = fmt.Sprintf("%+.3g%%", is)
	case r.share:
		is = 100 * is / max(1, now["requests"])
		j.Came = fmt.Sprintf("%.3g%%", is)
	default:
		j.Came = strconv.FormatFloat(math.Round(is*1000)/1000, 'f', -1, 64) + unitsOf(r.Figure).own()
	}
	switch sides := cmp.Compare(is, r.value); r.sign {
	case "<":
		j.Met = sides < 0
	case "<=":
		j.Met = sides <= 0
	case ">":
		j.Met = sides > 0
	case ">=":
		j.Met = sides >= 0
	default:
		j.Met = sides == 0
	}
	return j
}

// change is how much b is beyond a, in percent; what was nothing and is something
// is beyond all measure.
func change(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Round((b/a-1)*1e11) / 1e9 // 20 % is 20, and no 20.000000000000018
}

// Judge holds the report's runs against what is required, relative requirements
// against the same runs of another report: of a curve its peak, of two sides ours.
func (r *Report) Judge(requirements []Requirement, before *Report) {
	runs := r.Runs
	if r.Kind == Curved || r.Versus != nil {
		runs = runs[:1]
	}
	for i := range runs {
		now, then := runs[i].Figures(r.Versus), map[string]float64(nil)
		if before != nil {
			then = before.likewise(&runs[i])
		}
		for _, required := range requirements {
			j := required.judge(now, then)
			if len(runs) > 1 {
				j.Run = runs[i].Label
			}
			r.Required = append(r.Required, j)
		}
	}
}

// likewise are the figures of the run at the same place.
func (r *Report) likewise(run *Result) map[string]float64 {
	for i := range r.Runs {
		if r.Runs[i].step() == run.step() {
			return r.Runs[i].Figures(r.Versus)
		}
	}
	return nil
}

// Missed are the requirements that were not met.
func (r *Report) Missed() (missed []string) {
	for _, j := range r.Required {
		if !j.Met {
			missed = append(missed, j.String())
		}
	}
	return missed
}

// WriteRequired prints what was required and what came of it.
func (r *Report) WriteRequired(w io.Writer) (err error) {
	for _, j := range r.Required {
		met := "REQUIRED, MISSED"
		if j.Met {
			met = "required, met"
		}
		_, more := fmt.Fprintf(w, "%s: %v\n", met, j)
		err = errors.Join(err, more)
	}
	return err
}
