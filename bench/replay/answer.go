package replay

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heard/domain/money"
)

// placed is what the server made of an order.
type placed struct {
	currency   string
	totalMinor int64
	taxMinor   int64 // part of the total
	lines      int64
	units      Thousandths
}

// A Fault is an order that went wrong. Faults of one kind are reported once.
type Fault struct{ Kind, Text string }

func (f *Fault) Error() string { return f.Text }

type orderAnswer struct {
	Currency   string       `json:"currency"`
	TotalMinor *int64       `json:"total_minor"`
	TaxMinor   int64        `json:"tax_minor"`
	Items      []answerItem `json:"items"`
}

type answerItem struct {
	Quantity jsontext.Value `json:"quantity"`
}

// place sends one order and reads the figures of the answer. An error that is
// no *Fault means that the run was cancelled.
func (x *exchange) place(ctx context.Context, o *order, authorization string, currency money.Currency) (placed, error) {
	x.body = o.appendBody(x.body[:0], currency)
	status, body, err := x.call(ctx, http.MethodPost, "/api/orders", authorization, o.headerKey(), x.body)
	if ctx.Err() != nil && err != nil {
		return placed{}, ctx.Err()
	}
	if err != nil {
		return placed{}, &Fault{"unanswered", fmt.Sprintf("order %s: %v", o.id, err)}
	}
	if status/100 != 2 {
		code, detail := describeProblem(status, body)
		return placed{}, &Fault{code, fmt.Sprintf("order %s: %s: %s", o.id, code, detail)}
	}
	p, err := x.readPlaced(body)
	if err != nil {
		return placed{}, &Fault{"answer", fmt.Sprintf("order %s: %v", o.id, err)}
	}
	return p, nil
}

func (x *exchange) readPlaced(body []byte) (placed, error) {
	x.answer = orderAnswer{Items: x.answer.Items[:0]}
	if err := json.Unmarshal(body, &x.answer); err != nil {
		return placed{}, fmt.Errorf("reading the answer: %w", err)
	}
	if x.answer.TotalMinor == nil {
		return placed{}, fmt.Errorf("the answer has no total_minor")
	}
	p := placed{
		currency:   x.answer.Currency,
		totalMinor: *x.answer.TotalMinor,
		taxMinor:   x.answer.TaxMinor,
		lines:      int64(len(x.answer.Items)),
	}
	for i, line := range x.answer.Items {
		quantity, ok := parseThousandths(string(line.Quantity))
		if !ok {
			return placed{}, fmt.Errorf("the answer has no usable items[%d].quantity: %s", i, line.Quantity)
		}
		p.units += quantity
	}
	return p, nil
}

// describeProblem reads problem+json; of anything else it shows the beginning.
func describeProblem(status int, body []byte) (code, detail string) {
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Errors []struct {
			Field  string `json:"field"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" && problem.Detail == "" {
		const shownBytes = 200
		shown := strings.ToValidUTF8(string(body[:min(len(body), shownBytes)]), "")
		return fmt.Sprint(status), strings.TrimSpace(shown)
	}
	detail = problem.Detail
	for _, e := range problem.Errors {
		detail += fmt.Sprintf(" (%s: %s)", e.Field, e.Detail)
	}
	return strings.TrimSpace(fmt.Sprint(status, " ", problem.Code)), detail
}
