package replay

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
)

// rehearse asks for the bill of the first order that has a total, and places
// nothing. An organisation that adds tax or charges to what the file's lines come
// to does so with every order: better one line now than all of them on its
// screens, with no way to take them away. Whatever else is wrong is said of each
// order as it is placed.
func (r *Replay) rehearse(ctx context.Context) error {
	for i := range r.orders {
		if o := &r.orders[i]; o.hasTotal {
			return r.rehearseOrder(ctx, o, &r.organisations[o.organisation])
		}
	}
	return nil
}

func (r *Replay) rehearseOrder(ctx context.Context, o *order, at *organisation) error {
	x := exchange{client: r.client}
	status, body, err := x.call(ctx, http.MethodPost, "/api/orders/calculate", at.authorization, "", o.appendBody(nil, r.currency))
	if err != nil {
		return fmt.Errorf("asking for the bill of order %s: %w", o.id, err)
	}
	var bill struct {
		Subtotal *int64 `json:"subtotal_minor"`
		Total    int64  `json:"total_minor"`
		Tax      int64  `json:"tax_minor"`
	}
	if status/100 != 2 || json.Unmarshal(body, &bill) != nil || bill.Subtotal == nil {
		return nil // not every server with our paths calculates
	}
	if bill.Total == o.totalMinor || *bill.Subtotal != o.totalMinor {
		return nil
	}
	return fmt.Errorf("%s bills otherwise than the file, so nothing was placed: %w (--totals-may-differ places all the same)",
		at.name, otherTotal(o, placed{totalMinor: bill.Total, taxMinor: bill.Tax}))
}
