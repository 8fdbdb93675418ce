package order

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"heard/domain"
)

// randomRules are the organisations that random orders are made in.
func randomRules() []string {
	return []string{
		indianSettings,
		koreanSettings,
		`{"currency":"INR","default_tax_class":null,"status_transitions":"lenient"}`,
		`{"currency":"KWD","tax_classes":{"a":[{"code":"X","rate":5},{"code":"Y","rate":7.125,"compound":true}],"b":[]},"default_tax_class":"a",
			"prices_include_tax":true,"tax_rounding":"line","charges":[{"code":"s","type":"percent","value":12.3456,"tax_class":"a","inclusive":true}],"round_off":{"increment":0.05}}`,
		`{"currency":"CLF","price_override":true,"status_aliases":{"done":"completed"},"permissions":{"cancel":["manager"]}}`,
	}
}

func randomWorld(t testing.TB, random *rand.Rand) *world {
	rules := randomRules()
	w := newWorld(t, rules[random.IntN(len(rules))], `[{"id":"dosa","name":"Dosa","price":120,"modifier_groups":[{"name":"Extras","options":[{"id":"ghee","name":"Ghee","price":15}]}]},
		{"id":"soup","name":"Soup","price":80,"available":false}]`)
	w.at += random.Int64N(1_000_000_000)
	return w
}

// randomText has everything an encoder must escape and a name may hold.
func randomText(random *rand.Rand) string {
	letters := []rune("ab <>&\"\\/'éमसا🍕\u00a0\u200d\ufeff\U0010ffff\ufffd")
	var b strings.Builder
	for range random.IntN(12) {
		b.WriteRune(letters[random.IntN(len(letters))])
	}
	return b.String()
}

func quoted(s string) string { return string(domain.AppendString(nil, s)) }

// pick answers one of the choices.
func pick[T any](random *rand.Rand, choices ...T) T { return choices[random.IntN(len(choices))] }

