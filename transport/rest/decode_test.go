package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/money"
)

type modifier struct {
	Name string `json:"name"`
	Left int    `json:"left"`
}

// UnmarshalJSON takes text or an object, as modifiers do.
func (m *modifier) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &m.Name)
	}
	type plain modifier
	return json.Unmarshal(data, (*plain)(m))
}

type line struct {
	Name      string                  `json:"name"`
	Quantity  int32                   `json:"quantity"`
	Price     *money.Decimal          `json:"price"`
	Modifiers []modifier              `json:"modifiers"`
	Extra     map[string]line         `json:"extra"`
	Lines     []*line                 `json:"lines"`
	Count     domain.Optional[[]line] `json:"count"`
	Flag      bool                    `json:"flag"`
	Picky     picky                   `json:"picky"`
}

type picky struct{}

func (*picky) UnmarshalJSON([]byte) error {
	return domain.Blame(domain.TooManyDecimals, "inner", "is never right")
}

type bodyOrder struct {
	domain.Keyed
	Table  *string                            `json:"table"`
	Items  []line                             `json:"items"`
	Rules  domain.Optional[*line]             `json:"rules,omitzero"`
	Labels domain.Optional[map[string][]line] `json:"labels,omitzero"`
	Hidden string                             `json:"-"`
}

func strict(body string, into any) error {
	return refusal(unmarshal([]byte(body), into, new(shapes).of(reflect.TypeOf(into)), true))
}

