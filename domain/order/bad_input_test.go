package order

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"heard/domain"
)

// full is, for each command, a body that names every member and is accepted.
var full = map[string]string{
	"order.create": `{"idempotency_key":"k","table_id":"t-4","table_number":4,"order_type":"takeaway","customer_name":"Asha","customer_phone":"+91 98",
		"discount_type":"amount","discount_value":5,"discount_value_minor":500,"client_order_id":"c-1","items":[` + fullItem + `]}`,
	"order.add_items": `{"idempotency_key":"k","items":[` + fullItem + `]}`,
	"order.change_item": `{"idempotency_key":"k","line_id":"l1","quantity":2.5,"price":120,"price_minor":12000,"notes":"n","course":"1","seat":1,
		"modifiers":[{"name":"Extra Ghee","price":15.50,"price_minor":1550}]}`,
	"order.remove_item":  `{"idempotency_key":"k","line_id":"l1"}`,
	"order.set_status":   `{"idempotency_key":"k","status":"preparing","reason":"r"}`,
	"order.batch_status": `{"idempotency_key":"k","updates":[{"order_id":"` + orderID + `","status":"ready"}]}`,
	"order.batch_create": `{"idempotency_key":"k","orders":[{"table_id":"t-4","table_number":4,"order_type":"takeaway","customer_name":"Asha","customer_phone":"+91 98",
		"discount_type":"amount","discount_value":5,"discount_value_minor":500,"client_order_id":"c-1","items":[` + fullItem + `]}]}`,
	"order.set_discount": `{"idempotency_key":"k","discount_type":"percent","discount_value":10,"reason":"r"}`,
	"order.cancel":       `{"idempotency_key":"k","reason":"r"}`,
	"order.reopen":       `{"idempotency_key":"k","reason":"r"}`,
}

const fullItem = `{"line_id":"a","menu_item_id":"dosa","name":"Dosa","quantity":1,"price":120,"price_minor":12000,"notes":"n","course":2,"seat":1,
	"modifiers":[{"name":"Extra Ghee","price":15.50,"price_minor":1550}]}`

// attack gives a member of a body a value, "" takes it away, and names what is
// to come of it: a code, with another field where it is not the member itself,
// or "decode": the decoder refuses it, which the transport words.
type attack struct{ member, value, want string }

// texts and ids are attacked alike wherever they stand.
const badUTF8 = "@@bad@@" // becomes a byte that is no UTF-8, which encoding/json would repair

var (
	textAttacks = []string{`"` + strings.Repeat("x", 257) + `"`, `"` + strings.Repeat("é", 257) + `"`, `"a\u0000b"`,
		`"\u001b[2J"`, `"a\u0085"`, `"a\u007f"`, `"a\u000b"`, `"` + badUTF8 + `"`}
	foreignAttacks = append([]string{`"` + strings.Repeat("é", 128) + `"`, `"a\nb"`, `"a\tb"`, `"a\u2028b"`, `"\u2029"`, `"\u202ea"`, `"a\u2069"`}, textAttacks...)
	idAttacks      = append([]string{`"a b"`, `"../../etc"`, `"a/b"`, `"é"`, `"a:b"`, `"a.b"`, `"$where"`, `"` + strings.Repeat("a", 65) + `"`}, foreignAttacks...)
	texts          = map[string][]string{
		"order.create":       {"customer_name", "customer_phone", "items[0].name", "items[0].notes", "items[0].course", "items[0].modifiers[0].name"},
		"order.add_items":    {"items[0].name", "items[0].notes", "items[0].course", "items[0].modifiers[0].name"},
		"order.change_item":  {"notes", "course", "modifiers[0].name"},
		"order.set_status":   {"reason"},
		"order.set_discount": {"reason"},
		"order.cancel":       {"reason"},
		"order.reopen":       {"reason"},
	}
	foreignIDs = map[string][]string{
		"order.create":    {"table_id", "client_order_id", "items[0].menu_item_id"},
		"order.add_items": {"items[0].menu_item_id"},
	}
	ids = map[string][]string{
		"order.create":       {"items[0].line_id"},
		"order.add_items":    {"items[0].line_id"},
		"order.batch_status": {"updates[0].order_id"},
	}
)

// rowAttacks are those on a create, in a row of a batch: the row is refused as
// the create would be, with fields as they stand in it.
func rowAttacks(create []attack) []attack {
	all := []attack{
		{"orders", ``, "VALIDATION_ERROR"}, {"orders", `[]`, "VALIDATION_ERROR"}, {"orders", `[` + strings.Repeat(`{},`, MaxBatchOrders) + `{}]`, "VALIDATION_ERROR"},
		{"orders[0].idempotency_key", `"k2"`, "VALIDATION_ERROR"},
	}
	for _, a := range create {
		if a.want != "decode" && !strings.Contains(a.want, " ") {
			a.want += " " + a.member
		}
		all = append(all, attack{"orders[0]." + a.member, a.value, a.want})
	}
	for _, member := range slices.Concat(texts["order.create"], foreignIDs["order.create"], ids["order.create"]) {
		all = append(all, attack{"orders[0]." + member, textAttacks[0], "VALIDATION_ERROR " + member})
	}
	return all
}