func randomItem(random *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"quantity":%s`, pick(random, "1", "2", "0.5", "0.001", "3.333", "250", "1000000", "0"))
	switch random.IntN(4) {
	case 0:
		b.WriteString(`,"menu_item_id":"dosa"`)
	case 1:
		fmt.Fprintf(&b, `,"menu_item_id":%q,"name":%s,"price_minor":%d`, pick(random, "x-1", "soup", ""), quoted("n"+randomText(random)), random.Int64N(1_000_000))
	default:
		fmt.Fprintf(&b, `,"name":%s,"price":%s`, quoted("n"+randomText(random)), pick(random, "0", "1", "10", "199", `"45"`, "9007199254740", "0.5"))
	}
	if random.IntN(2) == 0 {
		fmt.Fprintf(&b, `,"notes":%s,"course":%s,"seat":%d`, quoted(randomText(random)), pick(random, "1", `"main"`, "null", `""`), random.IntN(5))
	}
	if random.IntN(3) == 0 {
		fmt.Fprintf(&b, `,"modifiers":[%s,{"name":%s,"price":%d}]`, pick(random, `"ghee"`, `"Ghee"`, `"none"`), quoted("m"+randomText(random)), random.IntN(50))
	}
	if random.IntN(4) == 0 {
		fmt.Fprintf(&b, `,"line_id":"%s%d"`, pick(random, "l", "c-"), random.IntN(9))
	}
	return b.String() + "}"
}

func randomItems(random *rand.Rand) string {
	items := make([]string, 1+random.IntN(5))
	for i := range items {
		items[i] = randomItem(random)
	}
	return `"items":[` + strings.Join(items, ",") + `]`
}

func randomDiscount(random *rand.Rand) string {
	return pick(random, `"discount_value":0`, `"discount_type":"percent","discount_value":10`, `"discount_type":"percentage","discount_value":33.3333`,
		`"discount_type":"percent","discount_value":100`, `"discount_type":"amount","discount_value":50`, `"discount_type":"amount","discount_value_minor":99999999`,
		`"discount_type":"percent","discount_value":101`)
}

func randomCreate(random *rand.Rand) string {
	return fmt.Sprintf(`{%s,"customer_name":%s,"customer_phone":%s,"client_order_id":%s,"table_id":%s,"table_number":%d,"order_type":%q,%s}`,
		randomItems(random), quoted(randomText(random)), quoted(randomText(random)), quoted(randomText(random)), pick(random, `null`, `"t-1"`),
		random.IntN(20), pick(random, "", "dine_in", "delivery", "curbside"), randomDiscount(random))
}

// randomCommand is a command for an order, more often than not one that is taken.
func randomCommand(random *rand.Rand, o *Order) (kind, body string) {
	line := pick(random, "l1", "l2", "c-3")
	if o != nil && random.IntN(4) > 0 {
		line = o.Lines[random.IntN(len(o.Lines))].ID
	}
	reason := quoted(randomText(random))
	switch {
	case o == nil:
		return "order.create", randomCreate(random)
	case random.IntN(3) == 0:
		return "order.add_items", "{" + randomItems(random) + "}"
	}
	switch random.IntN(8) {
	case 0:
		return "order.change_item", fmt.Sprintf(`{"line_id":%q,"quantity":%s,"notes":%s}`, line, pick(random, "1", "7", "0.125"), reason)
	case 1:
		return "order.change_item", fmt.Sprintf(`{"line_id":%q,"price_minor":%d,"modifiers":[%s]}`, line, random.IntN(10_000), pick(random, ``, `"x"`, `{"name":"ghee"}`))
	case 2:
		return "order.remove_item", fmt.Sprintf(`{"line_id":%q}`, line)
	case 3:
		return "order.set_discount", fmt.Sprintf(`{%s,"reason":%s}`, randomDiscount(random), reason)
	case 4:
		if random.IntN(3) == 0 {
			return "order.cancel", `{"reason":` + reason + `}`
		}
	case 5:
		return "order.reopen", `{"reason":` + reason + `}`
	}
	status := pick(random, "pending", "preparing", "ready", "served", "completed", "done", "nowhere")
	return "order.set_status", fmt.Sprintf(`{"status":%q,"reason":%s}`, status, reason)
}

const (
	randomLives = 120
	lifeSteps   = 25
)

// life is what happened to one random order.
type life struct {
	seed    uint64
	w       *world
	records []domain.Record
	states  []*Order // after each record
	images  []string // of each state, when it was made
}

// eachLife leads seeded orders through random commands; step sees each one.
func eachLife(t *testing.T, step func(l *life, before *Order, c Command, m *Meta, d *Decision), end func(l *life)) {
	t.Helper()
	events := 0
	for seed := range uint64(randomLives) {
		random := rand.New(rand.NewPCG(seed, 5))
		l := &life{seed: seed, w: randomWorld(t, random)}
		var o *Order
		for range lifeSteps {
			l.w.at += random.Int64N(90_000)
			kind, body := randomCommand(random, o)
			c, m := command(t, kind, body), l.w.meta(pick(random, domain.Admin, domain.Admin, domain.Waiter, domain.Kitchen))
			d, refusal := Decide(o, c, m)
			if refusal != nil {
				continue
			}
			if step != nil {
				step(l, o, c, m, &d)
			}
			if o = d.Next; d.Event == nil {
				continue
			}
			image := o.AppendJSON(nil)
			l.records = append(l.records, domain.Record{Seq: uint64(len(l.records) + 1), Kind: d.Event.Kind(), Entity: o.ID, Version: o.Version,
				At: m.At, By: m.By, Data: AppendEvent(nil, d.Event, m), Image: image})
			l.states, l.images = append(l.states, o), append(l.images, string(image))
		}
		events += len(l.records)
		if end != nil {
			end(l)
		}
	}
	if events < randomLives*lifeSteps/4 {
		t.Errorf("only %d events happened in %d lives: the commands are too often refused", events, randomLives)
	}
}
