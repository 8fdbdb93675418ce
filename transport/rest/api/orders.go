package api

import (
	"strconv"

	"heard/domain"
	"heard/domain/order"
	"heard/transport/rest"
)

func (a API) orderRoutes() []rest.Route {
	tags := []string{"orders"}
	var whole order.Order
	return []rest.Route{
		{Method: "POST", Path: "/api/orders", Summary: "Place an order", Tags: tags, Body: order.Create{}, Answer: whole, Handle: a.createOrder},
		{Method: "POST", Path: "/api/orders/calculate", Summary: "Price an order without placing it", Tags: tags, Body: order.Create{}, Query: []rest.Param{explainParam}, Handle: a.calculate},
		{Method: "POST", Path: "/api/orders/batch", Summary: "Place up to 1,000 orders, a result for each", Tags: tags, Body: order.BatchCreate{}, Answer: batchAnswer{}, BodyBytes: 2 << 20, Handle: a.batchCreate},
		{Method: "GET", Path: "/api/orders", Summary: "List orders, newest first; active ones by default", Tags: tags, Query: listParams(), Answer: []order.Order{}, Handle: a.listOrders},
		{Method: "GET", Path: "/api/orders/{id}", Summary: "One order, as it is or was", Tags: tags, Query: []rest.Param{{Name: "at", Type: "date-time"}, {Name: "version", Type: "integer"}}, Answer: whole, Handle: a.getOrder},
		{Method: "GET", Path: "/api/orders/{id}/events", Summary: "An order's timeline", Tags: tags, Query: pageParams(), Handle: a.getTimeline},
		{Method: "GET", Path: "/api/orders/{id}/bill", Summary: "An order's bill", Tags: tags, Query: []rest.Param{explainParam}, Handle: a.getBill},
		{Method: "PUT", Path: "/api/orders/{id}/status", Summary: "Move an order", Tags: tags, Query: []rest.Param{{Name: "status"}}, Body: order.SetStatus{}, Handle: a.setStatus},
		{Method: "POST", Path: "/api/orders/batch-update-status", Summary: "Move up to 100 orders", Tags: tags, Body: order.BatchStatus{}, Handle: a.batchStatus},
		{Method: "POST", Path: "/api/orders/{id}/items", Summary: "Add lines", Tags: tags, Body: order.AddItems{}, Answer: whole, Handle: a.change(func() domain.Command { return &order.AddItems{} }, rest.Required)},
		{Method: "PATCH", Path: "/api/orders/{id}/items/{line_id}", Summary: "Change a line", Tags: tags, Body: order.ChangeItem{}, Answer: whole, Handle: a.changeItem},
		{Method: "DELETE", Path: "/api/orders/{id}/items/{line_id}", Summary: "Remove a line", Tags: tags, Answer: whole, Handle: a.removeItem},
		{Method: "POST", Path: "/api/orders/{id}/discount", Summary: "Set the order's discount", Tags: tags, Body: order.SetDiscount{}, Answer: whole, Handle: a.change(func() domain.Command { return &order.SetDiscount{} }, rest.Required)},
		{Method: "POST", Path: "/api/orders/{id}/reopen", Summary: "Reopen a completed order", Tags: tags, Body: order.Reopen{}, Answer: whole, Handle: a.change(func() domain.Command { return &order.Reopen{} }, rest.Optional)},
		{Method: "PUT", Path: "/api/orders/{id}/cancel", Summary: "Cancel an order", Tags: tags, Body: order.Cancel{}, Handle: a.change(func() domain.Command { return &order.Cancel{} }, rest.Optional)},
	}
}

var explainParam = rest.Param{Name: "explain", About: "1 = every step in words", Type: "boolean"}

// change handles a command whose body is the command itself.
func (a API) change(fresh func() domain.Command, need rest.Need) func(*rest.Exchange) error {
	return func(x *rest.Exchange) error {
		id, err := x.PathID("id", noOrder)
		if err != nil {
			return err
		}
		command := fresh()
		if err := x.Decode(command, need); err != nil {
			return err
		}
		return a.run(x, command, id)
	}
}

// emptyCreate has room for the lines that most orders have: to grow a list line
// by line is a tenth of what it costs to read an order.
func emptyCreate() *order.Create { return &order.Create{Items: make([]order.ItemRequest, 0, 5)} }

func (a API) createOrder(x *rest.Exchange) error {
	command := emptyCreate()
	if err := x.DecodeLenient(command, rest.Required); err != nil {
		return err
	}
	return a.run(x, command, "")
}

func (a API) calculate(x *rest.Exchange) error {
	command := emptyCreate()
	if err := x.DecodeLenient(command, rest.Required); err != nil {
		return err
	}
	q := x.Query(domain.Calculate)
	q.Command, q.NowMS = command, x.Now().UnixMilli()
	var err error
	if q.Explain, err = x.QueryBool("explain"); err != nil {
		return err
	}
	return a.read(x, q)
}

func (a API) getOrder(x *rest.Exchange) (err error) {
	q := x.Query(domain.ReadOrder)
	if q.ID, err = x.PathID("id", noOrder); err != nil {
		return err
	}
	version, err := x.QueryInt("version", 0, 1, 1<<53)
	if err != nil {
		return err
	}
	if q.AtMS, err = x.QueryTime("at"); err != nil {
		return err
	}
	if q.Version = uint64(version); q.Version != 0 || q.AtMS != 0 {
		q.Kind = domain.ReadOrderAt
	}
	return a.read(x, q)
}

func (a API) getTimeline(x *rest.Exchange) (err error) {
	q := x.Query(domain.ReadTimeline)
	if q.ID, err = x.PathID("id", noOrder); err != nil {
		return err
	}
	return a.readPage(x, q)
}

