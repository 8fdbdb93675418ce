package outlet

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"heard/domain"
)

// TestNumbersThatAreLeftOutAreNotZero: a misspelt member must not make a tax 0 %.
func TestNumbersThatAreLeftOutAreNotZero(t *testing.T) {
	for body, want := range map[string]string{
		`{"tax_classes":{"standard":[{"code":"GST"}]}}`:                                      "VALIDATION_ERROR tax_classes.standard[0].rate",
		`{"tax_classes":{"standard":[{"code":"A","rate":1},{"code":"B","rate":null}]}}`:      "VALIDATION_ERROR tax_classes.standard[1].rate",
		`{"tax_classes":{"standard":[{"code":"GST","rate":0}]}}`:                             "accepted",
		`{"charges":[{"code":"a","type":"amount","value":0},{"code":"b","type":"percent"}]}`: "VALIDATION_ERROR charges[1].value",
		`{"charges":[{"code":"a","type":"amount","value":0}]}`:                               "accepted",
		`{"round_off":{}}`:                 "VALIDATION_ERROR round_off.increment",
		`{"round_off":{"increment":null}}`: "VALIDATION_ERROR round_off.increment",
	} {
		w := newWorld()
		if got := w.refused(t, domain.Admin, "outlet.put_settings", body); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	// the sentence says that it is missing, not that 0 is wrong
	_, refusal := newWorld().decide(t, domain.Admin, "outlet.put_settings", `{"round_off":{}}`)
	if !strings.Contains(refusal.Detail, "required") {
		t.Error(refusal.Detail)
	}
}

func TestWhatIsThereTwiceIsRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{"tax_classes":{"standard":[{"code":"GST","rate":5},{"code":"GST","rate":5}]}}`:                   "VALIDATION_ERROR tax_classes.standard[1].code",
		`{"tax_classes":{"standard":[{"code":"A","rate":5},{"code":"B","rate":5},{"code":"A","rate":1}]}}`: "VALIDATION_ERROR tax_classes.standard[2].code",
		`{"tax_classes":{"standard":[{"code":"GST","rate":5}],"food":[{"code":"GST","rate":5}]}}`:          "accepted",
		`{"permissions":{"complete":["cashier","admin","cashier"]}}`:                                       "VALIDATION_ERROR permissions.complete[2]",
		`{"permissions":{"complete":[` + strings.Repeat(`"cashier",`, 100_000) + `"cashier"]}}`:            "VALIDATION_ERROR permissions.complete[1]",
		`{"permissions":{"complete":["cashier","admin"],"edit":["cashier"]}}`:                              "accepted",
		`{"timezone":"Asia` + strings.Repeat("/", 60) + `Kolkata"}`:                                        "VALIDATION_ERROR timezone",
		`{"timezone":"America/Argentina/ComodRivadavia"}`:                                                  "accepted",
	} {
		if got := newWorld().refused(t, domain.Admin, "outlet.put_settings", body); got != want {
			t.Errorf("%.120s: got %s, want %s", body, got, want)
		}
	}
}

// TestSettingsOfOlderLogsAreReadBack: what is refused today may stand in a log,
// and must not keep its organisation from coming back, or from being mended.
func TestSettingsOfOlderLogsAreReadBack(t *testing.T) {
	// given
	old := Defaults()
	old.TaxClasses = map[string][]Component{"standard": {{Code: "GST"}, {Code: "GST"}}}
	old.Permissions = map[string][]domain.Role{"complete": {"cashier", "cashier"}}
	old.Timezone = "Asia" + strings.Repeat("/", 80) + "Kolkata"
	data, err := json.Marshal(SettingsChanged{Settings: *old})
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(`,"rate":0`), nil, 1)
	data = bytes.Replace(data, []byte(`,"discount_limits":{"cashier":10,"staff":10,"waiter":10}`), nil, 1)
	// when
	w := newWorld()
	if w.outlet, err = Replay(w.outlet, "outlet.settings_changed", data, 1); err != nil {
		t.Fatal(err)
	}
	w.seq = 1
	// then
	if class := w.outlet.Settings.Rules().Classes[0]; len(class.Components) != 2 || class.Components[0].Rate != 0 {
		t.Errorf("%+v", class)
	}
	if limit, limited := w.outlet.Settings.DiscountLimit(domain.Waiter); limit != 100_000 || !limited {
		t.Errorf("a waiter's limit is %d, %v", limit, limited)
	}
	w.do(t, domain.Admin, "outlet.put_settings", `{"price_override":true}`)
	if _, err := Restore(snapshotOf(t, w.outlet)); err != nil {
		t.Error(err)
	}
}

// Clients always read a list: null would break those that count it.
func TestNullRolesAreNobody(t *testing.T) {
	answer := newWorld().do(t, domain.Admin, "outlet.put_settings", `{"permissions":{"cancel":null}}`).Answer
	if !bytes.Contains(answer, []byte(`"permissions":{"cancel":[]}`)) {
		t.Errorf("%s", answer)
	}
}
