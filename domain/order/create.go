package order

import (
	"fmt"
	"strconv"

	"heard/domain"
	"heard/domain/money"
)

// Counter is the table of an order that has none.
const Counter = "counter"

// Create places a new order.
type Create struct {
	domain.Keyed
	TableID            *string        `json:"table_id,omitempty"` // missing, null, "" → "counter"
	TableNumber        *int64         `json:"table_number,omitempty"`
	Items              []ItemRequest  `json:"items"`
	OrderType          string         `json:"order_type,omitempty"` // default dine_in
	CustomerName       string         `json:"customer_name,omitempty"`
	CustomerPhone      string         `json:"customer_phone,omitempty"`
	DiscountType       *string        `json:"discount_type,omitempty"` // amount, percent
	DiscountValue      *money.Decimal `json:"discount_value,omitempty"`
	DiscountValueMinor *int64         `json:"discount_value_minor,omitempty"`
	ClientOrderID      string         `json:"client_order_id,omitempty"` // an idempotency key where no other is given
}

// Kind names the command.
func (*Create) Kind() string { return "order.create" }

// BodyKey is the key the body carries.
func (c *Create) BodyKey() string {
	if c.IdempotencyKey != "" {
		return c.IdempotencyKey
	}
	return c.ClientOrderID
}

// KeyField names the member it stands in.
func (c *Create) KeyField() string {
	if c.IdempotencyKey != "" {
		return c.Keyed.KeyField()
	}
	return "client_order_id"
}

func (c *Create) decide(o *Order, m *Meta) (Event, *domain.Error) {
	if o != nil {
		return nil, domain.Refuse(domain.Conflict, "Order exists")
	}
	if err := m.policy().May(m.By, "create"); err != nil {
		return nil, err
	}
	if len(c.Items) == 0 {
		return nil, domain.Blame(domain.EmptyOrder, "items", "must name at least one item")
	}
	return c.created(m)
}

