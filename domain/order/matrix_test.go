package order

import (
	"encoding/json"
	"strings"
	"testing"

	"heard/domain"
)

// strictMatrix says what comes of every command in every status: an event, "-"
// for nothing to do, or a refusal. A row is a command, with what it asks where
// that matters; the role is one that may do everything.
const strictMatrix = `
command                    absent           pending               preparing             ready                 served                completed             cancelled
order.create               order.created    CONFLICT              CONFLICT              CONFLICT              CONFLICT              CONFLICT              CONFLICT
order.add_items            ORDER_NOT_FOUND  order.items_added     order.items_added     order.items_added     order.items_added     ORDER_CLOSED          ORDER_CLOSED
order.change_item          ORDER_NOT_FOUND  order.item_changed    order.item_changed    order.item_changed    order.item_changed    ORDER_CLOSED          ORDER_CLOSED
order.change_item:same     ORDER_NOT_FOUND  -                     -                     -                     -                     ORDER_CLOSED          ORDER_CLOSED
order.remove_item          ORDER_NOT_FOUND  order.item_removed    order.item_removed    order.item_removed    order.item_removed    ORDER_CLOSED          ORDER_CLOSED
order.set_discount         ORDER_NOT_FOUND  order.discounted      order.discounted      order.discounted      order.discounted      ORDER_CLOSED          ORDER_CLOSED
order.set_discount:same    ORDER_NOT_FOUND  -                     -                     -                     -                     ORDER_CLOSED          ORDER_CLOSED
order.cancel               ORDER_NOT_FOUND  order.cancelled       order.cancelled       order.cancelled       order.cancelled       BAD_REQUEST           -
order.reopen               ORDER_NOT_FOUND  INVALID_TRANSITION    INVALID_TRANSITION    INVALID_TRANSITION    INVALID_TRANSITION    order.reopened        INVALID_TRANSITION
order.set_status:pending   ORDER_NOT_FOUND  -                     order.status_changed  INVALID_TRANSITION    INVALID_TRANSITION    INVALID_TRANSITION    INVALID_TRANSITION
order.set_status:preparing ORDER_NOT_FOUND  order.status_changed  -                     order.status_changed  INVALID_TRANSITION    order.reopened        INVALID_TRANSITION
order.set_status:ready     ORDER_NOT_FOUND  order.status_changed  order.status_changed  -                     INVALID_TRANSITION    INVALID_TRANSITION    INVALID_TRANSITION
order.set_status:served    ORDER_NOT_FOUND  order.status_changed  order.status_changed  order.status_changed  -                     INVALID_TRANSITION    INVALID_TRANSITION
order.set_status:completed ORDER_NOT_FOUND  order.status_changed  order.status_changed  order.status_changed  order.status_changed  -                     INVALID_TRANSITION
order.set_status:cancelled ORDER_NOT_FOUND  order.cancelled       order.cancelled       order.cancelled       order.cancelled       INVALID_TRANSITION    -
order.set_status:nowhere   ORDER_NOT_FOUND  INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS
`

// lenientMatrix is where a lenient organisation differs: what the strict one
// refuses as INVALID_TRANSITION is done and marked, "!".
const lenientMatrix = `
command                    absent           pending               preparing             ready                 served                completed             cancelled
order.set_status:pending   ORDER_NOT_FOUND  -                     order.status_changed  order.status_changed! order.status_changed! order.status_changed! order.status_changed!
order.set_status:preparing ORDER_NOT_FOUND  order.status_changed  -                     order.status_changed  order.status_changed! order.reopened        order.status_changed!
order.set_status:ready     ORDER_NOT_FOUND  order.status_changed  order.status_changed  -                     order.status_changed! order.status_changed! order.status_changed!
order.set_status:served    ORDER_NOT_FOUND  order.status_changed  order.status_changed  order.status_changed  -                     order.status_changed! order.status_changed!
order.set_status:completed ORDER_NOT_FOUND  order.status_changed  order.status_changed  order.status_changed  order.status_changed  -                     order.status_changed!
order.set_status:cancelled ORDER_NOT_FOUND  order.cancelled       order.cancelled       order.cancelled       order.cancelled       order.status_changed! -
order.set_status:nowhere   ORDER_NOT_FOUND  INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS        INVALID_STATUS
`

// decidedPerRow are commands that name many orders: the organisation decides
// each of their rows as another command.
var decidedPerRow = map[string]string{"order.batch_status": "order.set_status", "order.batch_create": "order.create"}

// bodies is what the rows ask, but for set_status.
var bodies = map[string]string{
	"order.create":            twoDosas,
	"order.add_items":         `{"items":[{"menu_item_id":"beer","quantity":1}]}`,
	"order.change_item":       `{"line_id":"l1","quantity":3}`,
	"order.change_item:same":  `{"line_id":"l1","quantity":2.000,"price_minor":12000,"notes":""}`,
	"order.remove_item":       `{"line_id":"l1","reason":"dropped"}`,
	"order.set_discount":      `{"discount_type":"percent","discount_value":10}`,
	"order.set_discount:same": `{"discount_value":0}`,
	"order.cancel":            `{"reason":"left"}`,
	"order.reopen":            `{}`,
}

