package replay

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"heard/domain/money"
)

// An order is one line of the file, checked.
type order struct {
	id         string // also the idempotency key
	at         time.Time
	day        string // YYYY-MM-DD as written in ts; "" without ts
	items      []item
	totalMinor int64
	hasTotal   bool

	organisation int           // index among the organisations of the run
	due          time.Duration // after the start; 0 in a closed loop
}

type item struct {
	menuItemID string
	name       string
	quantity   string // the number as written, so that nothing is rounded
	priceMinor int64
	modifiers  []string
}

// appendBody appends the request that places the order. The price stands twice,
// as decimal text and in minor units: the server compares them.
func (o *order) appendBody(dst []byte, currency money.Currency) []byte {
	dst = append(dst, `{"items":[`...)
	for i := range o.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = o.items[i].append(dst, currency)
	}
	dst = append(dst, ']')
	if o.headerKey() == "" {
		dst = appendText(append(dst, `,"idempotency_key":`...), o.id)
	}
	return append(dst, '}')
}

// headerKey is the order's key where a header can carry it, which has printable
// ASCII only; else it is "" and the body has the key.
func (o *order) headerKey() string {
	if strings.ContainsFunc(o.id, func(r rune) bool { return r > unicode.MaxASCII }) {
		return ""
	}
	return o.id
}

func (it *item) append(dst []byte, currency money.Currency) []byte {
	dst = append(dst, `{"menu_item_id":`...)
	dst = appendText(dst, it.menuItemID)
	dst = append(dst, `,"name":`...)
	dst = appendText(dst, it.name)
	dst = append(dst, `,"quantity":`...)
	dst = append(dst, it.quantity...)
	dst = append(dst, `,"price":`...)
	dst = money.AppendMinor(dst, it.priceMinor, currency.Exponent)
	dst = append(dst, `,"price_minor":`...)
	dst = strconv.AppendInt(dst, it.priceMinor, 10)
	if len(it.modifiers) > 0 {
		dst = append(dst, `,"modifiers":[`...)
		for i, modifier := range it.modifiers {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, modifier)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendText cannot fail: the file was valid UTF-8, or it was refused.
func appendText(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

// parseThousandths reads a plain decimal of at most three decimals exactly.
func parseThousandths(text string) (Thousandths, bool) {
	whole, decimals, pointed := strings.Cut(text, ".")
	if len(decimals) > 3 || pointed && decimals == "" || !digitsOnly(strings.TrimPrefix(whole, "-")) {
		return 0, false
	}
	if pointed && !digitsOnly(decimals) {
		return 0, false
	}
	thousandths, err := strconv.ParseInt(whole+(decimals + "000")[:3], 10, 64)
	return Thousandths(thousandths), err == nil
}

func digitsOnly(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