func (a API) getBill(x *rest.Exchange) (err error) {
	q := x.Query(domain.ReadBill)
	if q.ID, err = x.PathID("id", noOrder); err != nil {
		return err
	}
	if q.Explain, err = x.QueryBool("explain"); err != nil {
		return err
	}
	return a.read(x, q)
}

// setStatus takes the status from the query, as the seed's front end sends it,
// or from the body.
func (a API) setStatus(x *rest.Exchange) error {
	id, err := x.PathID("id", noOrder)
	if err != nil {
		return err
	}
	command := &order.SetStatus{}
	if err := x.DecodeLenient(command, rest.Optional); err != nil {
		return err
	}
	status, err := x.QueryForeignID("status") // perhaps a word that the organisation's settings name
	if err != nil {
		return err
	}
	if status != "" {
		if command.Status != "" && command.Status != status {
			return domain.Blame(domain.ValidationError, "status", "is another in the query than in the body")
		}
		command.Status = status
	}
	return a.run(x, command, id)
}

// batchStatus takes {updates:[…]} or the bare array.
func (a API) batchStatus(x *rest.Exchange) error {
	command := &order.BatchStatus{}
	into := any(command)
	if x.IsArray() {
		into = &command.Updates
	}
	if err := x.Decode(into, rest.Required); err != nil {
		return err
	}
	return a.run(x, command, "")
}

// batchAnswer documents what order.BatchResult writes: order_id, status, version
// and order, or code, detail and errors.
type batchAnswer struct {
	Results []struct {
		OrderID string         `json:"order_id,omitempty"`
		Status  string         `json:"status,omitempty"`
		Version uint64         `json:"version,omitempty"`
		Order   *order.Order   `json:"order,omitempty"`
		Code    domain.Code    `json:"code,omitempty"`
		Detail  string         `json:"detail,omitempty"`
		Errors  []domain.Field `json:"errors,omitempty"`
	} `json:"results"`
}

// batchCreate takes {orders:[…]} or the bare array.
func (a API) batchCreate(x *rest.Exchange) error {
	command := &order.BatchCreate{}
	into := any(command)
	if x.IsArray() {
		into = &command.Orders
	}
	if err := x.Decode(into, rest.Required); err != nil {
		return err
	}
	return a.run(x, command, "")
}

func (a API) changeItem(x *rest.Exchange) error {
	command := &order.ChangeItem{}
	if err := x.Decode(command, rest.Required); err != nil {
		return err
	}
	return a.onLine(x, command, &command.LineID)
}

func (a API) removeItem(x *rest.Exchange) error {
	command := &order.RemoveItem{}
	if err := x.Decode(command, rest.Optional); err != nil {
		return err
	}
	return a.onLine(x, command, &command.LineID)
}

// onLine puts the path's line into a command; a body may repeat it.
func (a API) onLine(x *rest.Exchange, command domain.Command, line *string) error {
	id, err := x.PathID("id", noOrder)
	if err != nil {
		return err
	}
	lineID, err := x.PathID("line_id", noLine)
	if err != nil {
		return err
	}
	if *line != "" && *line != lineID {
		return domain.Blame(domain.ValidationError, "line_id", "is another in the body than in the path")
	}
	*line = lineID
	return a.run(x, command, id)
}

func listParams() []rest.Param {
	return []rest.Param{
		{Name: "status", About: "one or more, with commas; all = every status; default: active orders"},
		{Name: "table_id"}, {Name: "waiter_id"}, {Name: "order_type"},
		{Name: "created_from", Type: "date-time"}, {Name: "created_to", Type: "date-time", About: "exclusive"},
		{Name: "updated_after", Type: "date-time"},
		{Name: "q", About: "text in number, table, customer or items"},
		{Name: "limit", Type: "integer", About: "1 to 100; without it up to 1,000 orders"},
		{Name: "cursor", About: "X-Next-Cursor of the page before"},
	}
}

func (a API) listOrders(x *rest.Exchange) (err error) {
	q := x.Query(domain.ReadOrders)
	f := &q.Filter
	if f.Status, err = x.QueryList("status"); err != nil {
		return err
	}
	if err := checkStatuses(f.Status); err != nil {
		return err
	}
	for name, into := range map[string]*string{"table_id": &f.TableID, "waiter_id": &f.WaiterID, "order_type": &f.OrderType} {
		if *into, err = x.QueryForeignID(name); err != nil {
			return err
		}
	}
	if f.Text, err = x.QueryText("q"); err != nil {
		return err
	}
	for name, into := range map[string]*int64{"created_from": &f.CreatedFromMS, "created_to": &f.CreatedToMS, "updated_after": &f.UpdatedMS} {
		if *into, err = x.QueryTime(name); err != nil {
			return err
		}
	}
	limit, err := x.QueryInt("limit", 0, 1, 100)
	if err != nil {
		return err
	}
	f.LimitRows = int(limit)
	cursor, err := x.QueryForeignID("cursor")
	if err != nil {
		return err
	}
	if cursor != "" {
		if f.Before, err = strconv.ParseUint(cursor, 10, 64); err != nil || f.Before == 0 {
			return domain.Blame(domain.ValidationError, "cursor", "must be the X-Next-Cursor of another page")
		}
	}
	return a.read(x, q)
}

// checkStatuses refuses what would silently find nothing.
func checkStatuses(words []string) error {
	for _, word := range words {
		known := word == "all" && len(words) == 1
		for _, s := range order.Statuses() {
			known = known || word == string(s)
		}
		if !known {
			return domain.Blame(domain.InvalidStatus, "status", "must be of pending, preparing, ready, served, completed, cancelled, or all")
		}
	}
	return nil
}
