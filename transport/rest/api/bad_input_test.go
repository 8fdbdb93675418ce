package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport/rest"
)

// write is a call that takes a body: a good one with every list and object of
// the command, sent to a place where it would be carried out.
type write struct {
	path, good string
	body       any  // the command, where the table of routes names none
	optional   bool // an empty body is enough
	lenient    bool // unknown members are ignored
	limit      int  // bytes
}

const item = `{"line_id":"mine","menu_item_id":"open","name":"Chai","quantity":1,"price":10,"price_minor":1000,"notes":"hot","modifiers":[{"name":"masala","price":1,"price_minor":100}],"course":"1","seat":1}`

const group = `"modifier_groups":[{"id":"g","name":"G","min":0,"max":1,"options":[{"id":"o","name":"O","price":1,"price_minor":100}]}]`

// writes are the good bodies, by route. {done} is a completed order.
var writes = map[string]write{
	"POST /api/orders": {path: "/api/orders", lenient: true,
		good: `{"idempotency_key":"k","table_id":"t","table_number":1,"items":[` + item + `],"order_type":"takeaway","customer_name":"c","customer_phone":"1","discount_type":"amount","discount_value":1,"discount_value_minor":100,"client_order_id":"c"}`},
	"POST /api/orders/batch": {path: "/api/orders/batch", limit: 2 << 20,
		good: `{"orders":[{"table_id":"t","table_number":1,"items":[` + item + `],"order_type":"takeaway","customer_name":"c","customer_phone":"1","discount_type":"amount","discount_value":1,"discount_value_minor":100}]}`},
	"POST /api/orders/calculate":           {path: "/api/orders/calculate", lenient: true, good: `{"items":[` + item + `],"discount_type":"amount","discount_value":1,"discount_value_minor":100}`},
	"PUT /api/orders/{id}/status":          {path: "/api/orders/{id}/status", lenient: true, good: `{"status":"ready","reason":"r"}`, optional: true},
	"POST /api/orders/batch-update-status": {path: "/api/orders/batch-update-status", good: `{"updates":[{"order_id":"{id}","status":"ready"}]}`},
	"POST /api/orders/{id}/items":          {path: "/api/orders/{id}/items", good: `{"items":[` + item + `]}`},
	"PATCH /api/orders/{id}/items/{line_id}": {path: "/api/orders/{id}/items/l1",
		good: `{"line_id":"l1","quantity":3,"price":10,"price_minor":1000,"notes":"n","modifiers":[{"name":"m","price":1,"price_minor":100}],"course":"1","seat":1}`},
	"DELETE /api/orders/{id}/items/{line_id}": {path: "/api/orders/{id}/items/l2", body: order.RemoveItem{}, good: `{"line_id":"l2"}`, optional: true},
	"POST /api/orders/{id}/discount":          {path: "/api/orders/{id}/discount", good: `{"discount_type":"amount","discount_value":1,"discount_value_minor":100,"reason":"r"}`},
	"POST /api/orders/{id}/reopen":            {path: "/api/orders/{done}/reopen", good: `{"reason":"r"}`, optional: true},
	"PUT /api/orders/{id}/cancel":             {path: "/api/orders/{id}/cancel", good: `{"reason":"r"}`, optional: true},
	"PUT /api/menu":                           {path: "/api/menu", good: `[{"id":"x","name":"X","category":"c","price":1,"price_minor":100,"tax_class":"standard","available":true,"station":"s",` + group + `}]`, limit: 8 << 20},
	"POST /api/menu":                          {path: "/api/menu", good: `{"id":"x","name":"X","price":1,"price_minor":100,` + group + `}`, limit: 8 << 20},
	"PUT /api/menu/{id}":                      {path: "/api/menu/dosa", good: `{"id":"dosa","name":"X","price":1,"price_minor":100,` + group + `}`},
	"DELETE /api/menu/{id}":                   {path: "/api/menu/dosa", body: outlet.RemoveItem{}, good: `{"id":"dosa"}`, optional: true},
	"POST /api/menu/86":                       {path: "/api/menu/86", good: `{"item_ids":["dosa"],"until":"2099-01-01T00:00:00Z"}`},
	"PUT /api/settings": {path: "/api/settings", limit: 256 << 10, good: `{"currency":"INR","tax_classes":{"food":[{"code":"VAT","rate":5,"compound":true}]},"default_tax_class":"food","charges":[{"code":"s","type":"percent","value":1,"tax_class":"food","inclusive":true}],
		"round_off":{"increment":1},"timezone":"Europe/Berlin","status_aliases":{"done":"completed"},"permissions":{"create":["waiter","admin"]}}`},
	"POST /api/admin/revoke": {path: "/api/admin/revoke", good: `{"sub":"somebody"}`},
}

