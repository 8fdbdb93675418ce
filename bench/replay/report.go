package replay

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"heard/domain/money"
)

// A Report holds the figures of the server's answers; its JSON form is the
// contract's. Latencies are those of orders answered with 2xx, repeats included.
type Report struct {
	Orders       int64       `json:"orders"`
	Lines        int64       `json:"lines"`
	Units        Thousandths `json:"units"`
	RevenueMinor int64       `json:"revenue_minor"`
	Currency     string      `json:"currency"`
	Errors       int64       `json:"errors"`
	TotalsDiffer int64       `json:"totals_differ,omitzero"` // of the errors: orders that are placed
	SHA256       string      `json:"sha256"`
	Latency      LatencyMS   `json:"latency_ms"`

	FirstErrors []string `json:"-"` // the first of each kind, at most 5
}

// LatencyMS is written in milliseconds.
type LatencyMS struct {
	P50 Microseconds `json:"p50"`
	P90 Microseconds `json:"p90"`
	P99 Microseconds `json:"p99"`
	Max Microseconds `json:"max"`
}

// Microseconds are written as milliseconds with three decimals.
type Microseconds int64

// MarshalJSON writes 1500 as 1.500.
func (m Microseconds) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

func (m Microseconds) String() string { return fmt.Sprintf("%d.%03d", m/1000, m%1000) }

// Thousandths count units of which three decimals can be sold.
type Thousandths int64

// MarshalJSON writes 2000 as 2 and 1500 as 1.5.
func (t Thousandths) MarshalJSON() ([]byte, error) { return []byte(t.String()), nil }

func (t Thousandths) String() string {
	text := money.AppendMinor(nil, int64(t), 3)
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return string(text)
}

// WriteText prints the report for a reader.
func (r Report) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(table, "%s\t%s\n", name, value) }
	row("orders", strconv.FormatInt(r.Orders, 10))
	row("lines", strconv.FormatInt(r.Lines, 10))
	row("units", r.Units.String())
	row("revenue", r.revenue())
	errors := strconv.FormatInt(r.Errors, 10)
	if r.TotalsDiffer > 0 {
		errors += fmt.Sprintf(", of them %d totals that differ, of orders that are placed", r.TotalsDiffer)
	}
	row("errors", errors)
	row("sha256", r.SHA256)
	row("latency ms", fmt.Sprintf("p50 %v  p90 %v  p99 %v  max %v",
		r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.Max))
	for i, text := range r.FirstErrors {
		name := ""
		if i == 0 {
			name = "first errors"
		}
		row(name, text)
	}
	return table.Flush()
}

// Trouble says in a line what was not as in the file; "" = nothing.
func (r Report) Trouble() string {
	if r.Errors == 0 {
		return ""
	}
	text := fmt.Sprintf("placed %d", r.Orders)
	if r.TotalsDiffer > 0 {
		text += fmt.Sprintf(", %d totals differ", r.TotalsDiffer)
	}
	if others := r.Errors - r.TotalsDiffer; others > 0 {
		text += fmt.Sprintf(", %d errors", others)
	}
	return text
}

func (r Report) revenue() string {
	currency, ok := money.Lookup(r.Currency)
	if !ok {
		return fmt.Sprintf("%d minor units %s", r.RevenueMinor, r.Currency)
	}
	return string(money.AppendMinor(nil, r.RevenueMinor, currency.Exponent)) + " " + r.Currency
}
