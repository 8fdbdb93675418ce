package rest

import (
	"encoding/json"
	"testing"

	"github.com/valyala/fasthttp"

	"heard/domain"
	"heard/domain/money"
)

func exchange(uri string, headers ...string) *Exchange {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.SetRequestURI(uri)
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	x := &Exchange{Ctx: ctx, route: &mounted{}}
	x.readHeaders()
	return x
}

var none domain.Optional[uint64] // no If-Match

func TestIfMatch(t *testing.T) {
	for header, want := range map[string]domain.Optional[uint64]{
		"": none, "*": none, `"v0"`: domain.Some[uint64](0), `"v7"`: domain.Some[uint64](7), ` "v7" `: domain.Some[uint64](7),
		`W/"v7"`: domain.Some[uint64](7), `"v18446744073709551615"`: domain.Some[uint64](1<<64 - 1),
	} {
		if got, err := exchange("/", "If-Match", header).IfMatch(); err != nil || got != want {
			t.Errorf("%s: %v %v", header, got, err)
		}
	}
	for _, bad := range []string{"v7", "7", `"7"`, `"v"`, `"v-1"`, `"v7`, `v7"`, `"v7", "v8"`, `"v18446744073709551616"`, `"v7" x`, `w/"v7"`, `"v+7"`} {
		_, err := exchange("/", "If-Match", bad).IfMatch()
		if e := domain.AsError(err); e == nil || e.Code != domain.BadRequest || e.Fields[0].Field != "If-Match" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestQueryParameters(t *testing.T) {
	x := exchange("/?q=caf%C3%A9&limit=7&at=2025-01-31T12:00:00.5Z&plus=2025-01-31T12:00:00+05:30&status=a,b&status=c&explain=1&unknown=x" +
		"&bad=%00&big=101&text=x&utf=%FF&early=1960-01-01T00:00:00Z")
	for _, name := range []string{"q", "limit", "none", "at", "plus", "explain", "bad", "utf", "big", "text", "early"} {
		x.route.Query = append(x.route.Query, Param{Name: name})
	}
	x.route.Query = append(x.route.Query, Param{Name: "status", List: true})
	if v, err := x.QueryText("q"); v != "café" || err != nil {
		t.Errorf("%q %v", v, err)
	}
	if v, err := x.QueryInt("limit", 5, 1, 100); v != 7 || err != nil {
		t.Errorf("%d %v", v, err)
	}
	if v, err := x.QueryInt("none", 5, 1, 100); v != 5 || err != nil {
		t.Errorf("%d %v", v, err)
	}
	if v, err := x.QueryTime("at"); v != 1_738_324_800_500 || err != nil {
		t.Errorf("%d %v", v, err)
	}
	if v, err := x.QueryTime("plus"); v != 1_738_305_000_000 || err != nil {
		t.Errorf("%d %v", v, err)
	}
	if v, err := x.QueryList("status"); len(v) != 3 || v[2] != "c" || err != nil {
		t.Errorf("%v %v", v, err)
	}
	if v, err := x.QueryBool("explain"); !v || err != nil {
		t.Errorf("%v %v", v, err)
	}
	refused := func(name string, err error) {
		t.Helper()
		if e := domain.AsError(err); e == nil || e.Code != domain.ValidationError || len(e.Fields) != 1 || e.Fields[0].Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := x.QueryText("bad")
	refused("bad", err)
	_, err = x.QueryText("utf")
	refused("utf", err)
	_, err = x.QueryInt("big", 5, 1, 100)
	refused("big", err)
	_, err = x.QueryInt("text", 5, 1, 100)
	refused("text", err)
	_, err = x.QueryTime("text")
	refused("text", err)
	_, err = x.QueryTime("early")
	refused("early", err)
	_, err = x.QueryBool("text")
	refused("text", err)
	_, err = x.QueryList("bad")
	refused("bad", err)
}

func TestFingerprintIsOfTheMeaning(t *testing.T) {
	decode := func(body string) *place {
		var c place
		if err := strict(body, &c); err != nil {
			t.Fatal(err)
		}
		return &c
	}
	base := Fingerprint("POST", "/api/orders", decode(`{"items":[{"name":"a","quantity":1,"price":5}],"by":{"a":{"name":"x","quantity":1},"b":{"name":"y","quantity":2}}}`), none)
	same := Fingerprint("POST", "/api/orders", decode(` {"by":{"b":{"quantity":2,"name":"y"},"a":{"name":"x","quantity":1}}, "items":[{"price":"5.00","quantity":1,"name":"a"}]}`), none)
	if base != same {
		t.Error("the same request written otherwise has another fingerprint")
	}
	simple := decode(`{"items":[]}`)
	seen := map[domain.Fingerprint]bool{base: true}
	for _, f := range []domain.Fingerprint{
		Fingerprint("POST", "/a", simple, none), Fingerprint("PUT", "/a", simple, none), Fingerprint("POST", "/b", simple, none), Fingerprint("POST", "/a", simple, domain.Some[uint64](0)),
		Fingerprint("POS", "T/a", simple, none), Fingerprint("POST", "/a", decode(`{"items":[],"table_id":"t"}`), none),
		Fingerprint("POST", "/a", decode(`{"items":[],"notes":[]}`), none), Fingerprint("POST", "/a", decode(`{"items":[],"open":{}}`), none),
	} {
		if seen[f] {
			t.Error("two requests have one fingerprint")
		}
		seen[f] = true
	}
	long := decode(`{"items":[{"name":"a","quantity":1,"price":123456789012345678901234567890123456789012345678901234567890}]}`)
	if _, err := long.Items[0].Price.MarshalJSON(); err != money.ErrOverflow {
		t.Fatalf("%v: a number too long to be written again is needed here", err)
	}
	Fingerprint("POST", "/a", long, none) // must not panic
}

// TestPathIDIsKept: what PathID returned is in commands that outlive the request.
func TestPathIDIsKept(t *testing.T) {
	var kept []string
	r := start(t, func(o *Options) {
		o.Routes = []Route{{ID: "get", Tags: []string{"test"}, Answer: json.RawMessage{}, Method: "GET", Path: "/{id}", Public: true, Handle: func(x *Exchange) error {
			id, err := x.PathID("id", domain.Refuse(domain.OrderNotFound, "Order not found"))
			kept = append(kept, id)
			return err
		}}}
	})
	var ctx fasthttp.RequestCtx
	ctx.Init(&ctx.Request, nil, nil)
	for _, id := range []string{"first", "other"} { // in the same buffers
		ctx.Request.Reset()
		ctx.Request.SetRequestURI("/" + id)
		r.Handle(&ctx)
	}
	if len(kept) != 2 || kept[0] != "first" || kept[1] != "other" {
		t.Errorf("%q", kept)
	}
}