func TestRefusalsNameTheField(t *testing.T) {
	for body, want := range map[string]string{
		`{"items":[{"quantity":"x"}]}`:        "VALIDATION_ERROR: items[0].quantity: must be a whole number, not text",
		`{"items":[{},{"quantity":1.5}]}`:     "VALIDATION_ERROR: items[1].quantity: must be a whole number, not this number",
		`{"items":[{"quantity":3000000000}]}`: "VALIDATION_ERROR: items[0].quantity: is out of range",
		`{"items":[{"name":7}]}`:              "VALIDATION_ERROR: items[0].name: must be text, not this number",
		`{"items":[{"flag":"yes"}]}`:          "VALIDATION_ERROR: items[0].flag: must be true or false, not text",
		`{"items":{}}`:                        "VALIDATION_ERROR: items: must be a list, not an object",
		`{"items":[1]}`:                       "VALIDATION_ERROR: items[0]: must be an object, not this number",
		`[]`:                                  "VALIDATION_ERROR: body: must be an object, not a list",
		`"x"`:                                 "VALIDATION_ERROR: body: must be an object, not text",
		`{"foo":1}`:                           "VALIDATION_ERROR: foo: is not known",
		`{"ITEMS":[]}`:                        "VALIDATION_ERROR: ITEMS: is not known",
		`{"Hidden":"x"}`:                      "VALIDATION_ERROR: Hidden: is not known",
		`{"items":[{"extra":{"a":{"lines":[{"b":1}]}}}]}`:           "VALIDATION_ERROR: items[0].extra.a.lines[0].b: is not known",
		`{"items":[{"price":"1.x"}]}`:                               "VALIDATION_ERROR: items[0].price: ",
		`{"items":[{"price":true}]}`:                                "VALIDATION_ERROR: items[0].price: ",
		`{"items":[{"price":[1]}]}`:                                 "VALIDATION_ERROR: items[0].price: ",
		`{"items":[{"modifiers":["x",{"left":"y"}]}]}`:              "VALIDATION_ERROR: items[0].modifiers[1].left: must be a whole number, not string",
		`{"items":[{"picky":1}]}`:                                   "VALIDATION_ERROR: items[0].picky.inner: is never right",
		`{"rules":{"quantity":"x"}}`:                                "VALIDATION_ERROR: rules.quantity: must be a whole number, not text",
		`{"rules":{"unknown":1}}`:                                   "VALIDATION_ERROR: rules.unknown: is not known",
		`{"labels":{"a":[{"count":[{"name":1}]}]}}`:                 "VALIDATION_ERROR: labels.a[0].count[0].name: must be text, not this number",
		`{"labels":[]}`:                                             "VALIDATION_ERROR: labels: must be an object, not a list",
		`{"items":[{"name":{"$ne":null}}]}`:                         "VALIDATION_ERROR: items[0].name: must be text, not an object",
		`{"items":[{"name":"a","name":"b"}]}`:                       "BAD_REQUEST: items[0].name: is there twice",
		`{"rules":{"name":"a","name":"b"}}`:                         "BAD_REQUEST: rules.name: is there twice",
		`{"table":"a","table":"b"}`:                                 "BAD_REQUEST: table: is there twice",
		"{\"table\":\"\xff\"}":                                      "BAD_REQUEST: Malformed JSON at byte ",
		`{"table":"\ud800"}`:                                        "BAD_REQUEST: Malformed JSON at byte ",
		`{"table":"a"} x`:                                           "BAD_REQUEST: Malformed JSON at byte 14: ",
		`{"table":"a"}{}`:                                           "BAD_REQUEST: Malformed JSON at byte 13: ",
		`{"table":"a"`:                                              "BAD_REQUEST: Malformed JSON: the body ends too early",
		` `:                                                         "BAD_REQUEST: Malformed JSON: the body ends too early",
		`{"table":'a'}`:                                             "BAD_REQUEST: Malformed JSON at byte 9: ",
		`{"table":"a",}`:                                            "BAD_REQUEST: Malformed JSON at byte 12: ",
		`{"items":[{"quantity":01}]}`:                               "BAD_REQUEST: Malformed JSON at byte ",
		`{"items":[{"quantity":NaN}]}`:                              "BAD_REQUEST: Malformed JSON at byte ",
		`{"table":7,"items":[}`:                                     "BAD_REQUEST: Malformed JSON at byte 20: ", // form comes before meaning
		`{"table":7,"items":[],"items":[]}`:                         "BAD_REQUEST: items: is there twice",
		strings.Repeat(`{"x":`, 20000) + strings.Repeat("}", 20000): "BAD_REQUEST: Malformed JSON at byte 50000: exceeded max depth",
		`{"items":` + strings.Repeat("[", 20000):                    "BAD_REQUEST: Malformed JSON at byte ",
		`{"` + strings.Repeat("n", 5000) + `":1}`:                   "VALIDATION_ERROR: " + strings.Repeat("n", 200) + "…: is not known",
	} {
		err := strict(body, &bodyOrder{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80s\n got %.300v\nwant %s", body, err, want)
			continue
		}
		e := domain.AsError(err)
		if e.Code == domain.ValidationError && (len(e.Fields) != 1 || e.Fields[0].Field == "") {
			t.Errorf("%.80s: no field: %+v", body, e)
		}
		if strings.Contains(e.Detail, "json") || strings.Contains(e.Detail, "Go ") {
			t.Errorf("%.80s: Go's own words: %s", body, e.Detail)
		}
	}
}

func TestDecodingGood(t *testing.T) {
	var o bodyOrder
	body := `{"idempotency_key":"k","table":null,"items":[{"name":"Tée","quantity":2,"price":"52.50","modifiers":["a",{"name":"b","left":1}],"lines":[null,{}]}],"rules":null,"labels":{"a":[]}}`
	if err := strict(body, &o); err != nil {
		t.Fatal(err)
	}
	if o.IdempotencyKey != "k" || o.Table != nil || o.Items[0].Price.String() != "52.5" || len(o.Items[0].Modifiers) != 2 || !o.Rules.Set || o.Rules.Value != nil || !o.Labels.Set || o.Items[0].Count.Set {
		t.Errorf("%+v", o)
	}
}

func TestUnknownMembersAreIgnoredAndNamed(t *testing.T) {
	body := `{"foo":{"name":1},"table":"t","items":[{"name":"a","bar":[{}]},{"quantity":1,"extra":{"k/~":{"baz":0,"name":"n"}},
		"modifiers":[{"name":"m","inside":1}],"lines":[{"qux":1},null]}],"rules":{"r":1},"labels":{"l":[{"z":1}]},"a,b\r\nSet-Cookie: x":1,"ü":2}`
	var o bodyOrder
	names, err := decodeLenient([]byte(body), &o, new(shapes).of(reflect.TypeFor[*bodyOrder]()))
	if err != nil {
		t.Fatal(err)
	}
	got := string(appendFieldNames(nil, names))
	want := `foo, items[0].bar, items[1].extra.k/~.baz, items[1].lines[0].qux, rules.r, labels.l[0].z, a%2Cb%0D%0ASet-Cookie:%20x, %C3%BC`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if *o.Table != "t" || o.Items[1].Extra["k/~"].Name != "n" || o.Items[1].Modifiers[0].Name != "m" {
		t.Errorf("%+v", o)
	}
	if _, err := decodeLenient([]byte(`{"foo":1,"items":[{"quantity":"x"}]}`), &o, new(shapes).of(reflect.TypeFor[*bodyOrder]())); err == nil {
		t.Error("a wrong type after an unknown member was taken")
	}
	if _, err := decodeLenient([]byte(`{"foo":1,"foo":2}`), &o, new(shapes).of(reflect.TypeFor[*bodyOrder]())); err == nil {
		t.Error("a duplicate unknown member was taken")
	}
}

func TestIgnoredFieldsHeaderIsBounded(t *testing.T) {
	var body strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&body, `,"member_%d":%d`, i, i)
	}
	names, err := decodeLenient([]byte("{"+body.String()[1:]+"}"), &bodyOrder{}, new(shapes).of(reflect.TypeFor[*bodyOrder]()))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(appendFieldNames(nil, names)); len(got) > maxIgnoredBytes+10 || !strings.HasSuffix(got, " ...") && len(names) < 60 {
		t.Errorf("%d names, %d bytes", len(names), len(got))
	}
	if got := string(appendFieldNames(nil, []string{strings.Repeat("n", 5000)})); got != " ..." {
		t.Errorf("%q", got)
	}
}

