package outlet

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"heard/domain"
)

func TestSettingsAreTheGoldenFile(t *testing.T) {
	golden(t, "settings_default", Defaults().JSON())
	w := furnished(t)
	golden(t, "settings_rich", w.outlet.Settings.JSON())
	for _, r := range w.log[:2] {
		golden(t, "event_"+strings.ReplaceAll(r.Kind, ".", "_"), r.Data)
	}
}

// TestPutSettingsReplacesWhatItNames puts each member alone.
func TestPutSettingsReplacesWhatItNames(t *testing.T) {
	rich := members(t, []byte(richSettings))
	rich["currency"], rich["default_tax_class"] = "USD", nil
	for i := range reflect.TypeFor[PutSettings]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[PutSettings]().Field(i).Tag.Get("json"), ",")
		if name == "" || name == "version" {
			continue // the idempotency key, and what is ignored
		}
		value, ok := rich[name]
		if !ok {
			t.Errorf("richSettings does not name %s", name)
			continue
		}
		// given
		w := newWorld()
		before := members(t, w.outlet.Settings.JSON())
		switch name {
		case "tax_classes": // which the default is in
			value.(map[string]any)["standard"] = []any{}
		case "charges":
			value.([]any)[1].(map[string]any)["tax_class"] = "standard"
		}
		// when
		body, _ := json.Marshal(map[string]any{name: value})
		d := w.do(t, domain.Manager, "outlet.put_settings", string(body))
		// then
		after := members(t, d.Answer)
		if got, want := changed(before, after), map[string]bool{name: true, "version": true}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s changed %v", body, got)
		}
	}
}

func TestNullIsNotLeftOut(t *testing.T) {
	w := furnished(t)
	if d := w.do(t, domain.Admin, "outlet.put_settings", `{}`); d.Event != nil {
		t.Errorf("nothing named, but %s", d.Event.Kind())
	}
	after := members(t, w.do(t, domain.Admin, "outlet.put_settings", `{"default_tax_class":null,"round_off":null,"charges":null,"status_aliases":null,"permissions":null}`).Answer)
	for name, want := range map[string]any{"default_tax_class": nil, "round_off": nil, "charges": []any{}, "status_aliases": map[string]any{}, "permissions": map[string]any{}} {
		if !reflect.DeepEqual(after[name], want) {
			t.Errorf("%s is %v, want %v", name, after[name], want)
		}
	}
	if w.outlet.Settings.Rules().Default != -1 {
		t.Error("null is not untaxed")
	}
}

func TestSameSettingsAgainAreNoEvent(t *testing.T) {
	w := newWorld()
	w.do(t, domain.Admin, "outlet.put_settings", richSettings)
	version := w.outlet.Settings.Version
	d := w.do(t, domain.Manager, "outlet.put_settings", richSettings)
	if d.Event != nil || w.outlet.Settings.Version != version || string(d.Answer) != string(w.outlet.Settings.JSON()) {
		t.Errorf("%v: %s", d.Event, d.Answer)
	}
}

func TestCurrencyIsFixedOnceAnOrderExists(t *testing.T) {
	w := newWorld()
	w.do(t, domain.Admin, "outlet.put_settings", `{"currency":"USD"}`)
	w.orders = 1
	if got := w.refused(t, domain.Admin, "outlet.put_settings", `{"currency":"EUR"}`); got != "CONFLICT currency" {
		t.Error(got)
	}
	w.do(t, domain.Admin, "outlet.put_settings", `{"currency":"USD","price_override":true}`) // the same is no change
	w.orders = 0
	w.do(t, domain.Admin, "outlet.put_menu", richMenuUntaxed)
	w.do(t, domain.Admin, "outlet.put_settings", `{"currency":"EUR"}`)
	if got := w.refused(t, domain.Admin, "outlet.put_settings", `{"currency":"KRW"}`); got != "CONFLICT currency" {
		t.Errorf("prices in cents became won: %s", got)
	}
}

