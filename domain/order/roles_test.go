package order

import (
	"strings"
	"testing"

	"heard/domain"
)

// roleMatrix says who may do what where the settings narrow nothing.
const roleMatrix = `
action        admin  manager  cashier  waiter  kitchen  staff
create        yes    yes      yes      yes     no       yes
edit          yes    yes      yes      yes     no       yes
discount      yes    yes      yes      yes     no       yes
reduce_fired  yes    yes      no       no      no       no
advance       yes    yes      yes      yes     yes      yes
complete      yes    yes      yes      yes     no       no
cancel        yes    yes      yes      yes     no       no
cancel_fired  yes    yes      no       no      no       no
reopen        yes    yes      no       no      no       no
`

// deed is one way to do an action, or what takes several.
type deed struct {
	action string // with spaces between
	from   Status
	kind   string
	body   string
}

func moves(action string, from, to Status) deed {
	return deed{action, from, "order.set_status", `{"status":"` + string(to) + `","reason":"r"}`}
}

// deeds lists every way to do every action: each move of the status machine, or
// with lenient every move there is.
func deeds(lenient bool) []deed {
	all := []deed{
		{"create", "", "order.create", twoDosas},
		{"edit", Pending, "order.add_items", bodies["order.add_items"]},
		{"edit", Served, "order.change_item", bodies["order.change_item"]},
		{"edit", Pending, "order.remove_item", bodies["order.remove_item"]},
		{"edit", Pending, "order.change_item", `{"line_id":"l1","quantity":0.5}`},
		{"edit", Preparing, "order.change_item", `{"line_id":"l1","notes":"hot","modifiers":["ghee"]}`},
		{"edit discount", Ready, "order.set_discount", bodies["order.set_discount"]},
		{"create discount", "", "order.create", `{"discount_type":"percent","discount_value":10,` + twoDosas[1:]},
		{"cancel", Pending, "order.cancel", `{}`},
		{"reopen", Completed, "order.reopen", `{}`},
	}
	for _, from := range []Status{Preparing, Ready, Served} {
		all = append(all, deed{"cancel_fired", from, "order.cancel", `{"reason":"r"}`},
			deed{"edit reduce_fired", from, "order.remove_item", bodies["order.remove_item"]},
			deed{"edit reduce_fired", from, "order.change_item", `{"line_id":"l1","quantity":1.999,"reason":"burnt"}`})
	}
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			if from != to && (lenient || machine(from, to)) {
				all = append(all, moves(actionOf(from, to), from, to))
			}
		}
	}
	return all
}

// machine is CONTRACT section 5, move by move.
func machine(from, to Status) bool {
	allowed := map[Status]string{
		Pending:   "preparing ready served completed cancelled",
		Preparing: "pending ready served completed cancelled",
		Ready:     "preparing served completed cancelled",
		Served:    "completed cancelled",
		Completed: "preparing",
	}
	return strings.Contains(allowed[from], string(to))
}

// actionOf names what a move needs to be allowed.
func actionOf(from, to Status) string {
	switch {
	case from == Completed || from == Cancelled:
		return "reopen"
	case to == Cancelled && from == Pending:
		return "cancel"
	case to == Cancelled:
		return "cancel_fired"
	case to == Completed:
		return "complete"
	}
	return "advance"
}

// readRoles reads the matrix: action → role → may.
func readRoles(t *testing.T) map[string]map[domain.Role]bool {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(roleMatrix), "\n")
	header := strings.Fields(lines[0])[1:]
	if len(header) != len(domain.Roles()) {
		t.Fatalf("columns %v, want %v", header, domain.Roles())
	}
	may := map[string]map[domain.Role]bool{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		may[cells[0]] = map[domain.Role]bool{}
		for i, role := range domain.Roles() {
			if header[i] != string(role) {
				t.Fatalf("column %d is %s, want %s", i, header[i], role)
			}
			may[cells[0]][role] = cells[i+1] == "yes"
		}
	}
	return may
}

// allowed reports whether a role may do all that a deed takes.
func (d *deed) allowed(may map[string]map[domain.Role]bool, role domain.Role) bool {
	for _, action := range strings.Fields(d.action) {
		if !may[action][role] {
			return false
		}
	}
	return true
}

