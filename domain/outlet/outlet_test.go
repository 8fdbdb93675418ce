package outlet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"heard/domain"
)

// commandCases has, for each command, a body that is accepted, the event, and
// the roles that may.
var commandCases = map[string]struct {
	body, event string
	roles       string
}{
	"outlet.put_settings": {`{"price_override":true}`, "outlet.settings_changed", "admin manager"},
	"outlet.put_menu":     {richMenuUntaxed, "menu.replaced", "admin manager"},
	"outlet.add_item":     {`{"name":"Vada","price":40}`, "menu.item_put", "admin manager"},
	"outlet.put_item":     {`{"id":"beer","name":"Ale","price":300}`, "menu.item_put", "admin manager"},
	"outlet.remove_item":  {`{"id":"tea"}`, "menu.item_removed", "admin manager"},
	"outlet.eighty_six":   {`{"item_ids":["dosa"]}`, "menu.86", "admin manager"},
	"outlet.revoke":       {`{"sub":"u-9"}`, "outlet.user_revoked", "admin"},
}

// world with a menu of three items under two tax classes.
func furnished(t testing.TB) *world {
	w := newWorld()
	w.do(t, domain.Admin, "outlet.put_settings", richSettings)
	w.do(t, domain.Admin, "outlet.put_menu", richMenu)
	w.do(t, domain.Admin, "outlet.put_settings", `{"price_override":false}`)
	return w
}

func TestEveryCommandByEveryRole(t *testing.T) {
	for kind := range Commands() {
		c, ok := commandCases[kind]
		if !ok {
			t.Errorf("%s has no case", kind)
			continue
		}
		for _, role := range append(domain.Roles(), "cook", "") {
			w := furnished(t)
			d, refusal := w.decide(t, role, kind, c.body)
			may := role != "" && strings.Contains(c.roles, string(role))
			switch {
			case may && refusal != nil:
				t.Errorf("%s by %s: %v", kind, role, refusal)
			case may && (d.Event.Kind() != c.event || !json.Valid(d.Answer)):
				t.Errorf("%s by %s: %s, answers %s", kind, role, d.Event.Kind(), d.Answer)
			case !may && refusal == nil:
				t.Errorf("%s by %q was accepted", kind, role)
			case !may && refusal.Code != domain.Forbidden && refusal.Code != domain.AdminOnly:
				t.Errorf("%s by %q: %v", kind, role, refusal)
			}
		}
	}
}

func TestTablesNameEveryCommandAndEvent(t *testing.T) {
	listed := map[string]bool{}
	for kind, fresh := range Commands() {
		c := fresh()
		listed[reflect.TypeOf(c).Elem().Name()] = true
		if c.Kind() != kind {
			t.Errorf("%s makes a %s", kind, c.Kind())
		}
		if _, ok := c.(Command); !ok {
			t.Errorf("%s decides nothing", kind)
		}
	}
	for kind, zero := range events() {
		e, err := zero([]byte(`{}`))
		if err != nil || e.Kind() != kind {
			t.Fatalf("%s makes a %s: %v", kind, e.Kind(), err)
		}
		listed[reflect.TypeOf(e).Name()] = true
	}
	for name := range typesWith(t, "decide", "evolve") {
		if !listed[name] {
			t.Errorf("%s is in no table", name)
		}
	}
}

// typesWith finds the types that have one of the methods, by the source.
func typesWith(t *testing.T, methods ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, f := range source(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil {
				continue
			}
			for _, method := range methods {
				if fn.Name.Name == method {
					found[fn.Recv.List[0].Type.(*ast.Ident).Name] = true
				}
			}
		}
	}
	return found
}

func source(t *testing.T) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// busy is an organisation that everything happened to.
func busy(t testing.TB) *world {
	w := furnished(t)
	for _, c := range []struct{ kind, body string }{
		{"outlet.add_item", `{"id":"vada","name":"Vada","price":40,"modifier_groups":[{"name":"Sauce","options":[]}]}`},
		{"outlet.put_item", `{"id":"beer","name":"Ale","price":300}`},
		{"outlet.eighty_six", `{"item_ids":["dosa","vada"],"until":"2026-01-01T00:00:00+05:30"}`},
		{"outlet.eighty_six", `{"item_ids":["vada"],"available":true}`},
		{"outlet.remove_item", `{"id":"tea"}`},
		{"outlet.revoke", `{"sub":"u-9"}`},
		{"outlet.put_settings", `{"charges":null,"permissions":null,"status_aliases":null,"round_off":null,"default_tax_class":null}`},
		{"outlet.put_settings", `{"tax_classes":{"food":null,"liquor":[]}}`},
		{"outlet.put_menu", `{"items":null}`},
		{"outlet.put_settings", `{"tax_classes":null,"currency":"KRW"}`},
		{"outlet.put_menu", `{"items":[{"id":"bap","name":"비빔밥","price":9500}]}`},
	} {
		w.at += 1000
		w.do(t, domain.Admin, c.kind, c.body)
	}
	return w
}