const richMenuUntaxed = `{"items":[{"id":"tea","name":"Tea","price":15}]}`

func TestTaxClassInUseCannotGo(t *testing.T) {
	w := furnished(t)
	for body, want := range map[string]string{
		`{"tax_classes":{"food":[]}}`:                                     "UNKNOWN_TAX_CLASS tax_classes",       // beer is liquor
		`{"tax_classes":{"liquor":[]}}`:                                   "UNKNOWN_TAX_CLASS default_tax_class", // the default is food
		`{"tax_classes":{"liquor":[]},"default_tax_class":null}`:          "UNKNOWN_TAX_CLASS charges[1].tax_class",
		`{"tax_classes":{"liquor":[],"food":[{"code":"GST","rate":18}]}}`: "accepted",
	} {
		if got := w.refused(t, domain.Admin, "outlet.put_settings", body); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestBadSettingsAreRefusedByField(t *testing.T) {
	long := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	classes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"c%d":[]`, i)
		}
		return `{"standard":[]` + b.String() + `}`
	}
	aliases := strings.NewReplacer("[]", `"ready"`, "standard", "c")
	for _, c := range []struct{ body, want string }{
		{`{"currency":"XXX"}`, "UNSUPPORTED_CURRENCY currency"}, {`{"currency":"inr"}`, "UNSUPPORTED_CURRENCY currency"}, {`{"currency":null}`, "UNSUPPORTED_CURRENCY currency"},
		{`{"default_tax_class":"none"}`, "UNKNOWN_TAX_CLASS default_tax_class"}, {`{"default_tax_class":""}`, "UNKNOWN_TAX_CLASS default_tax_class"},
		{`{"tax_classes":{"standard":[],"a\u0007":[]}}`, "VALIDATION_ERROR tax_classes.a\x07"}, {`{"tax_classes":` + classes(64) + `}`, "VALIDATION_ERROR tax_classes"}, {`{"tax_classes":` + classes(63) + `}`, "accepted"},
		{`{"tax_classes":{"standard":[{"code":"","rate":5}]}}`, "VALIDATION_ERROR tax_classes.standard[0].code"},
		{`{"tax_classes":{"standard":[{"code":"A","rate":-1}]}}`, "VALIDATION_ERROR tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"A","rate":1000.0001}]}}`, "VALIDATION_ERROR tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"A","rate":0.00001}]}}`, "TOO_MANY_DECIMALS tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[{"code":"A","rate":99999999999999999999}]}}`, "VALIDATION_ERROR tax_classes.standard[0].rate"},
		{`{"tax_classes":{"standard":[` + long(5, `{"code":"A","rate":1}`) + `]}}`, "VALIDATION_ERROR tax_classes.standard"},
		{`{"tax_rounding":"up"}`, "VALIDATION_ERROR tax_rounding"},
		{`{"charges":[{"code":"a\u0007b","type":"percent","value":1}]}`, "VALIDATION_ERROR charges[0].code"}, {`{"charges":[{"code":"a","type":"tip","value":1}]}`, "VALIDATION_ERROR charges[0].type"},
		{`{"charges":[{"code":"a","type":"percent","value":-1}]}`, "VALIDATION_ERROR charges[0].value"}, {`{"charges":[{"code":"a","type":"amount","value":-1}]}`, "VALIDATION_ERROR charges[0].value"},
		{`{"charges":[{"code":"a","type":"percent","value":1.00001}]}`, "TOO_MANY_DECIMALS charges[0].value"}, {`{"charges":[{"code":"a","type":"amount","value":1.001}]}`, "TOO_MANY_DECIMALS charges[0].value"},
		{`{"charges":[{"code":"a","type":"amount","value":90071992547409.92}]}`, "AMOUNT_OVERFLOW charges[0].value"},
		{`{"charges":[{"code":"a","type":"amount","value":1,"tax_class":"none"}]}`, "UNKNOWN_TAX_CLASS charges[0].tax_class"},
		{`{"charges":[` + long(11, `{"code":"a","type":"amount","value":1}`) + `]}`, "VALIDATION_ERROR charges"},
		{`{"round_off":{"increment":0}}`, "VALIDATION_ERROR round_off.increment"}, {`{"round_off":{"increment":-1}}`, "VALIDATION_ERROR round_off.increment"},
		{`{"round_off":{}}`, "VALIDATION_ERROR round_off.increment"}, {`{"round_off":{"increment":0.001}}`, "TOO_MANY_DECIMALS round_off.increment"},
		{`{"timezone":"Mars/Olympus"}`, "VALIDATION_ERROR timezone"}, {`{"timezone":""}`, "VALIDATION_ERROR timezone"}, {`{"timezone":"Local"}`, "VALIDATION_ERROR timezone"}, {`{"timezone":"../../etc/passwd"}`, "VALIDATION_ERROR timezone"},
		{`{"business_day_start":"25:00"}`, "VALIDATION_ERROR business_day_start"}, {`{"business_day_start":"4"}`, "VALIDATION_ERROR business_day_start"}, {`{"business_day_start":null}`, "VALIDATION_ERROR business_day_start"},
		{`{"open_items":"maybe"}`, "VALIDATION_ERROR open_items"}, {`{"status_transitions":"none"}`, "VALIDATION_ERROR status_transitions"},
		{`{"status_aliases":{"done":"finished"}}`, "INVALID_STATUS status_aliases.done"}, {`{"status_aliases":{"in\u0007progress":"ready"}}`, "VALIDATION_ERROR status_aliases.in\x07progress"},
		{`{"status_aliases":` + aliases.Replace(classes(64)) + `}`, "VALIDATION_ERROR status_aliases"},
		{`{"permissions":{"fly":["admin"]}}`, "VALIDATION_ERROR permissions.fly"}, {`{"permissions":{"edit":["cook"]}}`, "VALIDATION_ERROR permissions.edit"},
	} {
		w := newWorld()
		if got := w.refused(t, domain.Admin, "outlet.put_settings", c.body); got != c.want {
			t.Errorf("%.120s: got %s, want %s", c.body, got, c.want)
		}
	}
}

// TestPermissionsCannotWiden gives each action to each role: only those that may
// by default can be named.
func TestPermissionsCannotWiden(t *testing.T) {
	for _, action := range actions(t) {
		for _, role := range domain.Roles() {
			w := newWorld()
			may := Defaults().May(domain.Identity{Role: role}, action) == nil
			want := "accepted"
			if !may {
				want = "VALIDATION_ERROR permissions." + string(action)
			}
			body := fmt.Sprintf(`{"permissions":{%q:[%q]}}`, action, role)
			if got := w.refused(t, domain.Admin, "outlet.put_settings", body); got != want {
				t.Errorf("%s: got %s, want %s", body, got, want)
			}
			// even settings that came about another way give nobody more
			wide := Defaults()
			wide.Permissions = map[string][]domain.Role{string(action): domain.Roles()}
			if got := wide.May(domain.Identity{Role: role}, action) == nil; got != may {
				t.Errorf("%s for %s went from %v to %v", action, role, may, got)
			}
		}
	}
}

// actions lists the constants of type Action, by the source.
func actions(t *testing.T) []Action {
	t.Helper()
	var all []Action
	for _, f := range source(t) {
		all = append(all, actionsIn(f)...)
	}
	if len(all) != 7 {
		t.Errorf("found the actions %v", all)
	}
	return all
}

func TestNobodyMayWhatIsNoAction(t *testing.T) {
	for _, role := range domain.Roles() {
		if Defaults().May(domain.Identity{Role: role}, "fly") == nil {
			t.Errorf("%s may fly", role)
		}
	}
}
