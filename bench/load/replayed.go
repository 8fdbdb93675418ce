package load

import (
	"fmt"
	"io"
)

// Replayed is what a server made of a file of orders.
type Replayed struct {
	Organisations int    `json:"organisations"`
	Orders        int64  `json:"orders"`
	Lines         int64  `json:"lines"`
	RevenueMinor  int64  `json:"revenue_minor"`
	Currency      string `json:"currency"`
	SHA256        string `json:"sha256"` // of the orders' totals, as heard replay has it
}

func (p *Replayed) details(w io.Writer) {
	fmt.Fprintf(w, "replayed %d orders of %d lines in %d organisations, %d minor units %s, sha256 %s\n", p.Orders, p.Lines, p.Organisations, p.RevenueMinor, p.Currency, p.SHA256)
}
