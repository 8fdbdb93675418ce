package order

import (
	"fmt"
	"strings"

	"heard/domain"
	"heard/domain/outlet"
)

// settle chooses what each modifier means when some may mean several options.
// What the groups ask for (min, max) comes first; then no option is meant twice
// while another would do. Where that leaves more than one price, it is for the
// client to say.
func settle(requests []ModifierRequest, item *outlet.Item, offers []offer, m *Meta) ([]offer, *domain.Error) {
	low := assign(len(requests), item, offers, 1)
	if m.listedOnly() {
		if err := checkGroups(low, item); err != nil { // none fits
			return nil, err
		}
	}
	high := assign(len(requests), item, offers, -1)
	for i := range requests {
		own := offersOf(offers, i)
		if differ(own) && priceOf(requests, low, requests[i].Name) != priceOf(requests, high, requests[i].Name) {
			return nil, m.ambiguous(requests[i].Name, item, own)
		}
	}
	return low, nil
}

// offersOf are those of one modifier.
func offersOf(offers []offer, request int) (own []offer) {
	for _, o := range offers {
		if o.request == request {
			own = append(own, o)
		}
	}
	return own
}

// priceOf is what the modifiers of a name come to.
func priceOf(requests []ModifierRequest, chosen []offer, name string) (sum int64) {
	for i := range chosen {
		if requests[chosen[i].request].Name == name {
			sum += chosen[i].price
		}
	}
	return sum
}

func (m *Meta) ambiguous(name string, item *outlet.Item, offers []offer) *domain.Error {
	var places []string
	for i := range offers {
		places = append(places, item.ModifierGroups[offers[i].group].Name+" for "+m.prices(offers[i : i+1])[0])
	}
	return domain.Blame(domain.ValidationError, modifierField(offers[0].request), fmt.Sprintf("%q is in %s: name its group, or its price", name, strings.Join(places, " and in ")))
}

// What an assignment pays for what it does to the rules. One group that is not
// filled, or is too full, weighs more than any number of options meant twice.
const (
	tollTwice = 1
	tollGroup = maxModifiers + 1
)

// assign gives each modifier that has offers one of them: as the groups ask, and
// then for the least money, or with -1 for the most. It is a flow of least cost:
// from each modifier through an option and its group.
func assign(requests int, item *outlet.Item, offers []offer, sign int64) []offer {
	const source, sink = 0, 1
	f, nodes, arcs := flow{nodes: 2 + requests + len(item.ModifierGroups)}, map[*outlet.ModifierOption]int{}, make([]int, len(offers))
	for g := range item.ModifierGroups {
		group, node := &item.ModifierGroups[g], 2+requests+g
		f.link(node, sink, group.Min, toll{rules: -tollGroup})
		if group.Max != 0 {
			f.link(node, sink, group.Max-group.Min, toll{})
			f.link(node, sink, requests, toll{rules: tollGroup})
		} else {
			f.link(node, sink, requests, toll{})
		}
	}
	units := 0
	for i, o := range offers {
		option, known := nodes[o.option]
		if !known {
			option = f.nodes
			nodes[o.option], f.nodes = option, option+1
			f.link(option, 2+requests+o.group, 1, toll{})
			f.link(option, 2+requests+o.group, requests, toll{rules: tollTwice})
		}
		if i == 0 || offers[i-1].request != o.request {
			f.link(source, 2+o.request, 1, toll{})
			units++
		}
		arcs[i] = len(f.arcs)
		f.link(2+o.request, option, 1, toll{price: sign * o.price})
	}
	for range units {
		f.push(source, sink)
	}
	var chosen []offer
	for i, o := range offers {
		if f.arcs[arcs[i]].room == 0 {
			chosen = append(chosen, o)
		}
	}
	return chosen
}

// toll is what a way costs: first by the rules, then in money.
type toll struct {
	rules int
	price int64
}

func (t toll) less(o toll) bool { return t.rules < o.rules || t.rules == o.rules && t.price < o.price }

// flow is a network. Arc i^1 is the way back of arc i.
type flow struct {
	nodes int
	arcs  []arc
}

type arc struct {
	to, room int
	toll     toll // of one unit
}

func (f *flow) link(from, to, room int, t toll) {
	f.arcs = append(f.arcs, arc{to, room, t}, arc{from, 0, toll{-t.rules, -t.price}})
}

// push sends one more unit the cheapest way, which may take others back.
func (f *flow) push(source, sink int) {
	type way struct {
		known bool
		toll  toll
		arc   int // the last
	}
	ways := make([]way, f.nodes)
	ways[source].known = true
	for changed := true; changed; {
		changed = false
		for i := range f.arcs {
			a, from := &f.arcs[i], &ways[f.arcs[i^1].to]
			if a.room == 0 || !from.known {
				continue
			}
			cost := toll{from.toll.rules + a.toll.rules, from.toll.price + a.toll.price}
			if to := &ways[a.to]; !to.known || cost.less(to.toll) {
				*to, changed = way{true, cost, i}, true
			}
		}
	}
	for at := sink; at != source; {
		i := ways[at].arc
		f.arcs[i].room--
		f.arcs[i^1].room++
		at = f.arcs[i^1].to
	}
}
