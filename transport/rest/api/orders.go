package api

import (
	"slices"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport/rest"
)

func (a API) orderRoutes() []rest.Route {
	routes := slices.Concat(a.newOrderRoutes(), a.orderReadRoutes(), a.orderChangeRoutes())
	for i := range routes {
		routes[i].Tags = []string{"orders"}
	}
	return routes
}

func (a API) newOrderRoutes() []rest.Route {
	codes := slices.Concat(lineCodes(), discountCodes())
	return []rest.Route{
		tagged(write(rest.Route{ID: "createOrder", Method: "POST", Path: "/api/orders", Summary: "Place an order", About: "Send a key: the same request again is then the same order.",
			Acts: acts(outlet.Create), Body: order.Create{}, Example: exampleCreate, Gives: []string{givesIgnored}, Answer: Order{}, Codes: append(codes, domain.TableOccupied), Handle: a.createOrder})),
		{ID: "calculateOrder", Method: "POST", Path: "/api/orders/calculate", Summary: "Price an order without placing it", About: "Nothing is stored. There may be no lines. A discount is refused as it is for an order.",
			Body: calculation{}, Example: exampleCreate, Query: []rest.Param{explainParam}, Gives: []string{givesIgnored}, Answer: Bill{}, Codes: append(slices.Clip(codes), domain.Forbidden), Handle: a.calculate},
		write(rest.Route{ID: "createOrders", Method: "POST", Path: "/api/orders/batch", Summary: "Place up to 1,000 orders, a result for each", About: "At most 2 MiB, under one key. A row that is refused changes nothing and says why.",
			Acts: acts(outlet.Create), Body: order.BatchCreate{}, Example: `{"orders":[` + exampleCreate + `,` + exampleCreate + `]}`, Gives: []string{givesIgnored}, Answer: Placed{}, BodyBytes: 2 << 20, Handle: a.batchCreate}),
	}
}

func (a API) orderReadRoutes() []rest.Route {
	missing := []domain.Code{domain.OrderNotFound, domain.OrderQuarantined}
	asItWas := []rest.Param{{Name: "at", Type: "date-time", About: "As it was at this moment."}, {Name: "version", Type: "integer", About: "As it was at this version; goes before at."}}
	return []rest.Route{
		paged(rest.Route{ID: "listOrders", Method: "GET", Path: "/api/orders", Summary: "List orders, newest first; active ones by default", Query: listParams(), Gives: []string{"X-As-Of-Seq", "X-Incomplete", "Retry-After"}, Answer: []Order{}, Codes: []domain.Code{domain.InvalidStatus, domain.BadRequest}, Handle: a.listOrders}),
		versioned(rest.Route{ID: "getOrder", Method: "GET", Path: "/api/orders/{id}", Summary: "One order, as it is or was", Query: asItWas, Answer: Order{}, Codes: missing, Handle: a.getOrder}),
		paged(rest.Route{ID: "listOrderEvents", Method: "GET", Path: "/api/orders/{id}/events", Summary: "An order's timeline", Query: pageParams(), Answer: []Event{}, Codes: missing, Handle: a.getTimeline}),
		versioned(rest.Route{ID: "getOrderBill", Method: "GET", Path: "/api/orders/{id}/bill", Summary: "An order's bill, as it is or was", Query: append([]rest.Param{explainParam}, asItWas...), Answer: Bill{}, Codes: missing, Handle: a.getBill}),
	}
}

