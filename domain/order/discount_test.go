package order

import (
	"strings"
	"testing"

	"heard/domain"
)

// given here: ten dosas of 100.00, and the limits that nobody set.
const (
	plainMenu = `[{"id":"dosa","name":"Dosa","price":100},{"id":"tip","name":"Free","price":0}]`
	tenDosas  = `{"items":[{"menu_item_id":"dosa","quantity":10}]}`
)

// discountMatrix says what of 1,000.00 a role may take off.
const discountMatrix = `
discount                                            admin    manager  cashier   waiter    kitchen   staff
"discount_type":"percent","discount_value":10       yes      yes      yes       yes       no        yes
"discount_type":"percentage","discount_value":10.0  yes      yes      yes       yes       no        yes
"discount_type":"percent","discount_value":10.0001  yes      yes      no        no        no        no
"discount_type":"percent","discount_value":100      yes      yes      no        no        no        no
"discount_type":"amount","discount_value":100       yes      yes      yes       yes       no        yes
"discount_type":"amount","discount_value":100.01    yes      yes      no        no        no        no
"discount_type":"amount","discount_value_minor":10001 yes    yes      no        no        no        no
"discount_type":"amount","discount_value":99999     yes      yes      no        no        no        no
`

func TestDiscountIsLimitedByRole(t *testing.T) {
	w := newWorld(t, `{}`, plainMenu)
	o := w.do(t, nil, domain.Admin, "order.create", tenDosas).Next
	for _, row := range strings.Split(strings.TrimSpace(discountMatrix), "\n")[1:] {
		cells := strings.Fields(row)
		create := `{` + cells[0] + `,` + tenDosas[1:]
		for i, role := range domain.Roles() {
			want := map[string]string{"yes": "accepted", "no": "FORBIDDEN"}[cells[i+1]]
			_, refusal := Decide(nil, command(t, "order.create", create), w.meta(role))
			got := []string{blamed(refusal)}
			_, refusal = Preview(command(t, "order.create", create).(*Create), w.meta(role))
			got = append(got, blamed(refusal))
			_, refusal = Decide(o, command(t, "order.set_discount", `{`+cells[0]+`}`), w.meta(role))
			if got = append(got, blamed(refusal)); strings.Join(got, " ") != strings.Join([]string{want, want, want}, " ") {
				t.Errorf("%s by %s: %v, want %s", cells[0], role, got, want)
			}
		}
	}
}

func TestRefusalSaysWhatIsNeeded(t *testing.T) {
	w := newWorld(t, `{}`, plainMenu)
	refusal := w.refused(t, nil, domain.Waiter, "order.create", `{"discount_type":"percent","discount_value":12,`+tenDosas[1:])
	if want := "Role waiter may give at most 10 % of the subtotal off this order: more takes discount with a higher limit"; refusal.Detail != want {
		t.Error(refusal.Detail)
	}
	served := w.do(t, w.do(t, nil, domain.Waiter, "order.create", tenDosas).Next, domain.Waiter, "order.set_status", `{"status":"served"}`).Next
	refusal = w.refused(t, served, domain.Waiter, "order.change_item", `{"line_id":"l1","quantity":1,"reason":"x"}`)
	if want := "Role waiter may not take back what the kitchen has of this order: that takes reduce_fired"; refusal.Detail != want {
		t.Error(refusal.Detail)
	}
}