// itemAttacks are on a line of a create or an add; at is "items[0].".
func itemAttacks(at string) []attack {
	all := append(priceAttacks(at), priceAttacks(at+"modifiers[0].")...)
	all = append(all, quantityAttacks(at)...)
	all = append(all, seatAttacks(at)...)
	all = append(all, modifierAttacks(at)...)
	return append(all,
		attack{at + "course", `-1`, "decode"}, attack{at + "course", `{}`, "decode"}, attack{at + "course", `true`, "decode"},
		attack{at + "quantity", ``, "VALIDATION_ERROR"}, attack{at + "quantity", `null`, "VALIDATION_ERROR"},
		attack{at + "name", `5`, "decode"}, attack{at + "menu_item_id", `5`, "decode"},
	)
}

// priceAttacks stand on a price of 1 item with the right integer twin.
func priceAttacks(at string) []attack {
	price, minor := at+"price", at+"price_minor"
	return []attack{
		{price, `-1`, "INVALID_LINE"}, {price, `-0.01`, "INVALID_LINE"}, {price, `"-5"`, "INVALID_LINE"},
		{price, `1.234`, "TOO_MANY_DECIMALS"}, {price, `0.0000000000000000001`, "TOO_MANY_DECIMALS"},
		{price, `9999999999999999`, "AMOUNT_OVERFLOW"}, {price, `90071992547409.92`, "AMOUNT_OVERFLOW"},
		{price, `123456789012345678901234567890`, "AMOUNT_OVERFLOW"}, {price, `-99999999999999999999`, "AMOUNT_OVERFLOW"},
		{price, `1e2`, "decode"}, {price, `"1,50"`, "decode"}, {price, `"NaN"`, "decode"}, {price, `""`, "decode"}, {price, `"+5"`, "decode"},
		{price, `true`, "decode"}, {price, `[1]`, "decode"}, {price, `{"$gt":0}`, "decode"},
		{minor, `11999`, "VALIDATION_ERROR"}, {minor, `-12000`, "VALIDATION_ERROR"}, {minor, `0`, "VALIDATION_ERROR"},
		{minor, `9223372036854775807`, "VALIDATION_ERROR"}, {minor, `9223372036854775808`, "decode"}, {minor, `120.00`, "decode"}, {minor, `"12000"`, "decode"},
	}
}

func quantityAttacks(at string) []attack {
	return []attack{
		{at + "quantity", `0`, "INVALID_LINE"}, {at + "quantity", `-1`, "INVALID_LINE"}, {at + "quantity", `-0`, "INVALID_LINE"}, {at + "quantity", `0.000`, "INVALID_LINE"},
		{at + "quantity", `-99999999999999999999`, "INVALID_LINE"},
		{at + "quantity", `1.0001`, "TOO_MANY_DECIMALS"}, {at + "quantity", `1000000.001`, "AMOUNT_OVERFLOW"}, {at + "quantity", `99999999999999999999`, "AMOUNT_OVERFLOW"},
		{at + "quantity", `"two"`, "decode"}, {at + "quantity", `1e3`, "decode"}, {at + "quantity", `false`, "decode"},
	}
}

func seatAttacks(at string) []attack {
	return []attack{{at + "seat", `-1`, "VALIDATION_ERROR"}, {at + "seat", `10001`, "VALIDATION_ERROR"}, {at + "seat", `1.5`, "decode"}, {at + "seat", `99999999999999999999`, "decode"}}
}

func modifierAttacks(at string) []attack {
	list := at + "modifiers"
	many := `[` + strings.Repeat(`"x",`, maxModifiers) + `"x"]`
	return []attack{
		{list, many, "VALIDATION_ERROR"}, {list, `[""]`, "VALIDATION_ERROR " + list + "[0].name"}, {list, `[null]`, "VALIDATION_ERROR " + list + "[0].name"},
		{list, `["x",{}]`, "VALIDATION_ERROR " + list + "[1].name"}, {list, `[{"name":"x","price":-1}]`, "INVALID_LINE " + list + "[0].price"},
		{list, `[{"name":"x","price_minor":-1}]`, "INVALID_LINE " + list + "[0].price"},
		{list, `[{"name":"x","price_minor":9007199254740992}]`, "AMOUNT_OVERFLOW " + list + "[0].price_minor"},
		{list, `[{"name":"x","cost":1}]`, "decode"}, {list, `[{"Name":"x"}]`, "decode"}, {list, `[5]`, "decode"}, {list, `[["x"]]`, "decode"}, {list, `"x"`, "decode"},
		{list + "[0].name", ``, "VALIDATION_ERROR"}, {list + "[0].name", `5`, "decode"},
	}
}

