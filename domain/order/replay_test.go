package order

import (
	"bytes"
	"encoding/json"
	"testing"

	"heard/domain"
)

// TestReplayMakesTheSameImages is what the audit rests on: the events alone give
// every image again, byte for byte.
func TestReplayMakesTheSameImages(t *testing.T) {
	kinds := map[string]int{}
	eachLife(t, nil, func(l *life) {
		var o *Order
		var pricer Pricer
		for i := range l.records {
			r := &l.records[i]
			kinds[r.Kind]++
			next, err := Replay(o, r, l.w.outlet.Settings, &pricer)
			if err != nil {
				t.Fatalf("seed %d: version %d: %v", l.seed, r.Version, err)
			}
			if got := next.AppendJSON(nil); !bytes.Equal(got, r.Image) {
				t.Fatalf("seed %d: %s at version %d:\nreplayed %s\ndecided  %s", l.seed, r.Kind, r.Version, got, r.Image)
			}
			o = next
		}
	})
	for kind := range events() {
		if kinds[kind] == 0 {
			t.Errorf("no life had a %s", kind)
		}
	}
}

// TestReplayGoesOnFromAnImage replays an event on what recovery read back.
func TestReplayGoesOnFromAnImage(t *testing.T) {
	eachLife(t, nil, func(l *life) {
		for i := 1; i < len(l.records); i++ {
			before, err := Parse(l.records[i-1].Image)
			if err != nil {
				t.Fatal(err)
			}
			next, err := Replay(before, &l.records[i], l.w.outlet.Settings, &l.w.pricer)
			if err != nil || !bytes.Equal(next.AppendJSON(nil), l.records[i].Image) {
				t.Fatalf("seed %d: version %d: %v", l.seed, l.records[i].Version, err)
			}
		}
	})
}

func TestDecidingChangesNothingItWasGiven(t *testing.T) {
	eachLife(t, func(l *life, before *Order, c Command, m *Meta, d *Decision) {
		// given what is there now; the first deciding is judged by its image below
		state, settings, currency := whole(t, before), m.Settings.JSON(), m.Settings.Rules().Currency
		menu, asked := m.Menu.AppendJSON(nil, currency, m.At), asJSON(t, c)
		// when
		again, refusal := Decide(before, c, m)
		// then
		switch {
		case refusal != nil || whole(t, again.Next) != whole(t, d.Next):
			t.Fatalf("seed %d: %s decided otherwise the second time: %v", l.seed, c.Kind(), refusal)
		case whole(t, before) != state:
			t.Fatalf("seed %d: %s changed the state it was given", l.seed, c.Kind())
		case asJSON(t, c) != asked:
			t.Fatalf("seed %d: %s changed itself: was %s", l.seed, c.Kind(), asked)
		case !bytes.Equal(m.Settings.JSON(), settings), !bytes.Equal(m.Menu.AppendJSON(nil, currency, m.At), menu):
			t.Fatalf("seed %d: %s changed the settings or the menu", l.seed, c.Kind())
		}
	}, func(l *life) {
		for i, o := range l.states { // later decisions share slices with these
			if string(o.AppendJSON(nil)) != l.images[i] {
				t.Fatalf("seed %d: version %d was changed after it was made", l.seed, o.Version)
			}
		}
	})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRetryIsHarmless asks for what is already so: no event.
func TestRetryIsHarmless(t *testing.T) {
	harmless := map[string]bool{"order.set_status": true, "order.cancel": true, "order.change_item": true, "order.set_discount": true}
	eachLife(t, func(l *life, before *Order, c Command, m *Meta, d *Decision) {
		if !harmless[c.Kind()] {
			return
		}
		again, refusal := Decide(d.Next, c, m)
		if refusal != nil || again.Event != nil {
			t.Fatalf("seed %d: %s again: %v, %v", l.seed, c.Kind(), again.Event, refusal)
		}
		if !bytes.Equal(again.Answer, d.Answer) {
			t.Fatalf("seed %d: %s again answers %s, first %s", l.seed, c.Kind(), again.Answer, d.Answer)
		}
	}, nil)
}

func TestReplayRefusesWhatDoesNotFollow(t *testing.T) {
	w := india(t)
	o := w.in(t, Pending)
	created := goldenEvents(t)[0]
	s := w.outlet.Settings
	for name, c := range map[string]struct {
		o *Order
		r domain.Record
	}{
		"a second create":     {o, domain.Record{Kind: "order.created", Data: created.data}},
		"a change of nothing": {nil, domain.Record{Kind: "order.cancelled", Data: []byte(`{}`)}},
		"an unknown event":    {o, domain.Record{Kind: "order.eaten", Data: []byte(`{}`)}},
		"data that is none":   {o, domain.Record{Kind: "order.cancelled", Data: []byte(`{`)}},
		"data of other type":  {o, domain.Record{Kind: "order.status_changed", Data: []byte(`{"to":5}`)}},
		"an unknown class":    {o, domain.Record{Kind: "order.items_added", Data: []byte(`{"items":[{"line_id":"x","name":"x","quantity":1,"tax_class":"gone"}]}`)}},
	} {
		if next, err := Replay(c.o, &c.r, s, &w.pricer); err == nil {
			t.Errorf("%s: replayed as %+v", name, next)
		}
	}
}

// TestBatchRowsFollowEachOther decides the second row on what the first left.
func TestBatchRowsFollowEachOther(t *testing.T) {
	w := india(t)
	o := w.in(t, Pending)
	first := w.do(t, o, domain.Waiter, "order.set_status", `{"status":"completed"}`)
	if got := blamed(w.refused(t, first.Next, domain.Waiter, "order.set_status", `{"status":"ready"}`)); got != "INVALID_TRANSITION" {
		t.Error(got)
	}
}
