package replay

import (
	"fmt"
	"sync"
	"time"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	maxLatency         = time.Hour // longer ones are recorded as this
	significantFigures = 3
	maxFirstErrors     = 5
)

// A tally adds up the answers. Workers share it.
type tally struct {
	mu       sync.Mutex
	orders   []order
	same     []int // for each order, the first one with its organisation and id
	total    []int64
	accepted []bool
	currency string
	progress func(done, total int)
	done     int

	figures   Report
	faults    []faultCount
	latencies *hdrhistogram.Histogram // microseconds
}

type faultCount struct {
	first *Fault
	count int
}

func newTally(orders []order, currency string, progress func(done, total int)) *tally {
	t := &tally{
		orders:    orders,
		same:      make([]int, len(orders)),
		total:     make([]int64, len(orders)),
		accepted:  make([]bool, len(orders)),
		currency:  currency,
		progress:  progress,
		figures:   Report{Currency: currency},
		latencies: hdrhistogram.New(1, maxLatency.Microseconds(), significantFigures),
	}
	type key struct {
		organisation int
		id           string
	}
	firsts := make(map[key]int, len(orders))
	for i := range orders {
		k := key{orders[i].organisation, orders[i].id}
		first, repeated := firsts[k]
		if !repeated {
			first = i
			firsts[k] = i
		}
		t.same[i] = first
	}
	return t
}

// accept adds a 2xx answer. An id that stands in the file twice is one order
// that was sent twice: it counts once, and both answers must agree. The first
// thing that is wrong with it is returned, all are counted.
func (t *tally) accept(i int, p placed, latency time.Duration) (wrong error) {
	count := func(f *Fault) {
		t.count(f)
		if wrong == nil {
			wrong = f
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish(latency)
	o, first := &t.orders[i], t.same[i]
	if p.currency != t.currency {
		count(&Fault{"currency", fmt.Sprintf("order %s: the answer is in %q, not %s", o.id, p.currency, t.currency)})
	}
	if o.hasTotal && o.totalMinor != p.totalMinor {
		count(otherTotal(o, p))
		t.figures.TotalsDiffer++
	}
	if t.accepted[first] {
		if t.total[first] != p.totalMinor {
			count(&Fault{"key", fmt.Sprintf("order %s: two answers to one key, total_minor %d and %d",
				o.id, t.total[first], p.totalMinor)})
		}
		return wrong
	}
	t.accepted[first], t.total[first] = true, p.totalMinor
	t.figures.Orders++
	t.figures.Lines += p.lines
	t.figures.Units += p.units
	t.figures.RevenueMinor += p.totalMinor
	return wrong
}

// otherTotal says when tax is all the difference: an organisation has some until
// it is set up without, and that is not a wrong bill.
func otherTotal(o *order, p placed) *Fault {
	f := &Fault{"total", fmt.Sprintf("order %s: total_minor is %d in the file but %d in the answer", o.id, o.totalMinor, p.totalMinor)}
	if p.taxMinor != 0 && p.totalMinor-p.taxMinor == o.totalMinor {
		f.Kind = "tax"
		f.Text += fmt.Sprintf(", %d of them tax: --currency sets the organisation up without tax", p.taxMinor)
	}
	return f
}

// reject counts an order that was refused or got no usable answer.
func (t *tally) reject(f *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(f)
	t.advance()
}

func (t *tally) finish(latency time.Duration) {
	latency = min(max(latency, time.Microsecond), maxLatency)
	// Cannot fail: the value was brought into the histogram's range.
	_ = t.latencies.RecordValue(latency.Microseconds())
	t.figures.Latency.Max = max(t.figures.Latency.Max, Microseconds(latency.Microseconds()))
	t.advance()
}

func (t *tally) advance() {
	t.done++
	if t.progress != nil {
		t.progress(t.done, len(t.orders))
	}
}

func (t *tally) count(f *Fault) {
	t.figures.Errors++
	for i := range t.faults {
		if t.faults[i].first.Kind == f.Kind {
			t.faults[i].count++
			return
		}
	}
	t.faults = append(t.faults, faultCount{first: f, count: 1})
}

func (t *tally) report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.figures
	var totals []orderTotal
	for i := range t.orders {
		if t.accepted[i] {
			totals = append(totals, orderTotal{t.orders[i].id, t.total[i]})
		}
	}
	r.SHA256 = digest(totals)
	for _, f := range t.faults[:min(len(t.faults), maxFirstErrors)] {
		text := f.first.Text
		if f.count > 1 {
			text += fmt.Sprintf(" (and %d more of this kind)", f.count-1)
		}
		r.FirstErrors = append(r.FirstErrors, text)
	}
	if r.Latency.Max > 0 {
		quantile := func(percent float64) Microseconds {
			return min(Microseconds(t.latencies.ValueAtQuantile(percent)), r.Latency.Max)
		}
		r.Latency.P50, r.Latency.P90, r.Latency.P99 = quantile(50), quantile(90), quantile(99)
	}
	return r
}
