// Package api is the product's REST interface: the table of calls and what each
// hands to the engine.
package api

import (
	"reflect"
	"strconv"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport"
	"heard/transport/rest"
)

// API is what the routes under /api need.
type API struct {
	Engine transport.Engine
	Reads  transport.Reads
	Stats  func() any // performance-stats, as JSON
}

// Routes is the table of the product: every call, who may, and what it does. A
// new command is one line here and one file in domain.
func (a API) Routes() []rest.Route {
	routes := a.orderRoutes()
	routes = append(routes, a.menuRoutes()...)
	return append(routes, a.adminRoutes()...)
}

// Most says how long the lists of large bodies may be; what is longer is refused
// before it is decoded.
func Most() map[reflect.Type]int {
	return map[reflect.Type]int{
		reflect.TypeFor[[]outlet.ItemRequest](): outlet.MaxItems,
		reflect.TypeFor[[]order.ItemRequest]():  order.MaxLines,
		reflect.TypeFor[[]order.Create]():       order.MaxBatchOrders,
	}
}

var (
	noOrder = domain.Refuse(domain.OrderNotFound, "Order not found")
	noItem  = domain.Refuse(domain.ItemNotFound, "Menu item not found")
	noLine  = domain.Refuse(domain.LineNotFound, "Line not found")
)

// run sends a command and writes its answer.
func (a API) run(x *rest.Exchange, command domain.Command, orderID string) error {
	request, err := x.Request(command)
	if err != nil {
		return err
	}
	request.Order = orderID
	reply, err := a.Engine.Execute(x.Context(), request)
	if err != nil {
		return err
	}
	x.WriteReply(reply)
	return nil
}

// whole handles a command for the organisation whose body is the command itself.
func (a API) whole(fresh func() domain.Command) func(*rest.Exchange) error {
	return func(x *rest.Exchange) error {
		command := fresh()
		if err := x.Decode(command, rest.Required); err != nil {
			return err
		}
		return a.run(x, command, "")
	}
}

// incomplete says what a bare array cannot: that orders are missing. A
// page of another origin sees only the headers that CORS exposes, of which
// Retry-After says it best: ask again then for the whole.
func incomplete(x *rest.Exchange) {
	header := &x.Ctx.Response.Header
	header.Set("X-Incomplete", "orders are missing: closed ones of a document store that does not answer, or some whose records are damaged")
	header.Set("Retry-After", strconv.Itoa(transport.StatusOf(domain.StoreUnavailable).RetryAfterSeconds))
}

// continues is the parameter that takes where the next page begins.
func continues(kind domain.QueryKind) string {
	switch kind {
	case domain.ReadEvents, domain.ReadTimeline:
		return "after"
	case domain.ReadChanged:
		return "since"
	}
	return "cursor"
}

// read sends a query and writes its answer.
func (a API) read(x *rest.Exchange, q *domain.Query) error {
	answer, err := a.Reads.Read(x.Context(), q)
	if err != nil {
		return err
	}
	if q.Kind == domain.ReadOrders || q.Kind == domain.ReadChanged {
		x.Ctx.Response.Header.Set("X-As-Of-Seq", strconv.FormatUint(answer.AsOf, 10))
	}
	if answer.Next != 0 {
		x.WriteNext(continues(q.Kind), cursorOf(&answer))
	}
	if answer.Incomplete {
		incomplete(x)
	}
	x.WriteAnswer(answer)
	return nil
}