// created checks everything but who may and whether there is anything.
func (c *Create) created(m *Meta) (*Created, *domain.Error) {
	e := &Created{
		ID: m.NewID, Number: m.Number, Org: m.Org, TableID: Counter, Type: "dine_in",
		CustomerName: c.CustomerName, CustomerPhone: c.CustomerPhone, ClientOrderID: c.ClientOrderID,
		Currency: m.Settings.Currency, Settings: m.Settings.Version, Menu: m.Menu.Version,
		WaiterID: m.By.User, WaiterName: m.By.Name,
	}
	if c.TableID != nil && *c.TableID != "" {
		e.TableID = *c.TableID
	}
	if c.TableNumber != nil {
		e.TableNumber = *c.TableNumber
	}
	if c.OrderType != "" {
		e.Type = c.OrderType
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	var err *domain.Error
	if e.DiscountType, e.DiscountValue, err = readDiscount(c.DiscountType, c.DiscountValue, c.DiscountValueMinor, m); err != nil {
		return nil, err
	}
	e.Lines, err = readLines(c.Items, nil, 0, m)
	return e, err
}

// check refuses what cannot be kept, and makes texts what is kept of them.
func (e *Created) check() *domain.Error {
	if err := domain.CheckForeignID("table_id", e.TableID); err != nil {
		return err
	}
	if e.TableNumber < 0 || e.TableNumber > 1_000_000 {
		return domain.Blame(domain.ValidationError, "table_number", "must be 0 to 1000000")
	}
	switch e.Type {
	case "dine_in", "takeaway", "delivery", "drive_through", "curbside":
	default:
		return domain.Blame(domain.ValidationError, "order_type", "must be dine_in, takeaway, delivery, drive_through or curbside")
	}
	if e.ClientOrderID != "" {
		if err := domain.CheckForeignID("client_order_id", e.ClientOrderID); err != nil {
			return err
		}
	}
	var err *domain.Error
	if e.CustomerName, err = domain.Name("customer_name", e.CustomerName); err != nil {
		return err
	}
	e.CustomerPhone, err = domain.Name("customer_phone", e.CustomerPhone)
	return err
}

func (*Create) answer(*Order) []byte { return nil }

// Created states that an order was placed, with everything a bill needs.
type Created struct {
	ID            string        `json:"id"`
	Number        uint64        `json:"number"`
	Org           string        `json:"organization_id"`
	TableID       string        `json:"table_id"`
	TableNumber   int64         `json:"table_number"`
	Type          string        `json:"order_type"`
	Lines         []Line        `json:"items"`
	DiscountType  string        `json:"discount_type"`
	DiscountValue money.Decimal `json:"discount_value"`
	CustomerName  string        `json:"customer_name"`
	CustomerPhone string        `json:"customer_phone"`
	ClientOrderID string        `json:"client_order_id"`
	Currency      string        `json:"currency"`
	Settings      uint64        `json:"settings_version"`
	Menu          uint64        `json:"menu_version"`
	WaiterID      string        `json:"waiter_id"`
	WaiterName    string        `json:"waiter_name"`
}

// Kind names the event.
func (*Created) Kind() string { return "order.created" }

func (*Created) priced() bool { return true }

func (e *Created) evolve(o *Order) {
	*o = Order{
		ID: e.ID, Number: e.Number, Org: e.Org, TableID: e.TableID, TableNumber: e.TableNumber, Type: e.Type,
		Lines: e.Lines, LinesAdded: linesAdded(0, e.Lines),
		DiscountType: e.DiscountType, DiscountValue: e.DiscountValue,
		CustomerName: e.CustomerName, CustomerPhone: e.CustomerPhone, ClientOrderID: e.ClientOrderID,
		Figures: Figures{Currency: e.Currency}, Settings: e.Settings, Menu: e.Menu,
		WaiterID: e.WaiterID, WaiterName: e.WaiterName, Status: Pending, Payment: Unpaid,
	}
}

func (e *Created) appendJSON(b []byte, exponent uint8) []byte {
	b = domain.AppendString(append(b, `{"id":`...), e.ID)
	b = strconv.AppendUint(append(b, `,"number":`...), e.Number, 10)
	b = domain.AppendString(append(b, `,"organization_id":`...), e.Org)
	b = domain.AppendString(append(b, `,"table_id":`...), e.TableID)
	b = strconv.AppendInt(append(b, `,"table_number":`...), e.TableNumber, 10)
	b = domain.AppendString(append(b, `,"order_type":`...), e.Type)
	b = appendLines(append(b, `,"items":`...), e.Lines, exponent, false)
	b = appendDiscount(b, e.DiscountType, e.DiscountValue, exponent)
	b = appendText(b, "customer_name", e.CustomerName)
	b = appendText(b, "customer_phone", e.CustomerPhone)
	b = appendText(b, "client_order_id", e.ClientOrderID)
	b = domain.AppendString(append(b, `,"currency":`...), e.Currency)
	b = strconv.AppendUint(append(b, `,"settings_version":`...), e.Settings, 10)
	b = strconv.AppendUint(append(b, `,"menu_version":`...), e.Menu, 10)
	b = domain.AppendString(append(b, `,"waiter_id":`...), e.WaiterID)
	b = domain.AppendString(append(b, `,"waiter_name":`...), e.WaiterName)
	return append(b, '}')
}

// Preview prices an order without making it; it may be empty.
func Preview(c *Create, m *Meta) (*Order, *domain.Error) {
	e, refusal := c.created(m)
	if refusal != nil {
		return nil, refusal
	}
	return apply(nil, e, m.At, m.Settings, m.Pricer)
}

// TableOf is the table an order would be on; occupancy is the outlet's to judge.
func (c *Create) TableOf() string {
	if c.TableID == nil || *c.TableID == "" {
		return Counter
	}
	return *c.TableID
}

// ErrTableOccupied refuses a second open order on a table.
func ErrTableOccupied(table string) *domain.Error {
	return domain.Blame(domain.TableOccupied, "table_id", fmt.Sprintf("table %s has an open order", table))
}
