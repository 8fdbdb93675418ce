package outlet

import "heard/domain"

// EndEightySix brings back what was sold out until a moment that has come. Nobody
// asks for it but the clock: it is no call, and is not sent between nodes. What it
// rests on is the menu alone, so that a second one finds nothing to do.
type EndEightySix struct{}

// Kind names the command.
func (EndEightySix) Kind() string { return "outlet.end_eighty_six" }

func (EndEightySix) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	e := SoldOut{Back: true}
	for i := range o.Menu.Items {
		if item := &o.Menu.Items[i]; item.SoldOut && item.Available(m.At) {
			e.IDs = append(e.IDs, item.ID)
		}
	}
	if e.IDs == nil {
		return nil, nil
	}
	return e, nil
}

func (EndEightySix) answer(*Outlet, Event, *Meta) []byte { return nil }

// NextEnd is when the next 86 ends by the clock, ms since 1970; 0 = none does.
func (m *Menu) NextEnd() (at int64) {
	for i := range m.Items {
		if item := &m.Items[i]; item.SoldOut && item.SoldOutUntil != 0 && (at == 0 || item.SoldOutUntil < at) {
			at = item.SoldOutUntil
		}
	}
	return at
}