func (a API) orderChangeRoutes() []rest.Route {
	moves := acts(outlet.Advance, outlet.Complete, outlet.Cancel, outlet.CancelFired, outlet.Reopen)
	edits := acts(outlet.Edit)
	reduces, discounts := acts(outlet.Edit, outlet.ReduceFired), acts(outlet.Discount)
	closed := changedCodes(domain.OrderClosed)
	return []rest.Route{
		changing(rest.Route{ID: "setOrderStatus", Method: "PUT", Path: "/api/orders/{id}/status", Summary: "Move an order", About: "To the status of the body or of the query. The one it has already is a success that changes nothing.",
			Acts: moves, Query: []rest.Param{{Name: "status", About: "Where the order goes, when the body does not say it."}}, Body: order.SetStatus{}, Optional: true, Example: `{"status":"preparing"}`, Gives: []string{givesIgnored}, Answer: Moved{},
			Codes: changedCodes(domain.InvalidStatus, domain.InvalidTransition, domain.TableOccupied), Handle: a.setStatus}),
		write(rest.Route{ID: "setOrderStatuses", Method: "POST", Path: "/api/orders/batch-update-status", Summary: "Move up to 100 orders", About: "A row that is refused, for its role too, changes nothing and says why.",
			Body: order.BatchStatus{}, Example: `{"updates":[{"order_id":"` + exampleOrder + `","status":"preparing"}]}`, Answer: MovedMany{}, Handle: a.batchStatus}),
		changing(rest.Route{ID: "addOrderItems", Method: "POST", Path: "/api/orders/{id}/items", Summary: "Add lines", Acts: edits, Body: order.AddItems{}, Example: `{"items":[` + exampleLine + `]}`, Gives: []string{givesIgnored}, Answer: Order{}, Codes: slices.Concat(closed, lineCodes()), Handle: a.change(func() domain.Command { return &order.AddItems{} }, rest.Required)}),
		changing(rest.Route{ID: "changeOrderItem", Method: "PATCH", Path: "/api/orders/{id}/items/{line_id}", Summary: "Change a line", About: "To take off what the kitchen has needs a reason.", Acts: reduces, Body: order.ChangeItem{}, Example: `{"quantity":3,"notes":"not too sweet"}`, Answer: Order{}, Codes: changedCodes(domain.OrderClosed, domain.LineNotFound, domain.AmountOverflow, domain.TooManyDecimals, domain.InvalidLine, domain.PriceMismatch), Handle: a.changeItem}),
		changing(rest.Route{ID: "removeOrderItem", Method: "DELETE", Path: "/api/orders/{id}/items/{line_id}", Summary: "Remove a line", About: "Not the last one: cancel the order then. Once the kitchen has the order, it takes a reason, in the query or the body.", Acts: reduces, Query: []rest.Param{{Name: "reason", About: "Why; needed once the kitchen has the order."}}, Body: order.RemoveItem{}, Optional: true, Example: `{"reason":"burnt"}`, Answer: Order{}, Codes: changedCodes(domain.OrderClosed, domain.LineNotFound, domain.EmptyOrder), Handle: a.removeItem}),
		changing(rest.Route{ID: "setOrderDiscount", Method: "POST", Path: "/api/orders/{id}/discount", Summary: "Set the order's discount", Acts: discounts, Body: order.SetDiscount{}, Example: `{"discount_type":"percent","discount_value":10}`, Answer: Order{}, Codes: slices.Concat(closed, discountCodes()), Handle: a.change(func() domain.Command { return &order.SetDiscount{} }, rest.Required)}),
		changing(rest.Route{ID: "reopenOrder", Method: "POST", Path: "/api/orders/{id}/reopen", Summary: "Reopen a completed order", Acts: acts(outlet.Reopen), Body: order.Reopen{}, Optional: true, Example: `{"reason":"one more round"}`, Answer: Order{}, Codes: changedCodes(domain.InvalidTransition, domain.TableOccupied), Handle: a.change(func() domain.Command { return &order.Reopen{} }, rest.Optional)}),
		changing(rest.Route{ID: "cancelOrder", Method: "PUT", Path: "/api/orders/{id}/cancel", Summary: "Cancel an order", Acts: acts(outlet.Cancel, outlet.CancelFired), Body: order.Cancel{}, Optional: true, Example: `{"reason":"guests left"}`, Answer: Moved{}, Codes: changedCodes(), Handle: a.change(func() domain.Command { return &order.Cancel{} }, rest.Optional)}),
	}
}

var explainParam = rest.Param{Name: "explain", About: "Every step in words, too.", Type: "boolean"}

// calculation is an order that need not have lines.
type calculation struct{ order.Create }

// Bodies of examples: for the demo's menu, and for none.
const (
	exampleLine   = `{"menu_item_id":"masala-chai","name":"Masala Chai","quantity":2,"price":60,"modifiers":[{"name":"Less sugar","price":0}]}`
	exampleCreate = `{"table_id":"t-4","table_number":4,"order_type":"dine_in","items":[` + exampleLine + `]}`
)

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

func (a API) getOrder(x *rest.Exchange) error {
	q := x.Query(domain.ReadOrder)
	if err := ofOrder(x, q); err != nil {
		return err
	}
	if q.Version != 0 || q.AtMS != 0 {
		q.Kind = domain.ReadOrderAt
	}
	return a.read(x, q)
}

// ofOrder reads which order is asked for, and as it was when.
func ofOrder(x *rest.Exchange, q *domain.Query) (err error) {
	if q.ID, err = x.PathID("id", noOrder); err != nil {
		return err
	}
	version, err := x.QueryInt("version", 0, 1, 1<<53)
	if err != nil {
		return err
	}
	q.Version = uint64(version)
	if q.AtMS, err = x.QueryTime("at"); err != nil {
		return err
	}
	if q.Version != 0 && q.AtMS != 0 {
		return domain.Blame(domain.ValidationError, "at", "cannot be combined with version: each names a state of its own")
	}
	return nil
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
	if err := ofOrder(x, q); err != nil {
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
	if err := fromQuery(x, "status", &command.Status); err != nil {
		return err
	}
	return a.run(x, command, id)
}

// fromQuery is a member that may stand in the query as well; the body may repeat
// it.
func fromQuery(x *rest.Exchange, name string, member *string) error {
	text, err := x.QueryText(name)
	if err != nil || text == "" {
		return err
	}
	if *member != "" && *member != text {
		return domain.Blame(domain.ValidationError, name, "is another in the query than in the body")
	}
	*member = text
	return nil
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
	if err := fromQuery(x, "reason", &command.Reason); err != nil {
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