func discountAttacks() []attack {
	return []attack{
		{"discount_type", `"bogo"`, "INVALID_DISCOUNT_TYPE"}, {"discount_type", `"PERCENT"`, "INVALID_DISCOUNT_TYPE"}, {"discount_type", `""`, "INVALID_DISCOUNT_TYPE"},
		{"discount_type", ``, "INVALID_DISCOUNT_TYPE"}, {"discount_type", `null`, "INVALID_DISCOUNT_TYPE"}, {"discount_type", `7`, "decode"},
		{"discount_value", `-0.01`, "INVALID_DISCOUNT_VALUE"}, {"discount_value", `-99999999999999999999`, "INVALID_DISCOUNT_VALUE"},
		{"discount_value", `"ten"`, "decode"}, {"discount_value", `1e1`, "decode"}, {"discount_value", `0.00001`, "TOO_MANY_DECIMALS"},
		{"discount_value_minor", `1`, "VALIDATION_ERROR"}, {"discount_value_minor", `5.5`, "decode"},
	}
}

func attacks() map[string][]attack {
	percent := func(value, want string) attack { return attack{"discount_value", value, want} }
	amount := attack{"discount_value", `0.001`, "TOO_MANY_DECIMALS"}
	all := map[string][]attack{
		"order.create": append(append(itemAttacks("items[0]."), discountAttacks()...), amount,
			attack{"discount_value", `99999999999999.99`, "AMOUNT_OVERFLOW"}, attack{"discount_value", `99999999999999999999`, "AMOUNT_OVERFLOW"},
			attack{"table_number", `-1`, "VALIDATION_ERROR"}, attack{"table_number", `1000001`, "VALIDATION_ERROR"}, attack{"table_number", `4.5`, "decode"}, attack{"table_number", `"4"`, "decode"},
			attack{"table_id", `7`, "decode"}, attack{"order_type", `"drone"`, "VALIDATION_ERROR"}, attack{"order_type", `"Takeaway"`, "VALIDATION_ERROR"},
			attack{"items", `[]`, "EMPTY_ORDER"}, attack{"items", `null`, "EMPTY_ORDER"}, attack{"items", ``, "EMPTY_ORDER"}, attack{"items", `{}`, "decode"},
			attack{"items", `[` + fullItem + `,` + fullItem + `]`, "CONFLICT items[1].line_id"},
			attack{"items", `[{"name":"Tea","quantity":1}]`, "VALIDATION_ERROR items[0].price"}, attack{"items", `[{"quantity":1,"price":5}]`, "VALIDATION_ERROR items[0].name"},
			attack{"items", `[{"menu_item_id":"soup","quantity":1}]`, "ITEM_SOLD_OUT items[0].menu_item_id"}),
		"order.add_items": append(itemAttacks("items[0]."),
			attack{"items", `[]`, "EMPTY_ORDER"}, attack{"items", ``, "EMPTY_ORDER"}, attack{"items", `[{"line_id":"l2","menu_item_id":"dosa","quantity":1}]`, "CONFLICT items[0].line_id"}),
		"order.change_item": append(append(append(append(priceAttacks(""), priceAttacks("modifiers[0].")...), quantityAttacks("")...), append(seatAttacks(""), modifierAttacks("")...)...),
			attack{"line_id", `"l9"`, "LINE_NOT_FOUND -"}, attack{"line_id", ``, "LINE_NOT_FOUND -"}, attack{"line_id", `5`, "decode"}, attack{"course", `[]`, "decode"}),
		"order.remove_item": {{"line_id", `"l9"`, "LINE_NOT_FOUND -"}, {"line_id", ``, "LINE_NOT_FOUND -"}},
		"order.set_status":  {{"status", ``, "VALIDATION_ERROR"}, {"status", `""`, "VALIDATION_ERROR"}, {"status", `"done"`, "INVALID_STATUS"}, {"status", `"Ready"`, "INVALID_STATUS"}, {"status", `3`, "decode"}},
		"order.batch_status": {{"updates", ``, "VALIDATION_ERROR"}, {"updates", `[]`, "VALIDATION_ERROR"}, {"updates", `[` + strings.Repeat(`{},`, 100) + `{}]`, "VALIDATION_ERROR"},
			{"updates[0].order_id", ``, "VALIDATION_ERROR"}, {"updates[0].status", ``, "VALIDATION_ERROR"}},
		"order.set_discount": append(discountAttacks(), percent(`100.01`, "INVALID_DISCOUNT_VALUE"), percent(`101`, "INVALID_DISCOUNT_VALUE"),
			percent(`99999999999999999999`, "INVALID_DISCOUNT_VALUE"), percent(``, "VALIDATION_ERROR")),
	}
	all["order.batch_create"] = rowAttacks(all["order.create"])
	return all
}

