package order

import (
	"encoding/json"
	"fmt"

	"heard/domain"
)

// Parse reads an image back.
func Parse(image []byte) (*Order, error) {
	o := &Order{}
	return o, o.ParseOver(image)
}

// ParseOver reads an image back over another order of the organisation. What is
// the same in both, names and words, is not read again, and the lists are used
// again: nothing may still refer to those. That is for who reads many.
func (o *Order) ParseOver(image []byte) error {
	s := domain.NewScanner(image)
	o.scan(&s)
	if !s.End() { // not as we write it
		*o = Order{}
		if err := json.Unmarshal(image, o); err != nil {
			return fmt.Errorf("read order image: %w", err)
		}
	}
	if o.ID == "" || o.Version == 0 || o.Status.rank() < 0 {
		return fmt.Errorf("read order image: no order in %.40q", image)
	}
	return nil
}

func (o *Order) scan(s *domain.Scanner) {
	old := *o
	*o = Order{}
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "id":
			o.ID = s.TextLike(old.ID)
		case "number":
			o.Number = s.Uint()
		case "organization_id":
			o.Org = s.TextLike(old.Org)
		case "table_id":
			o.TableID = s.TextLike(old.TableID)
		case "table_number":
			o.TableNumber = s.Int()
		case "order_type":
			o.Type = s.TextLike(old.Type)
		case "items":
			scanList(s, &o.Lines, old.Lines, (*Line).scan)
		case "lines_added":
			o.LinesAdded = int(s.Int())
		case "discount_type":
			o.DiscountType = s.TextLike(old.DiscountType)
		case "discount_value":
			s.Value(&o.DiscountValue)
		case "customer_name":
			o.CustomerName = s.TextLike(old.CustomerName)
		case "customer_phone":
			o.CustomerPhone = s.TextLike(old.CustomerPhone)
		case "client_order_id":
			o.ClientOrderID = s.TextLike(old.ClientOrderID)
		case "status":
			o.Status = Status(s.TextLike(string(old.Status)))
		case "cancel_reason":
			o.CancelReason = s.TextLike(old.CancelReason)
		case "waiter_id":
			o.WaiterID = s.TextLike(old.WaiterID)
		case "waiter_name":
			o.WaiterName = s.TextLike(old.WaiterName)
		case "settings_version":
			o.Settings = s.Uint()
		case "menu_version":
			o.Menu = s.Uint()
		case "joined_tax_classes":
			s.Fail() // few orders have any: encoding/json reads those
		case "version":
			o.Version = s.Uint()
		case "created_at":
			s.Value(&o.CreatedAt)
		case "updated_at":
			s.Value(&o.UpdatedAt)
		case "payment_status":
			o.Payment = Payment(s.TextLike(string(old.Payment)))
		default:
			o.Figures.scan(s, &old.Figures)
		}
	}
}

// scan takes a member that is one of the figures.
func (f *Figures) scan(s *domain.Scanner, old *Figures) {
	switch string(s.Name) {
	case "currency":
		f.Currency = s.TextLike(old.Currency)
	case "subtotal_minor":
		f.Subtotal = s.Int()
	case "discount_minor":
		f.Discount = s.Int()
	case "charges":
		scanList(s, &f.Charges, old.Charges, (*ChargeLine).scan)
	case "tax_included_minor":
		f.TaxIncluded = s.Int()
	case "tax_minor":
		f.Tax = s.Int()
	case "tax_rate":
		s.Value(&f.TaxRate)
	case "taxes":
		scanList(s, &f.Taxes, old.Taxes, (*TaxLine).scan)
	case "round_off_minor":
		f.RoundOff = s.Int()
	case "total_minor":
		f.Total = s.Int()
	default:
		skip(s)
	}
}

func (l *Line) scan(s *domain.Scanner, old *Line) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "line_id":
			l.ID = s.TextLike(old.ID)
		case "menu_item_id":
			l.Item = s.TextLike(old.Item)
		case "name":
			l.Name = s.TextLike(old.Name)
		case "quantity":
			s.Value(&l.Quantity)
		case "added":
			s.Value(&l.Added)
		case "price_minor":
			l.Price = s.Int()
		case "modifiers":
			scanList(s, &l.Modifiers, old.Modifiers, (*Modifier).scan)
		case "notes":
			l.Notes = s.TextLike(old.Notes)
		case "course":
			l.Course = s.TextLike(old.Course)
		case "seat":
			l.Seat = s.Int()
		case "tax_class":
			l.TaxClass = s.TextLike(old.TaxClass)
		case "amount_minor":
			l.Amount = s.Int()
		default:
			skip(s)
		}
	}
}

func (m *Modifier) scan(s *domain.Scanner, old *Modifier) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "name":
			m.Name = s.TextLike(old.Name)
		case "price_minor":
			m.Price = s.Int()
		default:
			skip(s)
		}
	}
}

func (c *ChargeLine) scan(s *domain.Scanner, old *ChargeLine) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "code":
			c.Code = s.TextLike(old.Code)
		case "amount_minor":
			c.Amount = s.Int()
		default:
			skip(s)
		}
	}
}

func (t *TaxLine) scan(s *domain.Scanner, old *TaxLine) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "code":
			t.Code = s.TextLike(old.Code)
		case "rate":
			s.Value(&t.Rate)
		case "base_minor":
			t.Base = s.Int()
		case "amount_minor":
			t.Amount = s.Int()
		default:
			skip(s)
		}
	}
}

// scanList reads a list that is there once, over another.
func scanList[T any](s *domain.Scanner, list *[]T, over []T, scan func(one *T, s *domain.Scanner, old *T)) {
	if *list != nil {
		s.Fail()
		return
	}
	if *list = over[:0]; over == nil {
		*list = []T{}
	}
	var none T
	old := new(T) // one for all: what scan is given would be one for each
	for s.Array(); s.Element(); {
		n := len(*list)
		if *old = none; n < len(over) {
			*old = over[n]
		}
		*list = append(*list, none)
		scan(&(*list)[n], s, old)
	}
}

// skip leaves a member out that an order does not need: the decimal twin of an
// integer, order_id. encoding/json takes a member of ours in other letters, too;
// nobody wrote one, but what it comes to is for encoding/json to say.
func skip(s *domain.Scanner) {
	for _, c := range s.Name {
		if (c < 'a' || c > 'z') && c != '_' {
			s.Fail()
			return
		}
	}
	s.Skip()
}
