package replay

import (
	"strings"
	"testing"
)

func TestMalformedLineStopsBeforeAnythingIsSent(t *testing.T) {
	good := manyLines(1)[0]
	item := `{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":100}`
	with := func(from, to string) string {
		return `{"order_id":2,"items":[` + item + `,` + strings.Replace(item, from, to, 1) + `]}`
	}
	for line, want := range map[string]string{
		`{"order_id":2,"items":[`:                                         `line 2: items: is not valid JSON`,
		`{"order_id":2,"order_id":3,"items":[]}`:                          `line 2: order_id: is not valid JSON: duplicate`,
		`[]`:                                                              `line 2: the line: has the wrong type; an object was expected`,
		`{"items":[]}`:                                                    `line 2: order_id: is missing`,
		`{"order_id":1.5,"items":[]}`:                                     `line 2: order_id: must be a text or a whole number`,
		`{"order_id":" 7","items":[]}`:                                    `line 2: order_id: must not be empty, begin`,
		`{"order_id":2}`:                                                  `line 2: items: is missing`,
		`{"order_id":2,"items":{}}`:                                       `line 2: items: has the wrong type; a list of items was expected`,
		`{"order_id":2,"items":[7]}`:                                      `line 2: items[0]: has the wrong type; an object was expected`,
		`{"order_id":2,"items":[],"total_minor":"1"}`:                     `line 2: total_minor: must be a whole number of minor units`,
		`{"order_id":2,"items":[],"ts":"1 Sept"}`:                         `line 2: ts: must be a time such as`,
		with(`"menu_item_id":1,`, ``):                                     `line 2: items[1].menu_item_id: is missing`,
		with(`"menu_item_id":1,`, `"menu_item_id":true,`):                 `line 2: items[1].menu_item_id: must be a text or a whole number`,
		with(`"Naan"`, `null`):                                            `line 2: items[1].name: must be a text`,
		with(`"quantity":1`, `"quantity":1.0001`):                         `line 2: items[1].quantity: must be a number with at most 3 decimals`,
		with(`"quantity":1`, `"quantity":1e2`):                            `line 2: items[1].quantity: must be a number with at most 3 decimals`,
		with(`"price_minor":100`, `"price_minor":1.5`):                    `line 2: items[1].price_minor: must be a whole number of minor units`,
		with(`"price_minor":100`, `"price_minor":1,"modifiers":"x"`):      `line 2: items[1].modifiers: has the wrong type; a list of texts was expected`,
		with(`"price_minor":100`, `"price_minor":1,"modifiers":["a",{}]`): `line 2: items[1].modifiers[1]: must be a text`,
	} {
		s := newShop()
		o := s.open(t, good, line)
		_, err := Run(t.Context(), o)
		if err == nil || !strings.HasPrefix(err.Error(), o.File+": "+want) {
			t.Errorf("%s\n got %v\nwant …%s", line, err, want)
		}
		if s.requests != 0 {
			t.Errorf("%s: %d requests were sent", line, s.requests)
		}
	}
}

func TestTimeIsNeededOnlyByTheClock(t *testing.T) {
	line := `{"order_id":1,"ts":null,"items":[]}`
	if _, err := readOrders(strings.NewReader(line), false); err != nil {
		t.Error(err)
	}
	if _, err := readOrders(strings.NewReader(line), true); err == nil || !strings.Contains(err.Error(), "line 1: ts: is missing") {
		t.Errorf("got %v", err)
	}
}

func TestThousandthsAreExact(t *testing.T) {
	for text, want := range map[string]Thousandths{"1": 1000, "0.5": 500, "12.375": 12375, "1.000": 1000, "-2.5": -2500} {
		if got, ok := parseThousandths(text); !ok || got != want {
			t.Errorf("%s: %d %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-", ".5", "1.", "1.2345", "1e2", "+1", " 1", "1.-5", "99999999999999999999"} {
		if got, ok := parseThousandths(text); ok {
			t.Errorf("%q was read as %d", text, got)
		}
	}
	for thousandths, want := range map[Thousandths]string{0: "0", 1000: "1", 70927000: "70927", 1500: "1.5", 1: "0.001"} {
		if thousandths.String() != want {
			t.Errorf("%d is written %s", thousandths, thousandths)
		}
	}
}
