package order

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/money"
)

func TestImageReadsBackAsTheOrder(t *testing.T) {
	eachLife(t, nil, func(l *life) {
		for _, o := range l.states {
			image := o.AppendJSON(nil)
			back, err := Parse(image)
			if err != nil {
				t.Fatalf("seed %d: %v in %s", l.seed, err, image)
			}
			if want := readBack(o); !reflect.DeepEqual(back, want) {
				t.Fatalf("seed %d: got  %s\nwant %s", l.seed, whole(t, back), whole(t, want))
			}
			if again := back.AppendJSON(nil); !bytes.Equal(again, image) {
				t.Fatalf("seed %d: got  %s\nwant %s", l.seed, again, image)
			}
		}
	})
}

// readBack is the order as a reader has it: taxes are always a list.
func readBack(o *Order) *Order {
	same := *o
	if same.Taxes == nil {
		same.Taxes = []TaxLine{}
	}
	return &same
}

// TestImageIsWhatTheStandardEncoderWrites writes every token of an image again
// with encoding/json: the same bytes, so texts are escaped alike and nothing is
// there twice.
func TestImageIsWhatTheStandardEncoderWrites(t *testing.T) {
	eachLife(t, nil, func(l *life) {
		o := l.states[len(l.states)-1]
		bill, refusal := l.w.pricer.AppendBill(nil, o, l.w.outlet.Settings, true)
		if refusal != nil {
			t.Fatal(refusal)
		}
		for _, data := range [][]byte{o.AppendJSON(nil), l.records[0].Data, bill} {
			if again := reencode(t, data); !bytes.Equal(again, data) {
				t.Fatalf("seed %d: got  %s\nstandard %s", l.seed, data, again)
			}
		}
	})
}

// reencode writes what encoding/json reads, token by token.
func reencode(t *testing.T, data []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	out := value(t, decoder, nil)
	if _, err := decoder.Token(); err != io.EOF {
		t.Fatalf("something follows in %s", data)
	}
	return out
}

func value(t *testing.T, decoder *json.Decoder, out []byte) []byte {
	t.Helper()
	token, err := decoder.Token()
	if err != nil {
		t.Fatal(err)
	}
	open, nested := token.(json.Delim)
	if !nested {
		text, err := json.Marshal(token)
		if err != nil {
			t.Fatal(err)
		}
		return append(out, text...)
	}
	out = append(out, byte(open))
	seen := map[string]bool{}
	for first := true; decoder.More(); first = false {
		if !first {
			out = append(out, ',')
		}
		if open == '{' {
			before := len(out)
			out = value(t, decoder, out)
			if name := string(out[before:]); seen[name] {
				t.Fatalf("member %s is there twice", name)
			}
			seen[string(out[before:])] = true
			out = append(out, ':')
		}
		out = value(t, decoder, out)
	}
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	return append(out, byte(open)+2) // ] and } stand two behind [ and {
}

