package domain

// Query is a read on its way in. One struct for all kinds, so that a read can
// be sent to the node that owns the organisation like a command.
type Query struct {
	Org  string
	By   Identity
	Kind QueryKind

	ID        string  // order or menu item
	Version   uint64  // OrderAt, OrderBill: as it was at this version; 0 = use AtMS
	AtMS      int64   // OrderAt, OrderBill: as it was at this moment, ms since 1970; 0 = as it is
	Explain   bool    // OrderBill: every step
	After     uint64  // Events, OrderTimeline, Changed: those with a greater sequence number
	Filter    Filter  // Orders; Changed: LimitRows and the created times
	NowMS     int64   // Menu: which 86 has lapsed
	LimitRows int     // Events, OrderTimeline; 0 = the default of the call
	Command   Command // Calculate: the order to price
}

// QueryKind names what is read.
type QueryKind string

const (
	ReadOrder    QueryKind = "order"
	ReadOrderAt  QueryKind = "order.at"
	ReadBill     QueryKind = "order.bill"
	ReadTimeline QueryKind = "order.timeline"
	ReadOrders   QueryKind = "orders"
	ReadChanged  QueryKind = "orders.changed"
	Calculate    QueryKind = "calculate"
	ReadMenu     QueryKind = "menu"
	ReadSettings QueryKind = "settings"
	ReadEvents   QueryKind = "events"
)

// Filter selects orders for a list, newest first.
type Filter struct {
	Status        []string // empty = active orders; "all" = every status
	TableID       string
	WaiterID      string
	OrderType     string
	CreatedFromMS int64  // inclusive; 0 = no bound
	CreatedToMS   int64  // exclusive; 0 = no bound
	UpdatedMS     int64  // updated at this moment or after it; 0 = no bound
	UpdatedToMS   int64  // updated at this moment or before it; 0 = no bound
	Text          string // substring of number, table, customer, items; case is ignored
	LimitRows     int    // 0 = the default of the call
	Before        uint64 // order number to continue below; 0 = from the newest
}

// Answer is what a read found.
type Answer struct {
	Body []byte // JSON as the client gets it
	Tag  string // entity tag without quotes; "" = none
	Next uint64 // list: order number to continue below; 0 = this was the last page

	// NextMS is the moment at which later pages of a list of updated orders stay;
	// 0 = it is none. AsOf is, for Orders and Changed, the sequence of the log up to
	// which the answer misses nothing.
	NextMS int64
	AsOf   uint64

	// Incomplete: orders are missing whose records are damaged, or closed ones that
	// only the document store has, because it does not answer.
	Incomplete bool
	Ignored    []string // as of a Reply
}

// Image is an order as it is now.
type Image struct {
	ID      string
	Number  uint64
	Version uint64
	Status  string
	TableID string
	Body    []byte // for roles that may see everything; order.View cuts it
}
