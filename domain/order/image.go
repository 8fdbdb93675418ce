package order

import (
	"bytes"
	"strconv"
	"strings"

	"heard/domain"
	"heard/domain/money"
)

// AppendJSON writes the order's image: what REST answers, what a socket frame
// carries, what the log and the Store keep. It is encoded once per version.
func (o *Order) AppendJSON(b []byte) []byte {
	currency, ok := money.Lookup(o.Currency)
	if !ok { // the words of an Assert are allocated whether they are needed or not
		domain.Assert(ok, "order %s in unknown currency %q", o.ID, o.Currency)
	}
	exponent := currency.Exponent
	b = domain.AppendString(append(b, `{"id":`...), o.ID)
	b = domain.AppendString(append(b, `,"order_id":`...), o.ID)
	b = strconv.AppendUint(append(b, `,"number":`...), o.Number, 10)
	b = domain.AppendString(append(b, `,"organization_id":`...), o.Org)
	b = domain.AppendString(append(b, `,"table_id":`...), o.TableID)
	b = strconv.AppendInt(append(b, `,"table_number":`...), o.TableNumber, 10)
	b = domain.AppendString(append(b, `,"order_type":`...), o.Type)
	b = appendLines(append(b, `,"items":`...), o.Lines, exponent, true)
	b = strconv.AppendInt(append(b, `,"lines_added":`...), int64(o.LinesAdded), 10)
	b = o.Figures.appendJSON(b, exponent)
	b = appendDiscount(b, o.DiscountType, o.DiscountValue, exponent)
	b = appendText(b, "customer_name", o.CustomerName)
	b = appendText(b, "customer_phone", o.CustomerPhone)
	b = appendText(b, "client_order_id", o.ClientOrderID)
	b = append(append(append(b, `,"status":"`...), o.Status...), '"')
	b = appendText(b, "cancel_reason", o.CancelReason)
	b = domain.AppendString(append(b, `,"waiter_id":`...), o.WaiterID)
	b = domain.AppendString(append(b, `,"waiter_name":`...), o.WaiterName)
	b = strconv.AppendUint(append(b, `,"settings_version":`...), o.Settings, 10)
	b = strconv.AppendUint(append(b, `,"menu_version":`...), o.Menu, 10)
	b = appendClasses(b, "joined_tax_classes", o.Joined)
	b = strconv.AppendUint(append(b, `,"version":`...), o.Version, 10)
	b = domain.AppendTime(append(b, `,"created_at":"`...), int64(o.CreatedAt))
	b = domain.AppendTime(append(b, `","updated_at":"`...), int64(o.UpdatedAt))
	b = append(append(append(b, '"'), paymentMember...), '"')
	return append(append(b, o.Payment...), '"', '}')
}

// paymentMember begins what the kitchen does not get. It comes last, so that
// the kitchen's view of an image is its beginning.
const paymentMember = `,"payment_status":`

// View is an image, or an answer with images in it, as a role may see it: the
// kitchen gets no payment data.
func View(role domain.Role, image []byte) []byte {
	at := -1
	if role == domain.Kitchen {
		at = bytes.Index(image, []byte(paymentMember)) // in a text its quotes would be escaped
	}
	if at < 0 {
		return image
	}
	seen := make([]byte, 0, len(image))
	for ; at >= 0; at = bytes.Index(image, []byte(paymentMember)) {
		seen, image = append(seen, image[:at]...), image[at:]
		image = image[bytes.IndexByte(image, '}'):]
	}
	return append(seen, image...)
}

// Text is what a search looks in, in lower case.
func (o *Order) Text() string {
	var room [256]byte
	b := strconv.AppendUint(room[:0], o.Number, 10)
	for _, text := range [...]string{o.TableID, o.CustomerName, o.CustomerPhone, o.ClientOrderID} {
		b = append(append(b, '\n'), text...)
	}
	for i := range o.Lines {
		b = append(append(b, '\n'), o.Lines[i].Name...)
	}
	return strings.ToLower(string(b))
}