// place is an organisation in which every good body would be carried out.
func place(k *kitchen) (boss *person, fill *strings.Replacer) {
	k.t.Helper()
	boss = k.as(domain.Admin)
	boss.put("/api/menu", `[{"id":"dosa","name":"Dosa","price":120}]`)
	id, done := boss.place(`{"items":[{"name":"a","quantity":1,"price":1},{"name":"b","quantity":1,"price":1}]}`), boss.place(onePizza)
	boss.put("/api/orders/"+done+"/status?status=completed", "")
	return boss, strings.NewReplacer("{id}", id, "{done}", done)
}

// eachWrite runs a test for every write of the API; one without a good body here
// fails.
func eachWrite(t *testing.T, test func(t *testing.T, boss *person, r rest.Route, w write)) {
	k := open(t)
	for _, r := range k.api().Routes() {
		if r.Method == http.MethodGet {
			continue
		}
		w, ok := writes[r.Method+" "+r.Path]
		if !ok {
			t.Errorf("%s %s has no good body here", r.Method, r.Path)
			continue
		}
		if w.body == nil {
			w.body = r.Body
		}
		if w.limit == 0 {
			w.limit = 1 << 20
		}
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			k := open(t)
			boss, fill := place(k)
			w.path, w.good = fill.Replace(w.path), fill.Replace(w.good)
			before := boss.state()
			test(t, boss, r, w)
			if after := boss.state(); after != before {
				t.Errorf("something changed:\nbefore %s\nafter  %s", before, after)
			}
		})
	}
}

// inRow takes the refusal of a batch's first row for that of the call.
func (a answer) inRow() answer {
	var batch struct{ Results []problem }
	if a.StatusCode != 200 || !strings.HasPrefix(a.body, `{"results":[{"code"`) || json.Unmarshal([]byte(a.body), &batch) != nil {
		return a
	}
	a.problem = batch.Results[0]
	for i := range a.problem.Errors {
		a.problem.Errors[i].Field = "orders[0]." + a.problem.Errors[i].Field
	}
	whole := *a.Response
	whole.StatusCode, a.problem.Status = 422, 422
	a.Response = &whole
	return a
}

// refusedNaming expects 4xx, a problem, and the member, or one it is part of, to
// blame.
func (a answer) refusedNaming(field string) {
	a.t.Helper()
	a = a.inRow()
	p := &a.problem
	if a.StatusCode < 400 || a.StatusCode > 499 || p.Status != a.StatusCode || p.Code == "" {
		a.t.Errorf("%s: got %d %.300s", a.asked, a.StatusCode, a.body)
		return
	}
	if len(p.Errors) == 0 || p.Errors[0].Field != field && !strings.HasPrefix(field, p.Errors[0].Field) {
		a.t.Errorf("%s: got %.300s, want %s blamed", a.asked, a.body, field)
	}
}

// The good bodies are good, or the tests below would show nothing.
func TestGoodBodiesAreGood(t *testing.T) {
	for name, w := range writes {
		boss, fill := place(open(t))
		method, _, _ := strings.Cut(name, " ")
		boss.do(method, fill.Replace(w.path), fill.Replace(w.good)).ok()
	}
}

// wrong values by kind: of another type, Mongo's operators, numbers that are
// none of ours.
var wrong = map[string][]string{
	"text":           {`{"$ne":null}`, `{"$gt":""}`, `{"$where":"sleep(1)"}`, `["x"]`, `[]`, `5`, `true`},
	"label":          {`{"$ne":null}`, `["x"]`, `true`, `-1`},
	"decimal":        {`{"$ne":null}`, `["1"]`, `true`, `"abc"`, `" "`, `"1e3"`, `1e3`, `1e309`, `1E-400`, `"1,5"`, `" 1"`, `"+1"`, `"0x10"`, `"NaN"`, `"1_000"`, `"01"`, `".5"`, `"1."`},
	"integer":        {`{"$ne":null}`, `[1]`, `true`, `"1"`, `1.5`, `1e3`, `1e309`, `99999999999999999999`, `-99999999999999999999`},
	"boolean":        {`{"$ne":null}`, `"true"`, `1`, `[]`},
	"list":           {`{"$ne":null}`, `"x"`, `5`, `true`},
	"object":         {`[]`, `"x"`, `5`, `true`, `{"$ne":null}`},
	"text or object": {`[]`, `5`, `true`, `{"$ne":null}`, `""`},
	"map":            {`[]`, `"x"`, `5`},
}

