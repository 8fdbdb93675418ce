package api

import (
	"slices"
	"strconv"
	"strings"

	"heard/domain"
	"heard/domain/order"
	"heard/transport/rest"
)

const everyStatus = "all"

func listParams() []rest.Param {
	return []rest.Param{
		{Name: "status", List: true, Values: append(texts(order.Statuses()), everyStatus), Refusal: domain.InvalidStatus, About: "One or more; `all`, alone, is every status. Left out: active orders."},
		{Name: "table_id", About: "Of this table."}, {Name: "waiter_id", About: "Placed by this user."},
		{Name: "order_type", Values: order.Types(), About: "Of this type."},
		{Name: "created_from", Type: "date-time", About: "Placed then or later."},
		{Name: "created_to", Type: "date-time", About: "Placed before."},
		{Name: "updated_after", Type: "date-time", About: "Changed then or later. Times are shared, so an order may come twice and none is missed."},
		{Name: "q", About: "Text in number, table, customer or items; case is ignored."},
		{Name: "limit", Type: "integer", About: "1 to 100. Left out: up to 1,000 orders."},
		{Name: "cursor", About: "`X-Next-Cursor` of the page before."},
		{Name: "since", Type: "integer", About: "What changed after this sequence, whatever its status, in the order of the changes: `X-As-Of-Seq` of an earlier answer; 0 = everything."},
	}
}

func (a API) listOrders(x *rest.Exchange) (err error) {
	q := x.Query(domain.ReadOrders)
	f := &q.Filter
	if f.Status, err = x.QueryList("status"); err != nil {
		return err
	}
	if slices.Contains(f.Status, everyStatus) && len(f.Status) > 1 {
		return domain.Blame(domain.InvalidStatus, "status", "all stands for itself")
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
	if err := readCursor(cursor, f); err != nil {
		return err
	}
	since, err := x.QueryInt("since", -1, 0, 1<<53)
	if err != nil {
		return err
	}
	if since >= 0 {
		q.Kind, q.After = domain.ReadChanged, uint64(since)
		if err := onlySince(f); err != nil {
			return err
		}
	}
	return a.read(x, q)
}

// A cursor is the number of the last order; in a list of what was updated there
// is a moment behind it that later pages stay at.
func readCursor(text string, f *domain.Filter) (err error) {
	if text == "" {
		return nil
	}
	number, moment, updated := strings.Cut(text, "-")
	if f.Before, err = strconv.ParseUint(number, 10, 64); err == nil && updated {
		f.UpdatedToMS, err = strconv.ParseInt(moment, 10, 64)
	}
	if err != nil || f.Before == 0 || updated && (f.UpdatedToMS <= 0 || f.UpdatedMS == 0) {
		return domain.Blame(domain.ValidationError, "cursor", "must be the X-Next-Cursor of another page")
	}
	return nil
}

func cursorOf(a *domain.Answer) string {
	cursor := strconv.FormatUint(a.Next, 10)
	if a.NextMS > 0 {
		cursor += "-" + strconv.FormatInt(a.NextMS, 10)
	}
	return cursor
}

// onlySince refuses what selects by something that may change: an order that does
// not match any more would be missing, and whoever follows the changes would keep
// it as it was.
func onlySince(f *domain.Filter) error {
	if slices.Equal(f.Status, []string{everyStatus}) {
		f.Status = nil // so it is
	}
	for _, other := range [...]struct {
		name  string
		given bool
	}{
		{"status", len(f.Status) > 0}, {"table_id", f.TableID != ""}, {"waiter_id", f.WaiterID != ""}, {"order_type", f.OrderType != ""},
		{"q", f.Text != ""}, {"updated_after", f.UpdatedMS != 0}, {"cursor", f.Before != 0},
	} {
		if other.given {
			return domain.Blame(domain.ValidationError, other.name, "cannot be combined with since, which shows every order that changed")
		}
	}
	return nil
}
