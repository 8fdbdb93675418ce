// Package order decides what may happen to an order. Each command has a file of
// its own: what is asked, when it is refused, what then happened, what changed.
package order

import (
	"slices"

	"heard/domain"
	"heard/domain/money"
)

// Order is the state of one order. Its JSON tags read an image back; AppendJSON
// writes one. A committed Order is never changed: evolving works on a copy.
type Order struct {
	ID            string        `json:"id"`
	Number        uint64        `json:"number"` // 1, 2, 3 … per organisation, never reset
	Org           string        `json:"organization_id"`
	TableID       string        `json:"table_id"`
	TableNumber   int64         `json:"table_number"`
	Type          string        `json:"order_type"`
	Lines         []Line        `json:"items"`
	LinesAdded    int           `json:"lines_added"` // ever, and no less than the highest lN: our line ids are never used again
	DiscountType  string        `json:"discount_type"`
	DiscountValue money.Decimal `json:"discount_value"`
	Figures
	CustomerName  string     `json:"customer_name"`
	CustomerPhone string     `json:"customer_phone"`
	ClientOrderID string     `json:"client_order_id"`
	Status        Status     `json:"status"`
	CancelReason  string     `json:"cancel_reason"`
	WaiterID      string     `json:"waiter_id"`
	WaiterName    string     `json:"waiter_name"`
	Settings      uint64     `json:"settings_version"`   // it was made under, and is priced by
	Menu          uint64     `json:"menu_version"`       // it was made from
	Joined        []TaxClass `json:"joined_tax_classes"` // came later than the settings
	Version       uint64     `json:"version"`
	CreatedAt     Time       `json:"created_at"`
	UpdatedAt     Time       `json:"updated_at"`
	Payment       Payment    `json:"payment_status"`
}

// Line is one item of an order. Its id is stable: nothing is ever replaced.
type Line struct {
	ID        string     `json:"line_id"`
	Item      string     `json:"menu_item_id"` // "" = open item
	Name      string     `json:"name"`
	Quantity  Quantity   `json:"quantity"`
	Added     Quantity   `json:"added"`       // of Quantity: came after the kitchen had the order, and was not made since
	Price     int64      `json:"price_minor"` // of one unit, without modifiers, minor units
	Modifiers []Modifier `json:"modifiers"`
	Notes     string     `json:"notes"`
	Course    string     `json:"course"`
	Seat      int64      `json:"seat"`
	TaxClass  string     `json:"tax_class"`    // "" = untaxed
	Amount    int64      `json:"amount_minor"` // quantity × (price + modifiers), in menu-price terms
}

// Modifier is a change to an item with its price for one unit, minor units.
type Modifier struct {
	Name  string `json:"name"`
	Price int64  `json:"price_minor"`
}

// Figures are what the calculator made of an order, in minor units.
type Figures struct {
	Currency    string        `json:"currency"`
	Subtotal    int64         `json:"subtotal_minor"`
	Discount    int64         `json:"discount_minor"`
	Charges     []ChargeLine  `json:"charges"`
	TaxIncluded int64         `json:"tax_included_minor"`
	Tax         int64         `json:"tax_minor"`
	TaxRate     money.Decimal `json:"tax_rate"` // percent, for display
	Taxes       []TaxLine     `json:"taxes"`
	RoundOff    int64         `json:"round_off_minor"`
	Total       int64         `json:"total_minor"`
}

// ChargeLine is a charge as it came out.
type ChargeLine struct {
	Code   string `json:"code"`
	Amount int64  `json:"amount_minor"`
}

// TaxLine is one tax of the whole bill.
type TaxLine struct {
	Code   string        `json:"code"`
	Rate   money.Decimal `json:"rate"` // percent
	Base   int64         `json:"base_minor"`
	Amount int64         `json:"amount_minor"`
}

// Status is where an order is between kitchen and guest.
type Status string

const (
	Pending   Status = "pending" // not fired
	Preparing Status = "preparing"
	Ready     Status = "ready"
	Served    Status = "served"
	Completed Status = "completed"
	Cancelled Status = "cancelled"
)

// Statuses lists every status in the order a dish goes through them.
func Statuses() []Status {
	return []Status{Pending, Preparing, Ready, Served, Completed, Cancelled}
}

// Open reports whether the order can still change.
func (s Status) Open() bool { return s != Completed && s != Cancelled }

// fired reports whether the kitchen has the order.
func (s Status) fired() bool { return s == Preparing || s == Ready || s == Served }

// made reports whether everything on the order is cooked.
func (s Status) made() bool { return s == Ready || s == Served || s == Completed }

// rank orders the open statuses and completed; cancelled has none.
func (s Status) rank() int {
	for i, other := range Statuses() {
		if s == other {
			return i
		}
	}
	return -1
}

// Payment is the state of the money, apart from the state of the food.
type Payment string

// Unpaid is the only payment state until tenders are taken.
const Unpaid Payment = "unpaid"

// Payments lists every payment state there is.
func Payments() []Payment { return []Payment{Unpaid} }

// Line ids given by us are l1, l2, … in the order lines were added.
const ownLinePrefix = "l"

// unitPrice is that of one unit with its modifiers, minor units.
func (l *Line) unitPrice() int64 {
	price := l.Price
	for _, m := range l.Modifiers {
		price += m.Price
	}
	return price
}

// fired reports whether the kitchen has the order, or had it before it was
// recalled: then its marks are still there.
func (o *Order) fired() bool {
	return o.Status.fired() || slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Added != 0 })
}

func (o *Order) line(id string) (int, *domain.Error) {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return i, nil
		}
	}
	return 0, domain.Refuse(domain.LineNotFound, "Line not found")
}

// requireOpen refuses changes to an order that is closed.
func (o *Order) requireOpen() *domain.Error {
	if o.Status.Open() {
		return nil
	}
	return domain.Refuse(domain.OrderClosed, "Order is "+string(o.Status))
}