// TestLimitAsksAgain follows one order: each step says who asks what, and what
// comes of it.
func TestLimitAsksAgain(t *testing.T) {
	w := newWorld(t, `{}`, plainMenu)
	o := w.do(t, nil, domain.Admin, "order.create", tenDosas).Next
	percent := func(v string) string { return `{"discount_type":"percent","discount_value":` + v + `}` }
	amount := func(v string) string { return `{"discount_type":"amount","discount_value":` + v + `}` }
	for i, step := range []struct {
		by         domain.Role
		kind, body string
		want       string
	}{
		{domain.Manager, "order.set_discount", percent("50"), "accepted"},
		{domain.Waiter, "order.change_item", `{"line_id":"l1","quantity":9}`, "accepted"}, // as much of less
		{domain.Waiter, "order.change_item", `{"line_id":"l1","quantity":10}`, "accepted"},
		{domain.Waiter, "order.set_discount", percent("40"), "accepted"}, // lower
		{domain.Waiter, "order.set_discount", percent("41"), "FORBIDDEN"},
		{domain.Waiter, "order.set_discount", amount("300"), "FORBIDDEN"}, // another kind is another discount
		{domain.Waiter, "order.set_discount", amount("100"), "accepted"},
		{domain.Waiter, "order.change_item", `{"line_id":"l1","quantity":9.999}`, "FORBIDDEN"}, // more than a tenth
		{domain.Waiter, "order.add_items", `{"items":[{"menu_item_id":"dosa","quantity":1,"modifiers":[{"name":"Cheese","price":50}]}]}`, "accepted"},
		{domain.Waiter, "order.change_item", `{"line_id":"l2","modifiers":[]}`, "accepted"}, // 1,100.00 left
		{domain.Waiter, "order.remove_item", `{"line_id":"l1"}`, "FORBIDDEN"},
		{domain.Manager, "order.remove_item", `{"line_id":"l1"}`, "accepted"},
		{domain.Waiter, "order.set_discount", amount("99"), "accepted"},
		{domain.Waiter, "order.set_discount", amount("99.01"), "FORBIDDEN"},
		{domain.Waiter, "order.set_discount", `{"discount_value":0}`, "accepted"},
		{domain.Waiter, "order.set_discount", amount("99"), "FORBIDDEN"}, // it was taken back
	} {
		d, refusal := Decide(o, command(t, step.kind, step.body), w.meta(step.by))
		if got := blamed(refusal); got != step.want {
			t.Errorf("step %d, %s %s by %s: got %s, want %s", i, step.kind, step.body, step.by, got, step.want)
		}
		if refusal == nil {
			o = d.Next
		}
	}
	// what there is nothing to take off from counts whole
	free := w.do(t, nil, domain.Waiter, "order.create", `{"items":[{"menu_item_id":"tip","quantity":1}]}`).Next
	if got := blamed(w.refused(t, free, domain.Waiter, "order.set_discount", amount("0.01"))); got != "FORBIDDEN" {
		t.Error(got)
	}
}

// TestTakingBackADiscountIsNotGivingOne, also for those who may give none.
func TestTakingBackADiscountIsNotGivingOne(t *testing.T) {
	w := newWorld(t, `{"permissions":{"discount":["manager"]}}`, plainMenu)
	o := w.do(t, nil, domain.Manager, "order.create", `{"discount_type":"percent","discount_value":8,`+tenDosas[1:]).Next
	for body, want := range map[string]string{
		`{"discount_value":0}`:                             "accepted",
		`{"discount_type":"percent","discount_value":7}`:   "accepted",
		`{"discount_type":"percent","discount_value":8.5}`: "FORBIDDEN",
		`{"discount_type":"amount","discount_value":1}`:    "FORBIDDEN",
	} {
		_, refusal := Decide(o, command(t, "order.set_discount", body), w.meta(domain.Waiter))
		if got := blamed(refusal); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestLimitsAreTheOrganisations(t *testing.T) {
	for settings, taken := range map[string]string{
		`{"discount_limits":{"waiter":25.5}}`:           "0.0001 10 10.0001 25.5",
		`{"discount_limits":{"waiter":0,"manager":30}}`: "",
		`{"discount_limits":{}}`:                        "0.0001 10 10.0001 25.5 25.5001 100",
		`{"discount_limits":null}`:                      "0.0001 10",
		`{"discount_limits":{"cashier":10}}`:            "0.0001 10 10.0001 25.5 25.5001 100",
	} {
		w := newWorld(t, settings, plainMenu)
		var got []string
		for _, value := range []string{"0.0001", "10", "10.0001", "25.5", "25.5001", "100"} {
			if _, refusal := Decide(nil, command(t, "order.create", `{"discount_type":"percent","discount_value":`+value+`,`+tenDosas[1:]), w.meta(domain.Waiter)); refusal == nil {
				got = append(got, value)
			}
		}
		if strings.Join(got, " ") != taken {
			t.Errorf("%s: a waiter may give %v", settings, got)
		}
	}
}
