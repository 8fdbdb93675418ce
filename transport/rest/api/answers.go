package api

import (
	"encoding/json"

	"heard/domain"
	"heard/domain/order"
)

// The types of this and the next files are what calls answer, for the document
// alone: the encoders of domain write the JSON, and every answer that a test gets
// is held against these. A member without omitempty is always written.

type (
	amount int64  // two members: the decimal and its integer twin
	moment string // RFC 3339 in UTC with milliseconds
	word   string // of a closed list: a member of this type is given one by the vocabulary
)

// Order is what order.Order.AppendJSON writes, cut by order.View.
type Order struct {
	ID              string        `json:"id"`
	OrderID         string        `json:"order_id"`
	Number          uint64        `json:"number"`
	Org             string        `json:"organization_id"`
	TableID         string        `json:"table_id"`
	TableNumber     int64         `json:"table_number"`
	Type            word          `json:"order_type"`
	Items           []Line        `json:"items"`
	LinesAdded      int           `json:"lines_added"`
	Joined          []JoinedClass `json:"joined_tax_classes,omitempty"`
	Currency        string        `json:"currency"`
	Subtotal        amount        `json:"subtotal"`
	Discount        amount        `json:"discount"`
	Charges         []Charge      `json:"charges,omitempty"`
	Tax             amount        `json:"tax"`
	TaxIncluded     amount        `json:"tax_included"`
	TaxRate         float64       `json:"tax_rate"`
	Taxes           []Tax         `json:"taxes"`
	RoundOff        amount        `json:"round_off"`
	Total           amount        `json:"total"`
	DiscountType    word          `json:"discount_type,omitempty"`
	DiscountValue   float64       `json:"discount_value,omitempty"`
	DiscountMinor   int64         `json:"discount_value_minor,omitempty"`
	CustomerName    string        `json:"customer_name,omitempty"`
	CustomerPhone   string        `json:"customer_phone,omitempty"`
	ClientOrderID   string        `json:"client_order_id,omitempty"`
	Status          order.Status  `json:"status"`
	CancelReason    string        `json:"cancel_reason,omitempty"`
	WaiterID        string        `json:"waiter_id"`
	WaiterName      string        `json:"waiter_name"`
	SettingsVersion uint64        `json:"settings_version"`
	MenuVersion     uint64        `json:"menu_version"`
	Version         uint64        `json:"version"`
	CreatedAt       moment        `json:"created_at"`
	UpdatedAt       moment        `json:"updated_at"`
	PaymentStatus   order.Payment `json:"payment_status,omitempty"` // not for the kitchen
}

// Line is one item of an order.
type Line struct {
	ID         string     `json:"line_id"`
	MenuItemID string     `json:"menu_item_id"`
	Name       string     `json:"name"`
	Quantity   float64    `json:"quantity"`
	Added      float64    `json:"added,omitempty"`
	Price      amount     `json:"price"`
	Modifiers  []Modifier `json:"modifiers,omitempty"`
	Notes      string     `json:"notes,omitempty"`
	Course     string     `json:"course,omitempty"`
	Seat       int64      `json:"seat,omitempty"`
	TaxClass   string     `json:"tax_class,omitempty"`
	Amount     amount     `json:"amount"`
}

// JoinedClass is a tax class that came to an open order.
type JoinedClass struct {
	Name       string         `json:"name"`
	Components []TaxComponent `json:"components"`
}

// Modifier is a change to an item.
type Modifier struct {
	Name  string `json:"name"`
	Price amount `json:"price"`
}

// Charge is a charge as it came out.
type Charge struct {
	Code   string `json:"code"`
	Amount amount `json:"amount"`
}

// Tax is one tax of the whole order.
type Tax struct {
	Code   string  `json:"code"`
	Rate   float64 `json:"rate"`
	Base   amount  `json:"base"`
	Amount amount  `json:"amount"`
}

// Moved is what order.answerStatus writes.
type Moved struct {
	Message string       `json:"message"`
	OrderID string       `json:"order_id"`
	Status  order.Status `json:"status"`
	Version uint64       `json:"version"`
}

// MovedMany is what order.AppendResults writes.
type MovedMany struct {
	Results []MovedRow `json:"results"`
}

// MovedRow is what became of one row.
type MovedRow struct {
	OrderID string       `json:"order_id"`
	Status  order.Status `json:"status,omitempty"`
	Version uint64       `json:"version,omitempty"`
	Code    domain.Code  `json:"code,omitempty"`
}

// Placed is what order.BatchResult.AppendAnswer writes.
type Placed struct {
	Results []PlacedRow `json:"results"`
}

// PlacedRow is an order, or a refusal.
type PlacedRow struct {
	OrderID string         `json:"order_id,omitempty"`
	Status  order.Status   `json:"status,omitempty"`
	Version uint64         `json:"version,omitempty"`
	Order   *Order         `json:"order,omitempty"`
	Code    domain.Code    `json:"code,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Errors  []domain.Field `json:"errors,omitempty"`
}

// Event is one row of the log, as actors.timelineEvent shows it.
type Event struct {
	Seq     uint64          `json:"seq"`
	Prev    uint64          `json:"prev"`
	Event   string          `json:"event"`
	OrderID string          `json:"order_id,omitempty"`
	Version uint64          `json:"version"`
	At      moment          `json:"at"`
	By      By              `json:"by"`
	Data    json.RawMessage `json:"data"`
}

// eventRole is a role, or the system's.
type eventRole string

// By is who did it.
type By struct {
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
	Role eventRole `json:"role"`
}
