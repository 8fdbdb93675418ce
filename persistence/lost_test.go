package persistence

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

var asha = domain.Identity{User: "u1", Name: "Asha", Role: domain.Waiter}

// rec is a record of an order: version 0 of none, a menu item.
func rec(seq uint64, id string, version, number uint64, key string) domain.Record {
	r := domain.Record{Seq: seq, Version: seq, At: int64(seq) * 1000, By: asha, Key: key, Kind: outlet.ItemPut{}.Kind(),
		Data: []byte(`{"id":"dosa","name":"Dosa","price":4000}`), Answer: []byte(`{"id":"dosa"}`)}
	if version > 0 {
		r.Kind, r.Entity, r.Version, r.Answer = "order.status_changed", id, version, nil
		r.Data = []byte(`{"status":"ready"}`)
		o := order.Order{ID: id, Org: "bistro", Number: number, Version: version, Status: "ready", TableID: "t1", Figures: order.Figures{Currency: "INR"}}
		r.Image = o.AppendJSON(nil)
	}
	return r
}

// entryOf writes records as one entry, and moves the chain on.
func entryOf(w *domain.EntryWriter, records ...domain.Record) Entry {
	for i := range records {
		w.Add(&records[i])
	}
	return Entry{Org: "bistro", Epoch: 1, First: records[0].Seq, Last: records[len(records)-1].Seq, Data: w.Take()}
}

// loss is an entry with damage where a text stands: its last letter is another.
type loss struct {
	name    string
	records []domain.Record
	damage  string
	next    bool   // the next entry is there
	orders  string // that are lost: id version number
	menu    bool   // was followed
	err     error
}

func losses() []loss {
	change, made, menu := rec(4, "first", 3, 1, "k"), rec(4, "fresh", 1, 8, ""), rec(4, "", 0, 0, "")
	return []loss{
		{name: "in an image", records: []domain.Record{change}, damage: `"status":"r`, next: true, orders: "first 3 1;"},
		{name: "at the end of the log", records: []domain.Record{change}, damage: `"table_id":"t`, orders: "first 3 1;"},
		{name: "in the event's id", records: []domain.Record{change}, damage: `"order_id":"f`, orders: "first 3 1;"},
		{name: "in the event's sequence", records: []domain.Record{change}, damage: `{"event":{"seq":4`, orders: "first 3 1;"},
		{name: "in the image's id", records: []domain.Record{change}, damage: `"image":{"id":"f`, orders: "first 3 1;"},
		{name: "in the event's version", records: []domain.Record{change}, damage: `"order_id":"first","version":3`, orders: "first 3 1;"},
		{name: "a new order", records: []domain.Record{made}, damage: `"status":"r`, orders: "fresh 1 8;"},
		{name: "a new order's number", records: []domain.Record{made}, damage: `"number":8`, orders: "fresh 1 8;"},
		{name: "two of an entry", records: []domain.Record{made, rec(5, "first", 3, 1, "")}, damage: `{"event":{"seq":5`, next: true, orders: "fresh 1 8;first 3 1;"},
		{name: "an order twice", records: []domain.Record{change, rec(5, "first", 4, 1, "")}, damage: `{"schema":1`, next: true, orders: "first 3 1;first 4 1;"},
		{name: "beside a menu", records: []domain.Record{menu}, damage: `"answer":{"i`, next: true, menu: true},
		{name: "in a menu", records: []domain.Record{menu}, damage: `"name":"D`, next: true, err: ErrDamaged},
		{name: "a menu at the end", records: []domain.Record{menu}, damage: `"answer":{"i`, err: ErrDamaged},
		{name: "a version that does not follow", records: []domain.Record{rec(4, "first", 5, 1, "")}, damage: `"status":"r`, next: true, err: ErrDamaged},
	}
}

// TestWhatADamagedEntryTookIsToldByWhatRemains: order 1 is known in version 2,
// seven orders were placed, and record 4 and what follows is damaged where a text
// stands.
func TestWhatADamagedEntryTookIsToldByWhatRemains(t *testing.T) {
	for _, c := range losses() {
		t.Run(c.name, func(t *testing.T) {
			w := domain.EntryWriter{Last: domain.Hash{9}}
			f := NewFold()
			f.Through, f.Number, f.AtMS = Chain{Seq: 3, Hash: w.Last}, 7, 3000
			e := entryOf(&w, c.records...)
			at := bytes.LastIndex(e.Data, []byte(c.damage))
			if at < 0 {
				t.Fatalf("no %s in %s", c.damage, e.Data)
			}
			e.Data[at+len(c.damage)-1] ^= 1
			e.Lost = true
			var next *domain.Hash
			if c.next {
				next = &w.Last
			}
			part, err := f.Lost(e, next, func(id string) (*Document, error) {
				if id == "first" {
					return &Document{ID: id, Number: 1, Version: 2, Active: true}, nil
				}
				return nil, nil
			})
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("%v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			got := ""
			for _, d := range part.Docs {
				got += fmt.Sprintf("%s %d %d;", d.ID, d.Version, d.Number)
				if !d.Lost || d.Body != nil || d.Entry != e.Last {
					t.Errorf("%+v", d)
				}
			}
			_, followed := f.Outlet.Menu.Find("dosa")
			if got != c.orders || followed != c.menu || f.Through.Seq != e.Last {
				t.Errorf("lost %q, menu followed %v, through %d; want %q, %v", got, followed, f.Through.Seq, c.orders, c.menu)
			}
			if key := c.records[0].Key; key != "" && c.damage != `{"event":{"seq":4` && (len(part.Keys) != 1 || part.Keys[0].Hash != HashKey(key)) {
				t.Errorf("keys %+v", part.Keys)
			}
			after := rec(e.Last+1, "other", 1, f.Number+1, "")
			if _, err := f.Entry(entryOf(&w, after)); c.next && err != nil {
				t.Errorf("the log does not go on: %v", err)
			}
		})
	}
}