func TestEveryCommandInEveryStatus(t *testing.T) {
	w := india(t)
	rows := readMatrix(t, strictMatrix)
	runMatrix(t, w, rows)

	seen := map[string]bool{}
	for row := range rows {
		kind, _, _ := strings.Cut(row, ":")
		seen[kind] = true
	}
	for kind, fresh := range Commands() {
		as, perRow := decidedPerRow[kind]
		if _, decides := fresh().(Command); decides == perRow {
			t.Errorf("%s: decides on one order: %v, listed as a command of many: %v", kind, decides, perRow)
		}
		if !seen[kind] && !seen[as] {
			t.Errorf("%s has no row", kind)
		}
	}
	for _, s := range Statuses() {
		if rows["order.set_status:"+string(s)] == nil {
			t.Errorf("no row moves an order to %s", s)
		}
	}
}

func TestLenientOrganisationForcesWhatStrictRefuses(t *testing.T) {
	w := india(t)
	w.organise(t, "outlet.put_settings", `{"status_transitions":"lenient"}`)
	rows := readMatrix(t, lenientMatrix)
	runMatrix(t, w, rows)
	for row, strict := range readMatrix(t, strictMatrix) {
		for status, cell := range strict {
			if !strings.HasPrefix(row, "order.set_status") {
				continue
			}
			want := cell
			if cell == "INVALID_TRANSITION" {
				want = "order.status_changed!"
			}
			if got := rows[row][status]; got != want {
				t.Errorf("%s in %q: lenient table says %s, strict %s", row, status, got, cell)
			}
		}
	}
}

// readMatrix reads a table; every status, and the order that is not there, must
// have a column, and every row a cell in each.
func readMatrix(t *testing.T, table string) map[string]map[Status]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	columns := append([]Status{""}, Statuses()...)
	for i, name := range strings.Fields(lines[0])[1:] {
		if i >= len(columns) || name != "absent" && name != string(columns[i]) {
			t.Fatalf("column %d is %q; want absent and then %v", i, name, Statuses())
		}
	}
	rows := map[string]map[Status]string{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		if len(cells) != len(columns)+1 {
			t.Fatalf("%s has %d cells, want %d", cells[0], len(cells)-1, len(columns))
		}
		rows[cells[0]] = map[Status]string{}
		for i, status := range columns {
			rows[cells[0]][status] = cells[i+1]
		}
	}
	return rows
}

func runMatrix(t *testing.T, w *world, rows map[string]map[Status]string) {
	t.Helper()
	for row, cells := range rows {
		kind, asked, _ := strings.Cut(row, ":")
		body, ok := bodies[row]
		if kind == "order.set_status" {
			body, ok = `{"status":"`+asked+`","reason":"why"}`, true
		}
		if !ok {
			t.Fatalf("%s has no body", row)
		}
		for status, want := range cells {
			given := w.in(t, status)
			before := whole(t, given)
			d, refusal := Decide(given, command(t, kind, body), w.meta(domain.Admin))
			if got := cellOf(d, refusal); got != want {
				t.Errorf("%s in %q: got %s, want %s", row, status, got, want)
			}
			if whole(t, given) != before {
				t.Errorf("%s in %q changed the state it was given", row, status)
			}
			checkDecision(t, row, given, &d, refusal)
		}
	}
}

func cellOf(d Decision, refusal *domain.Error) string {
	switch {
	case refusal != nil:
		return string(refusal.Code)
	case d.Event == nil:
		return "-"
	}
	if moved, ok := d.Event.(*StatusChanged); ok && moved.Forced {
		return d.Event.Kind() + "!"
	}
	return d.Event.Kind()
}

// checkDecision checks what is true of every decision.
func checkDecision(t *testing.T, row string, given *Order, d *Decision, refusal *domain.Error) {
	t.Helper()
	switch {
	case refusal != nil:
		if d.Event != nil || d.Next != nil || d.Answer != nil || refusal.Detail == "" {
			t.Errorf("%s: a refusal with a decision, or without words: %+v", row, refusal)
		}
		return
	case d.Event == nil:
		if d.Next != given {
			t.Errorf("%s: nothing to do, but another state", row)
		}
	case given == nil:
		if d.Next.Version != 1 || d.Next.CreatedAt != Time(noon) {
			t.Errorf("%s: version %d, created at %d", row, d.Next.Version, d.Next.CreatedAt)
		}
	default:
		if d.Next.Version != given.Version+1 || d.Next.CreatedAt != given.CreatedAt || d.Next.ID != given.ID {
			t.Errorf("%s: version %d after %d, or another order", row, d.Next.Version, given.Version)
		}
	}
	if d.Answer != nil && !json.Valid(d.Answer) {
		t.Errorf("%s answers %s", row, d.Answer)
	}
}
