package order

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/outlet"
)

// mealMenu has groups that share names of options, at other prices.
const mealMenu = `[
	{"id":"meal","name":"Meal","price":100,"modifier_groups":[
		{"id":"b","name":"Burger","options":[{"name":"Large","price":30},{"name":"Small"}]},
		{"id":"d","name":"Drink","options":[{"name":"Large","price":10},{"name":"Small"}]}]},
	{"id":"one","name":"One of each","price":100,"modifier_groups":[
		{"name":"Burger","min":1,"max":1,"options":[{"name":"Large","price":30},{"name":"Veg"}]},
		{"name":"Drink","max":1,"options":[{"name":"Large","price":10},{"name":"Cola"}]}]},
	{"id":"chain","name":"Chain","price":100,"modifier_groups":[
		{"name":"A","max":1,"options":[{"name":"x","price":1},{"name":"y","price":2}]},
		{"name":"B","max":1,"options":[{"name":"y","price":2},{"name":"z","price":4}]},
		{"name":"C","max":1,"options":[{"name":"z","price":4},{"name":"x","price":1}]}]},
	{"id":"water","name":"Water","price":20}]`

// sharedOptions says what modifiers come to with the item's 100.00, or how they
// are refused.
const sharedOptions = `
item   modifiers                                            comes to
meal   "Large","Large"                                      140.00
meal   {"name":"Large","price":10}                          110.00
meal   {"name":"Large","price":30}                          130.00
meal   {"name":"Large","group":"Drink"}                     110.00
meal   {"name":"Large","group":"b"}                         130.00
meal   {"name":"Large","group":"b"},"Large"                 140.00
meal   {"name":"Large","price":30},"Large"                  140.00
meal   "Large",{"name":"Large","price_minor":3000}          140.00
meal   {"name":"Large","group":"b"},{"name":"Large","group":"Burger"} 160.00
meal   "Small","Small"                                      100.00
meal   "Small"                                              100.00
meal   "Large"                                              VALIDATION_ERROR items[1].modifiers[0]
meal   "Small","Large"                                      VALIDATION_ERROR items[1].modifiers[1]
meal   "Large","Large","Large"                              VALIDATION_ERROR items[1].modifiers[0]
meal   {"name":"Large","price":20}                          PRICE_MISMATCH items[1].modifiers[0].price
meal   {"name":"Large","group":"Drink","price":30}          PRICE_MISMATCH items[1].modifiers[0].price
meal   {"name":"Large","group":"Dessert"}                   VALIDATION_ERROR items[1].modifiers[0].group
one    "Large"                                              130.00
one    "Veg","Large"                                        110.00
one    "Large","Cola"                                       130.00
one    "Large","Large"                                      140.00
chain  "x","y","z"                                          107.00
chain  "y","x","z"                                          107.00
chain  "z","z","y"                                          110.00
chain  "x","x","y"                                          104.00
`

func TestNameIsResolvedInTheGroupWhereItFits(t *testing.T) {
	for _, policy := range []string{"accept", "refuse"} {
		w := newWorld(t, indianSettings, mealMenu)
		w.organise(t, "outlet.put_settings", `{"open_items":"`+policy+`"}`)
		for _, row := range strings.Split(strings.TrimSpace(sharedOptions), "\n")[1:] {
			cells := strings.Fields(row)
			item, modifiers, want := cells[0], cells[1], strings.Join(cells[2:], " ")
			body := withModifiers(item, modifiers)
			d, refusal := Decide(nil, command(t, "order.create", body), w.meta(domain.Waiter))
			got := blamed(refusal)
			if refusal == nil {
				got = fmt.Sprintf("%d.00", d.Next.Lines[1].Amount/100)
			}
			if got != want {
				t.Errorf("%s, %s: got %s (%v), want %s", policy, modifiers, got, refusal, want)
			}
			if refusal != nil && strings.HasPrefix(want, "VALIDATION_ERROR") && !strings.HasSuffix(want, ".group") &&
				(!strings.Contains(refusal.Detail, "Burger for 30.00") || !strings.Contains(refusal.Detail, "Drink for 10.00")) {
				t.Errorf("%s: both groups are to be named: %s", modifiers, refusal.Detail)
			}
		}
	}
}