func (f *Figures) appendJSON(b []byte, exponent uint8) []byte {
	b = domain.AppendString(append(b, `,"currency":`...), f.Currency)
	b = appendMoney(b, "subtotal", f.Subtotal, exponent)
	b = appendMoney(b, "discount", f.Discount, exponent)
	if len(f.Charges) > 0 {
		b = append(b, `,"charges":[`...)
		for i, c := range f.Charges {
			if i > 0 {
				b = append(b, ',')
			}
			b = domain.AppendString(append(b, `{"code":`...), c.Code)
			b = append(appendMoney(b, "amount", c.Amount, exponent), '}')
		}
		b = append(b, ']')
	}
	b = appendMoney(b, "tax", f.Tax, exponent)
	b = appendMoney(b, "tax_included", f.TaxIncluded, exponent)
	b = f.TaxRate.AppendText(append(b, `,"tax_rate":`...))
	b = append(b, `,"taxes":[`...)
	for i, t := range f.Taxes {
		if i > 0 {
			b = append(b, ',')
		}
		b = domain.AppendString(append(b, `{"code":`...), t.Code)
		b = t.Rate.AppendText(append(b, `,"rate":`...))
		b = appendMoney(b, "base", t.Base, exponent)
		b = append(appendMoney(b, "amount", t.Amount, exponent), '}')
	}
	b = append(b, ']')
	b = appendMoney(b, "round_off", f.RoundOff, exponent)
	return appendMoney(b, "total", f.Total, exponent)
}

// appendLines writes lines; amounts are in an image but not in an event, which
// states what was ordered and not what it comes to.
func appendLines(b []byte, lines []Line, exponent uint8, amounts bool) []byte {
	b = append(b, '[')
	for i := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = lines[i].append(b, exponent)
		if amounts {
			b = appendMoney(b, "amount", lines[i].Amount, exponent)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// append leaves the object open.
func (l *Line) append(b []byte, exponent uint8) []byte {
	b = domain.AppendString(append(b, `{"line_id":`...), l.ID)
	b = domain.AppendString(append(b, `,"menu_item_id":`...), l.Item)
	b = domain.AppendString(append(b, `,"name":`...), l.Name)
	b = l.Quantity.append(append(b, `,"quantity":`...))
	if l.Added != 0 {
		b = l.Added.append(append(b, `,"added":`...))
	}
	b = appendMoney(b, "price", l.Price, exponent)
	if len(l.Modifiers) > 0 {
		b = append(b, `,"modifiers":[`...)
		for i, m := range l.Modifiers {
			if i > 0 {
				b = append(b, ',')
			}
			b = domain.AppendString(append(b, `{"name":`...), m.Name)
			b = append(appendMoney(b, "price", m.Price, exponent), '}')
		}
		b = append(b, ']')
	}
	b = appendText(b, "notes", l.Notes)
	b = appendText(b, "course", l.Course)
	if l.Seat != 0 {
		b = strconv.AppendInt(append(b, `,"seat":`...), l.Seat, 10)
	}
	return appendText(b, "tax_class", l.TaxClass)
}

// appendMoney writes an amount and its integer twin.
func appendMoney(b []byte, name string, minor int64, exponent uint8) []byte {
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	b = money.AppendMinor(b, minor, exponent)
	b = append(append(append(b, ',', '"'), name...), `_minor":`...)
	return strconv.AppendInt(b, minor, 10)
}

// appendText leaves empty text out.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	return domain.AppendString(b, text)
}

func appendDiscount(b []byte, kind string, value money.Decimal, exponent uint8) []byte {
	if kind == "" {
		return b
	}
	b = append(append(append(b, `,"discount_type":"`...), kind...), '"')
	if kind == amountDiscount {
		minor, err := value.Scaled(exponent)
		domain.Assert(err == nil, "discount %s was taken but is no amount: %v", value, err)
		return appendMoney(b, "discount_value", minor, exponent)
	}
	return value.AppendText(append(b, `,"discount_value":`...))
}