func TestWrongTypesAreRefused(t *testing.T) {
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		for _, m := range membersOf(t, w.body, w.good) {
			for _, text := range wrong[m.kind] {
				a := boss.do(r.Method, w.path, put(t, w.good, m.path, text))
				inside, _, _ := strings.Cut(strings.Trim(text, `{"`), `"`)
				switch {
				case text == `""` && r.Path == "/api/orders/batch":
					a.inRow().refusedNaming(m.name() + ".name")
				case text == `""`, w.lenient && strings.HasPrefix(text, "{") && m.kind == "text or object": // $ne is ignored
					a.want(422, domain.ValidationError, m.name()+".name")
				case w.lenient && strings.HasPrefix(text, "{") && m.kind == "object":
					a.want(422, domain.ValidationError, m.name()+".quantity")
				case strings.HasPrefix(text, "{") && strings.HasSuffix(m.kind, "object"):
					a.want(422, domain.ValidationError, m.name()+"."+inside)
				default:
					a.want(422, domain.ValidationError, m.name())
				}
			}
		}
	})
}

// Numbers of the right type that no bill has.
func TestAbsurdNumbersAreRefused(t *testing.T) {
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		for _, m := range membersOf(t, w.body, w.good) {
			var numbers []string
			switch m.kind {
			case "decimal":
				numbers = []string{"-1", "-0.01", "9999999999999999", "123456789012345678901234567890", "0.000000000000000000000000000001", `"99999999999999999999999"`, "1.123456789"}
			case "integer":
				numbers = []string{"-1", "-9223372036854775808"}
			}
			for _, n := range numbers {
				a := boss.do(r.Method, w.path, put(t, w.good, m.path, n)).inRow()
				if a.StatusCode < 400 || a.StatusCode > 499 || len(a.problem.Errors) == 0 {
					t.Errorf("%s: got %d %.300s", a.asked, a.StatusCode, a.body)
				}
			}
		}
	})
}

func TestTextsThatCannotBeKeptAreRefused(t *testing.T) {
	long := `"` + strings.Repeat("x", 300) + `"`
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		for _, m := range membersOf(t, w.body, w.good) {
			calculated := r.Path == "/api/orders/calculate" && m.name() == "idempotency_key" // it needs none
			if m.kind != "text" && m.kind != "label" || calculated || m.name() == "updates[0].status" {
				continue // a batch answers with a code per row
			}
			for _, text := range []string{`"\u0007"`, `"a\u0000b"`, `"\u001b[2J"`, `"a\u0085b"`, `"a\u007f"`, long} {
				boss.do(r.Method, w.path, put(t, w.good, m.path, text)).refusedNaming(m.name())
			}
			for _, text := range []string{"\"\x07\"", "\"a\nb\"", "\"\xff\"", "\"\xc3\x28\"", "\"\xed\xa0\x80\"", `"\ud800"`, `"\x41"`} {
				boss.do(r.Method, w.path, put(t, w.good, m.path, text)).want(400, domain.BadRequest, "")
			}
		}
	})
}

func TestUnknownAndDoubleMembersAreRefused(t *testing.T) {
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		objects := []member{{kind: "object"}}
		if strings.HasPrefix(w.good, "[") {
			objects = nil
		}
		for _, m := range append(objects, membersOf(t, w.body, w.good)...) {
			if !strings.HasSuffix(m.kind, "object") {
				continue
			}
			object := w.good
			if len(m.path) > 0 {
				object = at(t, w.good, m.path)
			}
			first, _, _ := strings.Cut(object[1:], ":")
			name := func(below string) string { return member{path: append(append([]string(nil), m.path...), below)}.name() }
			double := put(t, w.good, m.path, "{"+first+":null,"+object[1:])
			boss.do(r.Method, w.path, double).want(400, domain.BadRequest, name(strings.Trim(first, `"`)))
			boss.do(r.Method, w.path, put(t, w.good, m.path, `{"$or":1,"$or":2,`+object[1:])).want(400, domain.BadRequest, name("$or"))
			if w.lenient {
				continue
			}
			for _, unknown := range []string{"$where", "__proto__", "Name", "status ", "organization_id", "é"} {
				boss.do(r.Method, w.path, put(t, w.good, m.path, `{"`+unknown+`":1,`+object[1:])).want(422, domain.ValidationError, name(unknown))
			}
		}
	})
}