func TestReplayGivesTheStateThatWasDecided(t *testing.T) {
	w := busy(t)
	o, kinds := New(), map[string]bool{"key.remembered": true}
	for i, r := range w.log {
		next, err := Replay(o, r.Kind, r.Data, r.Seq)
		if err != nil {
			t.Fatalf("%d %s: %v", r.Seq, r.Kind, err)
		}
		if !reflect.DeepEqual(next, w.states[i]) {
			t.Fatalf("%d %s: replayed\n%s\ndecided\n%s", r.Seq, r.Kind, snapshotOf(t, next), snapshotOf(t, w.states[i]))
		}
		o, kinds[r.Kind] = next, true
	}
	for kind := range events() {
		if !kinds[kind] {
			t.Errorf("no %s happened", kind)
		}
	}
	same, err := Replay(o, "key.remembered", []byte(`{}`), 99)
	if err != nil || same != o {
		t.Errorf("a remembered key changed the organisation: %v", err)
	}
}

func TestStatesAreNeverChanged(t *testing.T) {
	w := busy(t)
	for i, o := range w.states {
		if !bytes.Equal(snapshotOf(t, o), w.kept[i]) {
			t.Errorf("state after %d %s was changed later", w.log[i].Seq, w.log[i].Kind)
		}
	}
}

func TestReplayRefusesWhatIsNoEvent(t *testing.T) {
	for _, c := range []struct{ kind, data string }{
		{"menu.eaten", `{}`}, {"menu.86", `{`}, {"menu.86", `{"item_ids":["none"]}`}, {"outlet.settings_changed", `{"currency":"XXX"}`},
		{"menu.replaced", `{"items":5}`}, {"outlet.user_revoked", `[]`},
	} {
		if o, err := Replay(New(), c.kind, []byte(c.data), 1); err == nil {
			t.Errorf("%s %s made %s", c.kind, c.data, snapshotOf(t, o))
		}
	}
}

func TestSnapshotRestoresTheState(t *testing.T) {
	w := busy(t)
	for _, o := range append(w.states, New()) {
		data := snapshotOf(t, o)
		back, err := Restore(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, o) {
			t.Fatalf("restored\n%s\nof\n%s", snapshotOf(t, back), data)
		}
		for _, item := range o.Menu.Items { // the index is made again
			if found, ok := back.Menu.Find(item.ID); !ok || !reflect.DeepEqual(*found, item) {
				t.Errorf("%s is not found", item.ID)
			}
		}
	}
	for _, broken := range []string{``, `{}`, `{"schema":2}`, `{"schema":1,"settings":{"currency":"INR"}}`, `{"schema":1,"menu":[]}`} {
		if _, err := Restore([]byte(broken)); err == nil {
			t.Errorf("%s was restored", broken)
		}
	}
	if o, err := Restore([]byte(`{"schema":1}`)); err != nil || !reflect.DeepEqual(o, New()) {
		t.Errorf("an empty snapshot is not a new organisation: %v", err)
	}
}

func TestPastSettingsAreBounded(t *testing.T) {
	o, last := New(), uint64(maxPastSettings+10)
	for seq := uint64(1); seq <= last; seq++ {
		next, refusal := Decide(o, PutSettings{PriceOverride: domain.Some(seq%2 == 1)}, &Meta{By: domain.Identity{Role: domain.Admin}, Seq: seq})
		if refusal != nil {
			t.Fatal(refusal)
		}
		o = next.Next
	}
	if got := len(o.Past); got != maxPastSettings {
		t.Errorf("%d versions are kept", got)
	}
	for version := last - maxPastSettings; version <= last; version++ {
		if s, ok := o.SettingsAt(version); !ok || s.Version != version {
			t.Fatalf("version %d: %v", version, ok)
		}
	}
	if _, ok := o.SettingsAt(last - maxPastSettings - 1); ok {
		t.Error("a version older than the bound is at hand")
	}
	if s, ok := o.SettingsAt(0); !ok || !reflect.DeepEqual(s, Defaults()) {
		t.Error("the defaults are not version 0")
	}
	if _, ok := o.SettingsAt(last + 1); ok {
		t.Error("a version of the future is at hand")
	}
}

func TestRevokedTokensAreOlderOnes(t *testing.T) {
	w := newWorld()
	w.do(t, domain.Admin, "outlet.revoke", `{"sub":"u-9"}`)
	for _, c := range []struct {
		user   string
		issued int64
		want   bool
	}{{"u-9", noon - 1, true}, {"u-9", 0, true}, {"u-9", noon, false}, {"u-9", noon + 1, false}, {"u-8", 0, false}, {"", 0, false}} {
		if got := w.outlet.Refuses(domain.Identity{User: c.user, IssuedAt: c.issued}); got != c.want {
			t.Errorf("%s issued at %d: refused %v", c.user, c.issued, got)
		}
	}
	if got := w.refused(t, domain.Admin, "outlet.revoke", `{"sub":"no\nid"}`); got != "VALIDATION_ERROR sub" {
		t.Error(got)
	}
	if got := w.refused(t, domain.Manager, "outlet.revoke", `{"sub":"u-9"}`); got != "ADMIN_ONLY" {
		t.Error(got)
	}
	full := &Outlet{Settings: Defaults(), Menu: NewMenu(0, nil), Revoked: map[string]int64{}}
	for i := range maxRevoked {
		full.Revoked[fmt.Sprint("u", i)] = 1
	}
	_, refusal := Decide(full, Revoke{Sub: "one-more"}, &Meta{By: domain.Identity{Role: domain.Admin}, At: noon})
	if refusal == nil || refusal.Code != domain.Conflict {
		t.Errorf("beyond the bound: %v", refusal)
	}
}
