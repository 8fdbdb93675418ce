package ws

import (
	"encoding/json"
	"log/slog"

	"heard/domain"
)

// stations is where each item of the menu is made. Never changed once made.
type stations struct {
	byItem map[string]string
}

// of is an item's station, "" when it has none; not known before the menu was
// read. What is not on the menu has none.
func (s *stations) of(item string) (station string, known bool) {
	if s == nil {
		return "", false
	}
	return s.byItem[item], true
}

// menuChanged has the menu read again, once for all that ask meanwhile. Until
// then stations are not known, and station rooms get every order. o.mu is held.
func (o *organisation) menuChanged() {
	o.stations = nil
	if !o.stationRooms {
		return
	}
	o.readMenu()
}

// needStations is asked when the first room by station is. o.mu is held.
func (o *organisation) needStations() {
	if o.stationRooms {
		return
	}
	o.stationRooms = true
	o.readMenu()
}

func (o *organisation) readMenu() {
	if o.readingMenu {
		return
	}
	o.readingMenu = true
	at := o.last
	o.gateway.running.Add(1)
	go func() {
		defer o.gateway.running.Done()
		defer func() { o.gateway.recovered("read menu", recover()) }()
		found, err := o.menuStations()
		o.mu.Lock()
		defer o.mu.Unlock()
		o.readingMenu = false
		switch {
		case err != nil:
			o.gateway.log.Warn("menu cannot be read: station rooms get every order", slog.String("org", o.id), slog.Any("error", err))
		case o.menuSeq > at: // changed meanwhile
			o.readMenu()
		default:
			o.stations = &stations{found}
		}
	}()
}

func (o *organisation) menuStations() (map[string]string, error) {
	ctx, cancel := o.gateway.patience()
	defer cancel()
	q := o.system(0)
	q.Kind = domain.ReadMenu
	answer, err := o.gateway.reads.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	var items []struct{ ID, Station string }
	if err := json.Unmarshal(answer.Body, &items); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, item := range items {
		// A menu from before texts were cleaned has them as they came; rooms are clean.
		if station, err := domain.Name("station", item.Station); err == nil && station != "" {
			found[item.ID] = station
		}
	}
	return found, nil
}
