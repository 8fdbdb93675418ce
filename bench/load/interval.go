package load

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence of every interval here.
const confidence = 0.95

// An Interval is a mean over pairs and where the true one lies, with 95 %
// confidence. Of ratios it is the geometric mean, by Student's t on their
// logarithms, so that A over B and B over A tell the same; of differences the
// mean, by Student's t.
type Interval struct {
	Mean  float64 `json:"mean"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Pairs int     `json:"pairs"` // that have the figure; below 2 there are no ends
}

// ratio is a over b, pair by pair. Pairs in which one is missing are left out.
func ratio(a, b []float64) Interval {
	var logs []float64
	for i := range a {
		if a[i] > 0 && b[i] > 0 {
			logs = append(logs, math.Log(a[i]/b[i]))
		}
	}
	r := student(logs)
	if r.Pairs > 0 {
		r.Mean, r.Low, r.High = math.Exp(r.Mean), math.Exp(r.Low), math.Exp(r.High)
	}
	return r
}

// difference is a less b, pair by pair.
func difference(a, b []float64) Interval {
	var d []float64
	for i := range a {
		if a[i] > 0 && b[i] > 0 {
			d = append(d, a[i]-b[i])
		}
	}
	return student(d)
}

func student(values []float64) Interval {
	n := len(values)
	if n == 0 {
		return Interval{}
	}
	if n == 1 {
		return Interval{values[0], values[0], values[0], 1}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - (1-confidence)/2)
	off := t * deviation / math.Sqrt(float64(n))
	return Interval{mean, mean - off, mean + off, n}
}

// text prints the mean and, where there are ends, these.
func (i Interval) text(format string) string {
	switch {
	case i.Pairs == 0:
		return "-"
	case i.Pairs == 1:
		return fmt.Sprintf(format+" (one pair)", i.Mean)
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", i.Mean, i.Low, i.High)
}