// TestImageHasEveryMemberOfTheOrder compares an image, read without its types,
// with what the standard encoder makes of the state by its tags.
func TestImageHasEveryMemberOfTheOrder(t *testing.T) {
	eachLife(t, nil, func(l *life) {
		o := l.states[len(l.states)-1]
		var image, state any
		decode(t, o.AppendJSON(nil), &image)
		decode(t, []byte(whole(t, o)), &state)
		compare(t, "", image, state)
		twins(t, o.Currency, "", image)
	})
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// compare wants everything of state in the image; what is empty may be left out.
func compare(t *testing.T, at string, image, state any) {
	t.Helper()
	switch want := state.(type) {
	case map[string]any:
		got, _ := image.(map[string]any)
		for name, v := range want {
			g, there := got[name]
			if !there && !empty(v) {
				t.Fatalf("%s.%s = %v is not in the image", at, name, v)
			}
			if there {
				compare(t, at+"."+name, g, v)
			}
		}
	case []any:
		got, _ := image.([]any)
		if len(got) != len(want) {
			t.Fatalf("%s: %v, want %v", at, image, state)
		}
		for i := range want {
			compare(t, at+"[]", got[i], want[i])
		}
	default:
		if sameNumber(image, state) {
			return
		}
		if list, ok := image.([]any); image != state && !(state == nil && ok && len(list) == 0) {
			t.Fatalf("%s: %v, want %v", at, image, state)
		}
	}
}

// sameNumber reports two numbers of one value: 50.00 and 50.
func sameNumber(a, b any) bool {
	x, isNumber := a.(json.Number)
	y, areNumbers := b.(json.Number)
	if !isNumber || !areNumbers {
		return false
	}
	p, err := money.ParseDecimal(x.String())
	q, wrong := money.ParseDecimal(y.String())
	return err == nil && wrong == nil && p == q
}

func empty(v any) bool { return v == nil || v == "" || v == json.Number("0") }

// twins checks that an amount is its integer twin with the currency's decimals.
func twins(t *testing.T, code, at string, v any) {
	t.Helper()
	currency, _ := money.Lookup(code)
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			twins(t, code, at+"[]", element)
		}
	case map[string]any:
		for name, minor := range v {
			twins(t, code, at+"."+name, minor)
			major, isTwin := strings.CutSuffix(name, "_minor")
			if !isTwin {
				continue
			}
			count, err := minor.(json.Number).Int64()
			if want := string(money.AppendMinor(nil, count, currency.Exponent)); err != nil || v[major] != json.Number(want) {
				t.Fatalf("%s.%s is %v beside %v", at, major, v[major], minor)
			}
		}
	}
}

func TestKitchenGetsEverythingButPayment(t *testing.T) {
	orders := goldenOrders(t)
	forged := *orders["image_rich"]
	forged.CustomerName, forged.CancelReason = `,"payment_status":"paid"}`, `","payment_status":`
	orders["forged"] = &forged
	for name, o := range orders {
		image := o.AppendJSON(nil)
		for _, role := range domain.Roles() {
			// given
			kept := bytes.Clone(image)
			// when
			view := View(role, image)
			// then
			if !bytes.Equal(image, kept) {
				t.Fatalf("%s: the view of %s changed the image", name, role)
			}
			if role != domain.Kitchen {
				if !bytes.Equal(view, image) {
					t.Errorf("%s: %s sees another order", name, role)
				}
				continue
			}
			seen, all := topLevel(t, view), topLevel(t, image)
			if _, paid := seen["payment_status"]; paid {
				t.Errorf("%s: the kitchen sees %s", name, seen["payment_status"])
			}
			delete(all, "payment_status")
			if !reflect.DeepEqual(seen, all) {
				t.Errorf("%s: the kitchen sees %s", name, view)
			}
		}
	}
	if got := View(domain.Kitchen, []byte(`{}`)); string(got) != `{}` {
		t.Errorf("of no order: %s", got)
	}
}

func TestParseRefusesWhatIsNoOrder(t *testing.T) {
	image := string(goldenOrders(t)["image_rich"].AppendJSON(nil))
	for _, broken := range []string{``, `{}`, `null`, `[]`, image[:len(image)-1], image[1:], image + "x",
		strings.Replace(image, `"version":1`, `"version":0`, 1), strings.Replace(image, `"status":"pending"`, `"status":"gone"`, 1),
		strings.Replace(image, `"id":"`+orderID, `"id":"`, 1), strings.Replace(image, `"created_at":"2025`, `"created_at":"twenty`, 1),
		strings.Replace(image, `"quantity":2`, `"quantity":"two"`, 1), strings.Replace(image, `"quantity":2`, `"quantity":2.0001`, 1)} {
		if o, err := Parse([]byte(broken)); err == nil {
			t.Errorf("%.60s was read as %+v", broken, o)
		}
	}
}

func TestSearchTextHasWhatPeopleLookFor(t *testing.T) {
	text := goldenOrders(t)["image_rich"].Text()
	for _, word := range []string{"7", "t-4", "प्रिया", "98200", "tab-7/1", "masala dosa", "beer", "open & <shut>"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in %q", word, text)
		}
	}
	if text != strings.ToLower(text) {
		t.Errorf("capitals in %q", text)
	}
}
