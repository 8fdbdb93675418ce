package outlet

import (
	"strings"
	"testing"

	"heard/domain"
)

// TestSettingsThatWereReadCanBePutBack: a screen reads, changes one member and
// writes the whole document.
func TestSettingsThatWereReadCanBePutBack(t *testing.T) {
	for name, w := range map[string]*world{"default": newWorld(), "rich": furnished(t)} {
		read := w.outlet.Settings.JSON()
		d := w.do(t, domain.Admin, "outlet.put_settings", string(read))
		if d.Event != nil || string(d.Answer) != string(read) {
			t.Errorf("%s: %v\ngot  %s\nread %s", name, d.Event, d.Answer, read)
		}
	}
	// the version is the server's: another one is no change either
	w := furnished(t)
	if d := w.do(t, domain.Admin, "outlet.put_settings", `{"version":99}`); d.Event != nil || w.outlet.Settings.Version == 99 {
		t.Errorf("%v, version %d", d.Event, w.outlet.Settings.Version)
	}
}

func TestMenuThatWasReadCanBePutBack(t *testing.T) {
	// given an 86 with an end and one without
	w := furnished(t)
	w.do(t, domain.Admin, "outlet.eighty_six", `{"item_ids":["dosa"],"until":"2025-12-31T13:00:00.250Z"}`)
	read := string(w.menuJSON())
	// when, then
	d := w.do(t, domain.Manager, "outlet.put_menu", `{"items":`+read+`}`)
	if d.Event != nil || string(d.Answer) != read {
		t.Errorf("%v\ngot  %s\nread %s", d.Event, d.Answer, read)
	}
	for _, id := range []string{"dosa", "beer", "tea"} {
		item, _ := w.outlet.Menu.Find(id)
		one := string(item.AppendJSON(nil, w.outlet.Settings.Rules().Currency, w.at))
		if d := w.do(t, domain.Manager, "outlet.put_item", one); d.Event != nil || string(d.Answer) != one {
			t.Errorf("%v\ngot  %s\nread %s", d.Event, d.Answer, one)
		}
	}
	// into another organisation, and after the 86 has lapsed
	other := newWorld()
	other.do(t, domain.Admin, "outlet.put_settings", richSettings)
	other.do(t, domain.Admin, "outlet.put_menu", `{"items":`+read+`}`)
	if got := string(other.menuJSON()); got != read {
		t.Errorf("got  %s\nread %s", got, read)
	}
	w.at += 2 * 60 * 60 * 1000
	w.do(t, domain.Manager, "outlet.put_menu", `{"items":`+read+`}`)
	if dosa, _ := w.outlet.Menu.Find("dosa"); !dosa.Available(w.at) {
		t.Error("an end that has passed ends nothing")
	}
}

// TestNullTaxClassIsUntaxed: null and absent are two things on every way that an
// item takes, and on the way back from the log and the Store.
func TestNullTaxClassIsUntaxed(t *testing.T) {
	for member, want := range map[string]string{`,"tax_class":null`: "", `,"tax_class":"liquor"`: "liquor", ``: "food"} {
		body := `"name":"Milk","price":30` + member
		for kind, c := range map[string]string{
			"outlet.add_item": `{"id":"milk",` + body + `}`, "outlet.put_item": `{"id":"beer",` + body + `}`, "outlet.put_menu": `{"items":[{"id":"milk",` + body + `}]}`,
		} {
			w := furnished(t)
			w.do(t, domain.Manager, kind, c)
			id := "milk"
			if kind == "outlet.put_item" {
				id = "beer"
			}
			replayed := New()
			var err error
			for _, r := range w.log {
				if replayed, err = Replay(replayed, r.Kind, r.Data, r.Seq); err != nil {
					t.Fatal(err)
				}
			}
			restored, err := Restore(snapshotOf(t, w.outlet))
			if err != nil {
				t.Fatal(err)
			}
			for from, o := range map[string]*Outlet{"decided": w.outlet, "replayed": replayed, "restored": restored} {
				item, _ := o.Menu.Find(id)
				if got := item.Class(o.Settings); got != want {
					t.Errorf("%s %s, %s: class %q, want %q", kind, member, from, got, want)
				}
				read := string(item.AppendJSON(nil, o.Settings.Rules().Currency, w.at))
				if strings.Contains(read, `"tax_class"`) != (member != "") || !strings.Contains(read, member) {
					t.Errorf("%s %s, %s: reads as %s", kind, member, from, read)
				}
			}
		}
	}
}

// TestItemsOfOlderLogsKeepTheDefault: null was dropped, so that those items were
// sold at the default.
func TestItemsOfOlderLogsKeepTheDefault(t *testing.T) {
	o, err := Replay(New(), "menu.item_put", []byte(`{"id":"milk","name":"Milk","price_minor":3000}`), 1)
	if err != nil {
		t.Fatal(err)
	}
	if milk, _ := o.Menu.Find("milk"); milk.Class(o.Settings) != "standard" {
		t.Errorf("%+v", milk)
	}
}

// TestAnEightySixThatLapsedIsPutBackAsNoChange: the menu reads as available.
func TestAnEightySixThatLapsedIsPutBackAsNoChange(t *testing.T) {
	w := furnished(t)
	w.do(t, domain.Admin, "outlet.eighty_six", `{"item_ids":["dosa"],"until":"2025-12-31T13:00:00Z"}`)
	w.at += 2 * 60 * 60 * 1000
	read := string(w.menuJSON())
	if d := w.do(t, domain.Admin, "outlet.put_menu", `{"items":`+read+`}`); d.Event != nil || string(d.Answer) != read {
		t.Errorf("%v\ngot  %s\nread %s", d.Event, d.Answer, read)
	}
	dosa, _ := w.outlet.Menu.Find("dosa")
	if d := w.do(t, domain.Admin, "outlet.put_item", string(dosa.AppendJSON(nil, w.outlet.Settings.Rules().Currency, w.at))); d.Event != nil {
		t.Errorf("%v", d.Event)
	}
}

func TestEndOfAnEightySixNeedsOne(t *testing.T) {
	w := furnished(t)
	for members, want := range map[string]string{
		`"available":false,"sold_out_until":"2025-12-31T13:00:00Z"`: "accepted",
		`"available":true,"sold_out_until":"2025-12-31T13:00:00Z"`:  "VALIDATION_ERROR sold_out_until",
		`"sold_out_until":"2025-12-31T13:00:00Z"`:                   "VALIDATION_ERROR sold_out_until",
		`"available":false,"sold_out_until":"tomorrow"`:             "VALIDATION_ERROR sold_out_until",
		`"available":false,"sold_out_until":""`:                     "VALIDATION_ERROR sold_out_until",
		`"available":false,"sold_out_until":null`:                   "accepted",
	} {
		body := `{"id":"beer","name":"Beer","price":250,` + members + `}`
		if got := w.refused(t, domain.Admin, "outlet.put_item", body); got != want {
			t.Errorf("%s: got %s, want %s", members, got, want)
		}
	}
}
