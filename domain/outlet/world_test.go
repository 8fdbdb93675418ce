package outlet

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"heard/domain"
)

const noon = int64(1_767_180_600_000) // 2025-12-31T11:30:00Z

// world is an organisation and its log.
type world struct {
	outlet *Outlet
	seq    uint64
	at     int64
	orders uint64
	log    []domain.Record
	states []*Outlet // after each record
	kept   [][]byte  // snapshot of each, when it was made
}

func newWorld() *world { return &world{outlet: New(), at: noon} }

// decide carries a command out and keeps what happened.
func (w *world) decide(t testing.TB, role domain.Role, kind, body string) (Decision, *domain.Error) {
	t.Helper()
	c := Commands()[kind]()
	if err := json.Unmarshal([]byte(body), c); err != nil {
		t.Fatalf("%s %s: %v", kind, body, err)
	}
	before := snapshotOf(t, w.outlet)
	by := domain.Identity{User: "u-" + string(role), Role: role}
	d, refusal := Decide(w.outlet, c.(Command), &Meta{By: by, At: w.at, Clock: w.at, Seq: w.seq + 1, Orders: w.orders, NewID: "new-1"})
	if !bytes.Equal(snapshotOf(t, w.outlet), before) {
		t.Fatalf("%s changed the state it was given", kind)
	}
	if refusal != nil || d.Event == nil {
		return d, refusal
	}
	data, err := json.Marshal(d.Event)
	if err != nil {
		t.Fatal(err)
	}
	w.seq++
	w.outlet = d.Next
	w.log = append(w.log, domain.Record{Seq: w.seq, Kind: d.Event.Kind(), Data: data})
	w.states, w.kept = append(w.states, d.Next), append(w.kept, snapshotOf(t, d.Next))
	return d, nil
}

func (w *world) do(t testing.TB, role domain.Role, kind, body string) Decision {
	t.Helper()
	d, refusal := w.decide(t, role, kind, body)
	if refusal != nil {
		t.Fatalf("%s %s by %s: %v", kind, body, role, refusal)
	}
	return d
}

// refused is the code and field of a refusal.
func (w *world) refused(t testing.TB, role domain.Role, kind, body string) string {
	t.Helper()
	_, refusal := w.decide(t, role, kind, body)
	switch {
	case refusal == nil:
		return "accepted"
	case len(refusal.Fields) == 0:
		return string(refusal.Code)
	}
	return string(refusal.Code) + " " + refusal.Fields[0].Field
}

func snapshotOf(t testing.TB, o *Outlet) []byte {
	t.Helper()
	data, err := o.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	richSettings = `{"currency":"INR","tax_classes":{"food":[{"code":"CGST","rate":2.5},{"code":"SGST","rate":2.5}],"liquor":[{"code":"VAT","rate":20},{"code":"CESS","rate":0.0001,"compound":true}],"free":[]},
		"default_tax_class":"food","charges":[{"code":"service","type":"percent","value":10},{"code":"packing","type":"amount","value":12.50,"tax_class":"food","inclusive":true}],
		"round_off":{"increment":1},"timezone":"Asia/Dubai","business_day_start":"04:00","open_items":"refuse","one_order_per_table":true,"tax_rounding":"line",
		"status_transitions":"lenient","price_override":true,"prices_include_tax":true,"status_aliases":{"done":"completed"},"permissions":{"reopen":["admin"],"cancel":[]},"discount_limits":{"waiter":12.5,"staff":0}}`
	richMenu = `{"items":[{"id":"dosa","name":"मसाला डोसा","category":"South","price":120,"tax_class":"food","station":"tawa","modifier_groups":[
			{"id":"extras","name":"Extras","min":0,"max":2,"options":[{"id":"ghee","name":"Ghee <A2>","price":15.50},{"name":"No Onion"}]}]},
		{"id":"beer","name":"Beer 🍺","price":"250.00","price_minor":25000,"tax_class":"liquor"},
		{"id":"tea","name":"Tea","price_minor":1500,"available":false,"tax_class":null}]}`
)

// go test ./domain/outlet -update writes the golden files again.
var update = flag.Bool("update", false, "write the golden files")

// golden compares JSON with a file, indented for people.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatalf("%s: %v in %s", name, err, got)
	}
	indented.WriteByte('\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(indented.Bytes(), want) {
		t.Errorf("%s is not its golden file (-update writes it):\ngot  %s\nwant %s", name, indented.Bytes(), want)
	}
}

// members is a JSON object without its types.
func members(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// changed lists the members that differ.
func changed(before, after map[string]any) map[string]bool {
	names := map[string]bool{}
	for name := range after {
		if !reflect.DeepEqual(before[name], after[name]) {
			names[name] = true
		}
	}
	return names
}