func checkDeeds(t *testing.T, w *world, all []deed, may map[string]map[domain.Role]bool) {
	t.Helper()
	for _, d := range all {
		given := w.in(t, d.from)
		for _, role := range append(domain.Roles(), "cook", "") {
			_, refusal := Decide(given, command(t, d.kind, d.body), w.meta(role))
			want := "accepted"
			if !d.allowed(may, role) {
				want = string(domain.Forbidden)
			}
			if got := blamed(refusal); got != want {
				t.Errorf("%s in %q %s by %q (%s): got %s, want %s", d.kind, d.from, d.body, role, d.action, got, want)
			}
		}
	}
}

func TestEveryRoleDoesWhatItMayAndNoMore(t *testing.T) {
	may, w := readRoles(t), india(t)
	done := map[string]bool{}
	for _, d := range deeds(false) {
		for _, action := range strings.Fields(d.action) {
			done[action] = true
		}
	}
	for action := range may {
		if !done[action] {
			t.Errorf("nothing here does %s", action)
		}
	}
	checkDeeds(t, w, deeds(false), may)
}

func TestLenientOrganisationStillChecksRoles(t *testing.T) {
	may, w := readRoles(t), india(t)
	w.organise(t, "outlet.put_settings", `{"status_transitions":"lenient"}`)
	checkDeeds(t, w, deeds(true), may)
}

func TestPermissionsNarrowOneActionAtATime(t *testing.T) {
	may := readRoles(t)
	for narrowed := range may {
		for _, left := range []string{`[]`, `["manager","admin"]`} {
			// given
			w := india(t)
			w.at = noon
			w.organise(t, "outlet.put_settings", `{"permissions":{"`+narrowed+`":`+left+`}}`)
			all := deeds(false)
			given := map[Status]*Order{}
			free := india(t) // orders are made where nothing is narrowed
			for _, s := range Statuses() {
				given[s] = free.in(t, s)
			}
			// when, then
			for _, d := range all {
				for _, role := range domain.Roles() {
					want := d.allowed(may, role)
					if strings.Contains(" "+d.action+" ", " "+narrowed+" ") {
						want = want && strings.Contains(left, string(role))
					}
					_, refusal := Decide(given[d.from], command(t, d.kind, d.body), w.meta(role))
					if got := refusal == nil; got != want {
						t.Errorf("%s narrowed to %s: %s by %s: %s", narrowed, left, d.action, role, blamed(refusal))
					}
				}
			}
		}
	}
}

func TestReasonOfEveryCancelIsKept(t *testing.T) {
	w := india(t)
	w.organise(t, "outlet.put_settings", `{"status_transitions":"lenient"}`)
	for _, from := range Statuses() {
		if from == Cancelled {
			continue
		}
		// when
		o := w.do(t, w.in(t, from), domain.Manager, "order.set_status", `{"status":"cancelled","reason":"walked out"}`).Next
		// then
		if o.Status != Cancelled || o.CancelReason != "walked out" {
			t.Errorf("from %s: %s because %q", from, o.Status, o.CancelReason)
		}
		// and a cancel taken back has no reason any more
		o = w.do(t, o, domain.Manager, "order.set_status", `{"status":"pending"}`).Next
		if o.Status != Pending || o.CancelReason != "" {
			t.Errorf("taken back: %s because %q", o.Status, o.CancelReason)
		}
	}
}

func TestOtherWordsAreTakenOnlyFromTheAliasMap(t *testing.T) {
	// given
	w := india(t)
	o := w.in(t, Pending)
	if got := blamed(w.refused(t, o, domain.Waiter, "order.set_status", `{"status":"cooking"}`)); got != "INVALID_STATUS status" {
		t.Errorf("unknown word: %s", got)
	}
	w.organise(t, "outlet.put_settings", `{"status_aliases":{"cooking":"preparing","void":"cancelled","pending":"completed"}}`)
	// when, then
	if got := w.do(t, o, domain.Kitchen, "order.set_status", `{"status":"cooking"}`).Next.Status; got != Preparing {
		t.Errorf("cooking is %s", got)
	}
	if got := blamed(w.refused(t, o, domain.Kitchen, "order.set_status", `{"status":"void"}`)); got != "FORBIDDEN" {
		t.Errorf("an alias went around the roles: %s", got)
	}
	for _, word := range []string{"Cooking", "COOKING", " cooking", "cooking ", "Pending"} {
		if got := blamed(w.refused(t, o, domain.Admin, "order.set_status", `{"status":"`+word+`"}`)); got != "INVALID_STATUS status" {
			t.Errorf("%q: %s", word, got)
		}
	}
	if d := w.do(t, o, domain.Admin, "order.set_status", `{"status":"pending"}`); d.Event != nil {
		t.Error("an alias took the place of a status")
	}
}