func TestBadInputIsRefusedByFieldAndCode(t *testing.T) {
	w := india(t)
	for kind, body := range full {
		if got := try(t, w, kind, body); got != "accepted" {
			t.Fatalf("%s: the whole body itself: %s", kind, got)
		}
		list := attacks()[kind]
		for _, member := range texts[kind] {
			for _, value := range textAttacks {
				list = append(list, attack{member, value, "VALIDATION_ERROR"})
			}
		}
		for _, member := range foreignIDs[kind] {
			for _, value := range foreignAttacks {
				list = append(list, attack{member, value, "VALIDATION_ERROR"})
			}
		}
		for _, member := range ids[kind] {
			for _, value := range idAttacks {
				list = append(list, attack{member, value, "VALIDATION_ERROR"})
			}
		}
		for _, a := range list {
			want := a.want
			if want != "decode" && !strings.Contains(want, " ") {
				want += " " + a.member
			}
			want = strings.TrimSuffix(want, " -") // no field is to blame
			if got := try(t, w, kind, with(t, body, a.member, a.value)); got != want {
				t.Errorf("%s with %s = %.60s: got %s, want %s", kind, a.member, a.value, got, want)
			}
		}
	}
}

// TestEveryFieldIsAttacked fails when a member is added and nobody tried what
// it does with nonsense.
func TestEveryFieldIsAttacked(t *testing.T) {
	for kind, fresh := range Commands() {
		tried := map[string]bool{"idempotency_key": true} // the transport's to check
		for _, a := range attacks()[kind] {
			tried[a.member] = true
		}
		for _, member := range slices.Concat(texts[kind], foreignIDs[kind], ids[kind]) {
			tried[member] = true
		}
		for member := range members("", reflect.TypeOf(fresh()).Elem()) {
			if !tried[member] {
				t.Errorf("%s: %s is never attacked", kind, member)
			}
			if !strings.Contains(full[kind], `"`+member[strings.LastIndexByte(member, '.')+1:]+`"`) && member != "discount_value_minor" {
				t.Errorf("%s: %s is not in the whole body", kind, member)
			}
		}
	}
}

// members lists the JSON members of a request, lists as their first element.
func members(at string, of reflect.Type) map[string]bool {
	all := map[string]bool{}
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			maps.Copy(all, members(at, f.Type))
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[at+name] = true
		inner := f.Type
		for inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			maps.Copy(all, members(at+name+"[0].", inner.Elem()))
		}
	}
	return all
}

// try answers what comes of a body on a pending order of two lines, "accepted",
// "decode" or the refusal.
func try(t *testing.T, w *world, kind, body string) string {
	t.Helper()
	c := Commands()[kind]()
	if json.Unmarshal([]byte(body), c) != nil {
		return "decode"
	}
	spoil(reflect.ValueOf(c).Elem())
	switch batch := c.(type) {
	case *BatchStatus:
		return blamed(batch.Check())
	case *BatchCreate:
		if refusal := batch.Check(w.meta(domain.Manager), batch.IdempotencyKey != ""); refusal != nil {
			return blamed(refusal)
		}
		c = &batch.Orders[0]
		kind = c.Kind()
	}
	given := map[string]Status{"order.create": "", "order.reopen": Completed}
	status, ok := given[kind]
	if !ok {
		status = Pending
	}
	_, refusal := Decide(w.in(t, status), c.(Command), w.meta(domain.Manager))
	return blamed(refusal)
}

// spoil puts a byte that is no UTF-8 where the marker stands.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.String() == badUTF8 {
			v.SetString("a\xff")
		}
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i))
			}
		}
	}
}

// with gives a member of a body another value, without its integer twin; ""
// takes it away.
func with(t *testing.T, body, member, value string) string {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(body), &root); err != nil {
		t.Fatal(err)
	}
	path := strings.FieldsFunc(member, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	at := root
	for _, step := range path[:len(path)-1] {
		if list, ok := at.([]any); ok {
			i, _ := strconv.Atoi(step)
			at = list[i]
			continue
		}
		at = at.(map[string]any)[step]
	}
	object, last := at.(map[string]any), path[len(path)-1]
	if object[last] = json.RawMessage(value); value == "" {
		delete(object, last)
	}
	delete(object, last+"_minor")
	data, err := json.Marshal(root)
	if err != nil {
		t.Fatalf("%s = %s: %v", member, value, err)
	}
	return string(data)
}
