package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"heard/domain/money"
)

// An organisation that takes orders of the run.
type organisation struct {
	name          string
	authorization string
	currency      string
}

// openOrganisations finds the organisations the orders go to, marks each order
// with its own, and brings them to one currency before the first order: a
// price cannot be written without knowing its decimals.
func openOrganisations(ctx context.Context, c *client, o Options, orders []order) ([]organisation, money.Currency, error) {
	if o.Currency != "" {
		if _, ok := money.Lookup(o.Currency); !ok {
			return nil, money.Currency{}, fmt.Errorf("unknown currency %q", o.Currency)
		}
	}
	organisations, err := assignOrganisations(o, orders)
	if err != nil {
		return nil, money.Currency{}, err
	}
	if err := settleAll(ctx, c, organisations, o); err != nil {
		return nil, money.Currency{}, err
	}
	first := organisations[0]
	for _, other := range organisations[1:] {
		if other.currency != first.currency {
			return nil, money.Currency{}, fmt.Errorf("%s has %s but %s has %s: give one with --currency",
				first.name, first.currency, other.name, other.currency)
		}
	}
	currency, ok := money.Lookup(first.currency)
	if !ok {
		return nil, money.Currency{}, fmt.Errorf("%s has the unknown currency %q", first.name, first.currency)
	}
	return organisations, currency, nil
}

func assignOrganisations(o Options, orders []order) ([]organisation, error) {
	var organisations []organisation
	indexOf := make(map[string]int)
	for i := range orders {
		name := o.Org
		if o.OrgPerDay {
			name += "-" + orders[i].day
		}
		index, known := indexOf[name]
		if !known {
			token, err := o.Token(name)
			if err != nil {
				return nil, fmt.Errorf("token for %s: %w", name, err)
			}
			index = len(organisations)
			indexOf[name] = index
			organisations = append(organisations, organisation{name: name, authorization: "Bearer " + token})
		}
		orders[i].organisation = index
	}
	return organisations, nil
}

// settleAll sets or reads the settings of all organisations; three years of
// days are a thousand of them.
func settleAll(ctx context.Context, c *client, organisations []organisation, o Options) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	faults := make([]error, min(o.Concurrency, len(organisations)))
	for w := range faults {
		workers.Go(func() {
			x := exchange{client: c}
			for faults[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(organisations) {
					return
				}
				faults[w] = organisations[i].settle(ctx, &x, o.Currency)
			}
		})
	}
	workers.Wait()
	for _, err := range faults {
		if err != nil {
			return err // one says enough: they mostly fail alike
		}
	}
	return nil
}

func (o *organisation) settle(ctx context.Context, x *exchange, currency string) error {
	method, body := http.MethodGet, []byte(nil)
	if currency != "" {
		method = http.MethodPut
		body = append(body, `{"currency":`...)
		body = appendText(body, currency)
		body = append(body, `,"tax_classes":{},"default_tax_class":null}`...)
	}
	status, reply, err := x.call(ctx, method, "/api/settings", o.authorization, "", body)
	if err != nil {
		return fmt.Errorf("settings of %s: %w", o.name, err)
	}
	if status/100 != 2 {
		code, detail := describeProblem(status, reply)
		return fmt.Errorf("settings of %s: %s: %s", o.name, code, detail)
	}
	if o.currency = currency; currency != "" {
		return nil
	}
	var settings struct {
		Currency string `json:"currency"`
	}
	if err := json.Unmarshal(reply, &settings); err != nil {
		return fmt.Errorf("settings of %s: %w", o.name, err)
	}
	if o.currency = settings.Currency; o.currency == "" {
		return errors.New("settings of " + o.name + ": no currency in the answer")
	}
	return nil
}