func FuzzLenient(f *testing.F) {
	f.Add(`{"foo":1,"items":[{"bar":2}]}`)
	f.Add(`{"rules":{"a":1},"labels":{"x":[{"y":[[]]}]}}`)
	known := new(shapes).of(reflect.TypeFor[*bodyOrder]())
	f.Fuzz(func(t *testing.T, body string) {
		var relaxed bodyOrder
		names, err := decodeLenient([]byte(body), &relaxed, known)
		strictly := strict(body, &bodyOrder{})
		if strictly == nil && (err != nil || len(names) > 0) {
			t.Fatalf("strict takes %q, lenient gives %v %v", body, names, err)
		}
		if err == nil && len(names) == 0 && strictly != nil {
			t.Fatalf("lenient takes %q whole, strict gives %v", body, strictly)
		}
		for _, c := range appendFieldNames(nil, names) {
			if c < ' ' || c > '~' {
				t.Fatalf("byte %d in the header", c)
			}
		}
		if err != nil && !errors.As(refusal(err), new(*domain.Error)) {
			t.Fatalf("%v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	clean := []byte(`{"table_id":"t-4","items":[{"name":"Tea","quantity":2,"price":52.50},{"name":"Dosa","quantity":1,"price":"90"}]}`)
	dirty := []byte(`{"table_id":"t-4","waiter":"w","items":[{"name":"Tea","quantity":2,"price":52.50},{"name":"Dosa","quantity":1,"price":"90"}]}`)
	type simple struct {
		TableID string      `json:"table_id,omitempty"`
		Items   []placeItem `json:"items"`
	}
	var cached shapes
	run := func(name string, body []byte, fresh func() any) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				v := fresh()
				if _, err := decodeLenient(body, v, cached.of(reflect.TypeOf(v))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("clean", clean, func() any { return &simple{} })
	run("with-unknown", dirty, func() any { return &simple{} })
	run("clean-with-optional", clean, func() any { return &place{} })
}
