package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// Limits of an order; beyond them the request is refused.
const (
	MaxLines     = 1000
	maxModifiers = 32
	maxTextBytes = 256 << 10     // of names, notes and modifiers together: every event keeps the whole order
	maxQuantity  = 1_000_000_000 // thousandths: a million
	maxOwnDigits = 9             // of an id like ours that a client gives: l999999999
)

// ItemRequest is a line as a client sends it. What is on the menu takes name and
// tax class from there, and the price where it is left out.
type ItemRequest struct {
	LineID     string            `json:"line_id,omitempty"` // client-made; given by us when empty
	MenuItemID string            `json:"menu_item_id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Quantity   *money.Decimal    `json:"quantity"`
	Price      *money.Decimal    `json:"price,omitempty"` // of one unit, without modifiers
	PriceMinor *int64            `json:"price_minor,omitempty"`
	Notes      string            `json:"notes,omitempty"`
	Modifiers  []ModifierRequest `json:"modifiers,omitempty"`
	Course     Label             `json:"course,omitempty"`
	Seat       *int64            `json:"seat,omitempty"`
}

// ModifierRequest is text, or a name with a price for one unit and the group that
// it is an option of.
type ModifierRequest struct {
	Name       string         `json:"name"`
	Group      string         `json:"group,omitempty"` // name or id
	Price      *money.Decimal `json:"price,omitempty"`
	PriceMinor *int64         `json:"price_minor,omitempty"`
}

// UnmarshalJSON takes both forms and refuses members it does not know.
func (q *ModifierRequest) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &q.Name)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return errors.New("must be text or an object with name, group and price")
	}
	for name := range members {
		if name != "name" && name != "group" && name != "price" && name != "price_minor" {
			return fmt.Errorf("unknown member %q", name)
		}
	}
	return json.Unmarshal(data, q.Object())
}

// Object is the same request for a decoder that reads members itself, and so
// can name the one that is wrong, or leave out those it does not know.
func (q *ModifierRequest) Object() any {
	type plain ModifierRequest
	return (*plain)(q)
}

// readLines makes lines of requests, to be added to those that are there.
func readLines(items []ItemRequest, there []Line, added int, m *Meta) ([]Line, *domain.Error) {
	if len(items)+len(there) > MaxLines {
		return nil, domain.Blame(domain.ValidationError, "items", fmt.Sprintf("an order has at most %d lines", MaxLines))
	}
	lines, number := make([]Line, len(items)), added
	for i := range items {
		number = max(number, ownNumber(items[i].LineID))
	}
	for i := range items {
		if err := items[i].line(&lines[i], m); err != nil {
			return nil, err.Within(itemField(i))
		}
		if lines[i].ID == "" {
			number++
			lines[i].ID = ownLinePrefix + strconv.Itoa(number)
		}
		if hasLine(there, lines[i].ID) || hasLine(lines[:i], lines[i].ID) {
			return nil, domain.Blame(domain.Conflict, itemField(i)+".line_id", fmt.Sprintf("line %s is there already", lines[i].ID))
		}
	}
	return lines, nil
}

// linesAdded carries the count on. It never falls behind a number that a client
// took for itself: the line we name next must be a new one.
func linesAdded(count int, lines []Line) int {
	for i := range lines {
		count = max(count+1, ownNumber(lines[i].ID))
	}
	return count
}

// ownNumber is 7 for l7, and 0 for an id that is not like ours.
func ownNumber(id string) int {
	digits, ours := strings.CutPrefix(id, ownLinePrefix)
	if !ours || len(digits) > maxOwnDigits {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// checkLineID refuses ids like ours that are too long to count on from: one of
// them would be the id that a later line is given.
func checkLineID(field, id string) *domain.Error {
	digits, ours := strings.CutPrefix(id, ownLinePrefix)
	if ours && len(digits) > maxOwnDigits && strings.Trim(digits, "0123456789") == "" {
		return domain.Blame(domain.ValidationError, field, fmt.Sprintf("%s and more than %d digits is kept for the ids given here", ownLinePrefix, maxOwnDigits))
	}
	return domain.CheckID(field, id)
}

// checkSize refuses an order whose texts are too long together.
func (o *Order) checkSize() *domain.Error {
	total := 0
	for i := range o.Lines {
		l := &o.Lines[i]
		total += len(l.Name) + len(l.Notes) + len(l.Course)
		for _, m := range l.Modifiers {
			total += len(m.Name)
		}
	}
	if total > maxTextBytes {
		return domain.Blame(domain.ValidationError, "items", fmt.Sprintf("the texts of an order are at most %d bytes together", maxTextBytes))
	}
	return nil
}

func itemField(i int) string { return "items[" + strconv.Itoa(i) + "]" }

func hasLine(lines []Line, id string) bool {
	for i := range lines {
		if lines[i].ID == id {
			return true
		}
	}
	return false
}

// line errors name fields of the line.
func (q *ItemRequest) line(l *Line, m *Meta) *domain.Error {
	*l = Line{ID: q.LineID, Item: q.MenuItemID, Name: q.Name, Notes: q.Notes, Course: string(q.Course)}
	if err := l.cleanTexts(); err != nil {
		return err
	}
	if q.LineID != "" {
		if err := checkLineID("line_id", q.LineID); err != nil {
			return err
		}
	}
	var err *domain.Error
	if l.Quantity, err = readQuantity("quantity", q.Quantity); err != nil {
		return err
	}
	if q.Seat != nil {
		if l.Seat = *q.Seat; l.Seat < 0 || l.Seat > 10_000 {
			return domain.Blame(domain.ValidationError, "seat", "must be 0 to 10000")
		}
	}
	item, err := q.sell(l, m)
	if err != nil {
		return err
	}
	if l.Name == "" {
		return domain.Blame(domain.ValidationError, "name", "is required")
	}
	l.Modifiers, err = readModifiers(q.Modifiers, item, m)
	return err
}

// cleanTexts makes the texts of a line what is kept of them.
func (l *Line) cleanTexts() (err *domain.Error) {
	if l.Name, err = domain.Name("name", l.Name); err != nil {
		return err
	}
	if l.Notes, err = domain.Note("notes", l.Notes); err != nil {
		return err
	}
	l.Course, err = domain.Name("course", l.Course)
	return err
}

func readQuantity(field string, d *money.Decimal) (Quantity, *domain.Error) {
	if d == nil {
		return 0, domain.Blame(domain.ValidationError, field, "is required")
	}
	v, err := d.Scaled(3)
	switch {
	case errors.Is(err, money.ErrTooManyDecimals):
		return 0, domain.Blame(domain.TooManyDecimals, field, "at most 3 decimals")
	case d.Negative() || d.IsZero():
		return 0, domain.Blame(domain.InvalidLine, field, "must be above 0")
	case err != nil || v > maxQuantity:
		return 0, domain.Blame(domain.AmountOverflow, field, "at most 1000000")
	}
	return Quantity(v), nil
}

// sell finds the item on the menu and settles price, name and tax class. Another
// name than the menu's counts for nothing; where only the menu is sold, it is a
// mistake.
func (q *ItemRequest) sell(l *Line, m *Meta) (*outlet.Item, *domain.Error) {
	if q.MenuItemID != "" {
		if err := domain.CheckForeignID("menu_item_id", q.MenuItemID); err != nil {
			return nil, err
		}
	}
	item, listed := m.Menu.Find(q.MenuItemID)
	if !listed {
		return nil, q.sellOpen(l, m)
	}
	if !item.Available(m.At) {
		return nil, domain.Blame(domain.ItemSoldOut, "menu_item_id", item.Name+" is sold out")
	}
	if l.Name != "" && l.Name != item.Name && m.listedOnly() {
		return nil, domain.Blame(domain.ValidationError, "name", fmt.Sprintf("its name on the menu is %q", item.Name))
	}
	l.Name = item.Name
	l.TaxClass = item.Class(m.Settings)
	var err *domain.Error
	l.Price, err = listedPrice("price", q.Price, q.PriceMinor, item.Price, m)
	return item, err
}

func (q *ItemRequest) sellOpen(l *Line, m *Meta) (err *domain.Error) {
	if m.listedOnly() {
		return domain.Blame(domain.ValidationError, "menu_item_id", "is not on the menu")
	}
	if q.MenuItemID != "" && q.Price == nil && q.PriceMinor == nil {
		return domain.Blame(domain.ValidationError, "price", "is required: "+q.MenuItemID+" is not on the menu, and an open item needs a name and a price")
	}
	if class := m.Settings.DefaultTaxClass; class != nil {
		l.TaxClass = *class
	}
	l.Price, err = outlet.Price("price", q.Price, q.PriceMinor, m.Settings.Rules())
	return err
}

// listedPrice refuses another price than the menu's from those who may not set one.
func listedPrice(field string, d *money.Decimal, minor *int64, listed int64, m *Meta) (int64, *domain.Error) {
	if d == nil && minor == nil {
		return listed, nil
	}
	price, err := outlet.Price(field, d, minor, m.Settings.Rules())
	if err != nil {
		return 0, err
	}
	if price != listed && !m.mayOverride() {
		return 0, domain.Blame(domain.PriceMismatch, field, "its price is "+string(money.AppendMinor(nil, listed, m.exponent())))
	}
	return price, nil
}

func (m *Meta) mayOverride() bool {
	return m.policy().PriceOverride || m.By.OneOf(domain.Admin, domain.Manager)
}
