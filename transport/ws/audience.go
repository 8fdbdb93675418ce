package ws

import (
	"slices"
	"strings"

	"heard/domain"
	"heard/domain/order"
)

// view is what a socket may see of an order.
type view byte

const (
	whole   view = iota
	kitchen      // no payment data
)

// of cuts an order's image to what the view may see.
func (v view) of(image []byte) []byte {
	if v == kitchen {
		return order.View(domain.Kitchen, image)
	}
	return image
}

// audience is who gets the same frames: a view and a set of rooms. It is never
// changed; sockets that move get another.
type audience struct {
	key   string
	view  view
	rooms []string // sorted
	all   bool     // every order of the organisation

	stations, tables, orders []string
}

// roomOrg is the whole organisation, where every socket begins.
const roomOrg = "org"

// room checks a name and splits it at its first colon: what is behind may have
// more of them. The station is what is kept of its name, the table's id is as it
// stands. Neither can hold a line's end, which parts the rooms of an audience's key.
func room(name string) (kind, value string, ok bool) {
	if name == roomOrg {
		return name, "", true
	}
	kind, value, _ = strings.Cut(name, ":")
	switch kind {
	case "role":
		return kind, value, domain.Role(value).Known()
	case "order":
		return kind, value, domain.ValidID(value)
	case "table":
		return kind, value, domain.CheckForeignID("room", value) == nil
	case "station":
		station, err := domain.Name("room", value)
		return kind, station, err == nil && station != ""
	}
	return "", "", false
}

// roomName writes what room split.
func roomName(kind, value string) string {
	if kind == roomOrg {
		return kind
	}
	return kind + ":" + value
}

// newAudience is that of a role in rooms, whose names were checked. A screen
// that asks for the kitchen's room alone gets the kitchen's view; nobody gets
// more than the own role may see.
func newAudience(role domain.Role, rooms []string) *audience {
	a := &audience{rooms: slices.Compact(slices.Sorted(slices.Values(rooms)))}
	kitchens := len(rooms) > 0
	for _, name := range a.rooms {
		kind, value, _ := room(name)
		kitchens = kitchens && kind == "role" && domain.Role(value) == domain.Kitchen
		switch kind {
		case roomOrg, "role":
			a.all = true
		case "station":
			a.stations = append(a.stations, value)
		case "table":
			a.tables = append(a.tables, value)
		case "order":
			a.orders = append(a.orders, value)
		}
	}
	if role == domain.Kitchen || kitchens {
		a.view = kitchen
	}
	a.key = strings.Join(a.rooms, "\n")
	if a.all {
		a.key = "" // whatever else it names
	} else {
		a.key = "rooms\n" + a.key
	}
	a.key = string('0'+rune(a.view)) + a.key
	return a
}

// subject is an order as rooms ask about it. What costs something is found once
// for all audiences.
type subject struct {
	id     string
	kind   string // of the event; "" in a snapshot
	table  string
	image  []byte
	parsed *order.Order
	broken bool
}

// due reports whether the audience gets what happened to an order. In doubt it
// does: a frame too many does no harm.
func (a *audience) due(s *subject, stations *stations) bool {
	if a.all || slices.Contains(a.orders, s.id) {
		return true
	}
	if len(a.tables) > 0 && s.image != nil {
		if s.table == "" && s.parse() {
			s.table = string(s.parsed.TableID)
		}
		if slices.Contains(a.tables, s.table) {
			return true
		}
	}
	if len(a.stations) == 0 {
		return false
	}
	if takesAway(s.kind) || !s.parse() {
		return true // the station's item may be the one that went
	}
	for i := range s.parsed.Lines {
		name, known := stations.of(s.parsed.Lines[i].Item)
		if !known || slices.Contains(a.stations, name) {
			return true
		}
	}
	return false
}

// takesAway reports whether an order may have lost what a station makes.
func takesAway(kind string) bool {
	return kind == (&order.ItemChanged{}).Kind() || kind == (&order.ItemRemoved{}).Kind()
}

func (s *subject) parse() bool {
	if s.parsed == nil && !s.broken {
		var err error
		s.parsed, err = order.Parse(s.image)
		s.broken = err != nil
	}
	return !s.broken
}