func TestBodiesThatAreNone(t *testing.T) {
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		for _, body := range []string{"{", `{"a"`, `{"a":}`, `{"a":1,}`, "{'a':1}", "[1", "[1,]", "NaN", "tru", `"x`, "\ufeff" + w.good, w.good + "x", w.good + "{}", w.good + ",", w.good[:len(w.good)-1],
			"<a/>", "a=b", "\x00", strings.Repeat("[", 50_000), strings.Repeat(`{"a":`, 50_000), `{"items":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"} {
			boss.do(r.Method, w.path, body).want(400, domain.BadRequest, "")
		}
		for _, body := range []string{`"x"`, "5", "true", `"{}"`} {
			boss.do(r.Method, w.path, body).want(422, domain.ValidationError, "body")
		}
		switch {
		case strings.HasPrefix(w.good, "["):
			boss.do(r.Method, w.path, `{"items":`+w.good+"}").want(422, domain.ValidationError, "body")
		case !strings.HasPrefix(r.Path, "/api/orders/batch"):
			boss.do(r.Method, w.path, "["+w.good+"]").want(422, domain.ValidationError, "body")
			boss.do(r.Method, w.path, "[]").want(422, domain.ValidationError, "body")
		}
		if !w.optional {
			for _, body := range []string{"", "null", " null\n"} {
				boss.do(r.Method, w.path, body).want(422, domain.ValidationError, "body")
			}
			boss.do(r.Method, w.path, " ").want(400, domain.BadRequest, "")
		}
		for _, header := range [][2]string{{"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Type", "multipart/form-data; boundary=x"}, {"Content-Type", "application/xml"}, {"Content-Type", "application/jsonp"}, {"Content-Encoding", "gzip"}} {
			boss.do(r.Method, w.path, w.good, header[0], header[1]).want(415, domain.UnsupportedMedia, "")
		}
	})
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 30 MB")
	}
	eachWrite(t, func(t *testing.T, boss *person, r rest.Route, w write) {
		large := w.good[:1] + strings.Repeat(" ", w.limit) + w.good[1:]
		if a := boss.do(r.Method, w.path, large).want(413, domain.PayloadTooLarge, ""); !a.Close {
			t.Errorf("%.80s: the connection stays", a.asked)
		}
	})
}

// Null is nothing where a member may be left out, and refused elsewhere; it
// never breaks anything.
func TestNullMembers(t *testing.T) {
	for name, w := range writes {
		boss, fill := place(open(t))
		method, _, _ := strings.Cut(name, " ")
		var body any = w.body
		for _, r := range boss.k.api().Routes() {
			if body == nil && r.Method+" "+r.Path == name {
				body = r.Body
			}
		}
		good := fill.Replace(w.good)
		for _, m := range membersOf(t, body, good) {
			a := boss.do(method, fill.Replace(w.path), put(t, good, m.path, "null"))
			if a.StatusCode >= 500 || a.StatusCode != 200 && a.problem.Code == "" {
				t.Errorf("%s: got %d %s", a.asked, a.StatusCode, a.body)
			}
		}
		boss.state() // everything can still be read
	}
}

func TestContentTypesThatAreJSON(t *testing.T) {
	w := open(t).as(domain.Waiter)
	for _, kind := range []string{"application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", "application/merge-patch+json;v=1"} {
		w.do("POST", "/api/orders", onePizza, "Content-Type", kind).ok()
	}
	// an empty body is no body, whatever it claims to be
	id := w.place(onePizza)
	w.do("PUT", "/api/orders/"+id+"/status?status=ready", "", "Content-Type", "text/plain").ok()
	w.do("PUT", "/api/orders/"+id+"/cancel", "", "Content-Type", "application/x-www-form-urlencoded").want(403, domain.Forbidden, "")
}

// A body's size counts among what an organisation may have waiting.
func TestBodiesAreCounted(t *testing.T) {
	k := open(t)
	k.as(domain.Waiter).place(onePizza)
	if r := k.seen.Load(); r.Org != k.org || r.Bytes != len(onePizza) {
		t.Errorf("%d of %d bytes are counted", r.Bytes, len(onePizza))
	}
}