// TestPriceNobodyListsCountsInAGroup: who may set prices sets this one, too.
func TestPriceNobodyListsCountsInAGroup(t *testing.T) {
	w := newWorld(t, indianSettings, mealMenu)
	w.organise(t, "outlet.put_settings", `{"open_items":"refuse"}`)
	o := w.do(t, nil, domain.Manager, "order.create", withModifiers("one", `{"name":"Large","price":5},{"name":"Large","price":7}`)).Next
	if got := o.Lines[1].Amount; got != 11200 {
		t.Errorf("comes to %d", got)
	}
	refusal := w.refused(t, nil, domain.Manager, "order.create", withModifiers("one", `{"name":"Large","price":5},{"name":"Large","price":7},"Large"`))
	if got := blamed(refusal); got != "VALIDATION_ERROR items[1].modifiers" {
		t.Error(refusal)
	}
}

// TestSoldOptionsOfOneNameKeepTheirPrices: the item has left the menu since.
func TestSoldOptionsOfOneNameKeepTheirPrices(t *testing.T) {
	w := newWorld(t, indianSettings, mealMenu)
	o := w.do(t, nil, domain.Waiter, "order.create", withModifiers("meal", `"Large","Large"`)).Next
	w.organise(t, "outlet.remove_item", `{"id":"meal"}`)
	for body, want := range map[string]string{
		`{"line_id":"l2","modifiers":["Large","Large"],"notes":"hot"}`:                          "accepted 14000",
		`{"line_id":"l2","notes":"hot","modifiers":[{"name":"Large","price":10}]}`:              "accepted 11000",
		`{"line_id":"l2","modifiers":["Large"]}`:                                                "VALIDATION_ERROR modifiers[0]",
		`{"line_id":"l2","modifiers":[{"name":"Large","price":30},{"name":"Large","price":0}]}`: "PRICE_MISMATCH modifiers[1].price",
	} {
		d, refusal := Decide(o, command(t, "order.change_item", body), w.meta(domain.Waiter))
		got := blamed(refusal)
		if refusal == nil {
			got += fmt.Sprint(" ", d.Next.Lines[1].Amount)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

// TestAssignmentIsTheBestThereIs compares with trying everything.
func TestAssignmentIsTheBestThereIs(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 400 {
		item, requests := randomMeal(random)
		var offers []offer
		for i := range requests {
			offers = requests[i].offers(item, i, offers)
		}
		for _, sign := range []int64{1, -1} {
			got := assign(len(requests), item, offers, sign)
			if paid, best := tollOf(item, got, sign), cheapest(item, offers, nil, sign); paid != best {
				text, _ := json.Marshal(item)
				t.Fatalf("%s\n%+v\npays %v, best is %v: %+v", text, requests, paid, best, got)
			}
		}
	}
}

func randomMeal(random *rand.Rand) (*outlet.Item, []ModifierRequest) {
	item := &outlet.Item{ModifierGroups: make([]outlet.ModifierGroup, 1+random.IntN(3))}
	names := []string{"a", "b", "c"}
	for g := range item.ModifierGroups {
		group := &item.ModifierGroups[g]
		group.Min, group.Max = random.IntN(2), random.IntN(3)
		if group.Max != 0 {
			group.Max = max(group.Min, group.Max)
		}
		for _, name := range names {
			group.Options = append(group.Options, outlet.ModifierOption{Name: name, Price: int64(random.IntN(4))})
		}
	}
	requests := make([]ModifierRequest, random.IntN(6))
	for i := range requests {
		requests[i].Name = pick(random, names...)
	}
	return item, requests
}

// tollOf is what an assignment pays.
func tollOf(item *outlet.Item, chosen []offer, sign int64) (paid toll) {
	used, in := map[*outlet.ModifierOption]int{}, make([]int, len(item.ModifierGroups))
	for _, o := range chosen {
		used[o.option]++
		in[o.group]++
		paid.price += sign * o.price
	}
	for _, n := range used {
		paid.rules += (n - 1) * tollTwice
	}
	for g, group := range item.ModifierGroups {
		paid.rules -= min(in[g], group.Min) * tollGroup
		if group.Max != 0 {
			paid.rules += max(0, in[g]-group.Max) * tollGroup
		}
	}
	return paid
}

// cheapest tries every assignment.
func cheapest(item *outlet.Item, offers, chosen []offer, sign int64) toll {
	if len(offers) == 0 {
		return tollOf(item, chosen, sign)
	}
	var best toll
	n := 0
	for ; n < len(offers) && offers[n].request == offers[0].request; n++ {
	}
	for i := range n {
		if t := cheapest(item, offers[n:], append(chosen[:len(chosen):len(chosen)], offers[i]), sign); i == 0 || t.less(best) {
			best = t
		}
	}
	return best
}
