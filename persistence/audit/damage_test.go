package audit

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heard/domain"
	"heard/domain/order"
	"heard/persistence"
	"heard/persistence/pebblestore"
)

// damage is done to the organisation in the middle, so that the one after it
// shows that the audit goes on.
type damage struct {
	name   string
	plan   plan
	seq    uint64 // of the offender; 0 = not in the log
	order  string // likewise; "" = none
	detail string // part of it
	checks []check
}

func (d *damage) offender() string {
	s := "cafe"
	if d.seq != 0 {
		s += fmt.Sprintf(" seq %d", d.seq)
	}
	if d.order != "" {
		s += " order " + d.order
	}
	return s
}

// expect runs the audit: the checks named fail and no other, the first one with
// the offender.
func (d *damage) expect(t *testing.T, l logs, j persistence.Journal, s persistence.Store) {
	t.Helper()
	r := run(t, j, s)
	for c := range r.Checks {
		if fails := slices.Contains(d.checks, check(c)); fails == r.Checks[c].Passed {
			t.Errorf("%s passed = %v", r.Checks[c].Name, r.Checks[c].Passed)
		}
	}
	got := r.Checks[d.checks[0]]
	if got.Offender != d.offender() || !strings.Contains(got.Detail, d.detail) {
		t.Errorf("offender is %s: …%s…", d.offender(), d.detail)
	}
	if r.Organisations != 3 || r.Records < int64(len(l["bistro"])+len(l["diner"])) {
		t.Errorf("the audit did not go on: %+v", r)
	}
	if t.Failed() {
		t.Log("\n" + printed(r))
	}
}

// only limits a change to one record of the organisation in the middle.
func only(target *domain.Record, change func(*domain.Record)) func(string, *domain.Record) {
	return func(org string, r *domain.Record) {
		if org == "cafe" && r.Seq == target.Seq {
			change(r)
		}
	}
}

func replace(t *testing.T, data []byte, old, with string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("no %s in %s", old, data)
	}
	return bytes.Replace(data, []byte(old), []byte(with), 1)
}

// inEntry changes the payload of the entry that holds one record.
func inEntry(t *testing.T, target *domain.Record, old, with string) func(string, []byte) []byte {
	return func(org string, data []byte) []byte {
		if org == "cafe" && bytes.Contains(data, fmt.Appendf(nil, `{"seq":%d,`, target.Seq)) {
			return replace(t, data, old, with)
		}
		return data
	}
}

func inWindow(change func(*persistence.Window)) func(*persistence.Window) {
	return func(w *persistence.Window) {
		if w.Org == "cafe" {
			change(w)
		}
	}
}

func cleanLogs(t *testing.T) logs {
	l := readLogs(t, runEngine(t, 270, "bistro", "cafe", "diner"))
	for org := range l {
		if len(l[org]) < 100 {
			t.Fatalf("%s has %d records", org, len(l[org]))
		}
	}
	return l
}

func TestDamageInTheLogIsFound(t *testing.T) {
	l := cleanLogs(t)
	made := l.find(t, "cafe", 30, kind("order.created"))
	moved := l.find(t, "cafe", 40, kind("order.status_changed"))
	set := l.find(t, "cafe", 40, kind("outlet.settings_changed"))
	joined := l.find(t, "cafe", 1, func(r *domain.Record) bool {
		return r.Kind == "order.items_added" && bytes.Contains(r.Data, []byte(`"tax_classes"`))
	})
	last := &l["cafe"][len(l["cafe"])-1]
	o, err := order.Parse(made.Image)
	if err != nil {
		t.Fatal(err)
	}
	total := fmt.Sprintf(`"total_minor":%d`, o.Total)
	behind := map[string]uint64{"cafe": 0} // the Store refuses what the log has then

	for _, d := range []damage{
		{name: "flipped byte in an event", plan: plan{payload: inEntry(t, made, `"name":"Asha"`, `"name":"Asia"`)},
			checks: []check{chained}, seq: made.Seq, order: made.Entity, detail: "one of them was changed"},
		{name: "flipped byte in what was ordered", plan: plan{payload: inEntry(t, made, `"quantity":`, `"quantity":4`)},
			checks: []check{redecided, chained}, seq: made.Seq, order: made.Entity, detail: "items[0].quantity"},
		{name: "flipped byte in the newest event", plan: plan{payload: inEntry(t, last, `"id":"`, `"id":"x`)},
			checks: []check{chained}, seq: last.Seq, detail: "watermark has hash"},
		{name: "changed total in a post-image", plan: plan{record: only(made, func(r *domain.Record) {
			r.Image = replace(t, r.Image, total, fmt.Sprintf(`"total_minor":%d`, o.Total+1))
		})}, checks: []check{redecided}, seq: made.Seq, order: made.Entity, detail: fmt.Sprintf("total_minor %d where %d is recomputed", o.Total+1, o.Total)},
		{name: "version that does not follow", plan: plan{record: only(moved, func(r *domain.Record) { r.Version += 7 }), drained: behind},
			checks: []check{redecided}, seq: moved.Seq, order: moved.Entity, detail: fmt.Sprintf("version %d where %d belongs", moved.Version+7, moved.Version)},
		{name: "settings the order was not made under", plan: plan{record: only(made, func(r *domain.Record) {
			r.Data = replace(t, r.Data, fmt.Sprintf(`"settings_version":%d`, o.Settings), `"settings_version":3`)
		})}, checks: []check{redecided}, seq: made.Seq, order: made.Entity, detail: "made under settings 3 where"},
		{name: "tax class at rates that were not in force", plan: plan{record: only(joined, func(r *domain.Record) {
			r.Data = replace(t, r.Data, `"code":"LATE","rate":`, `"code":"LATE","rate":7`)
		})}, checks: []check{redecided}, seq: joined.Seq, order: joined.Entity, detail: "joined it otherwise than it was in force"},
		{name: "event nobody knows", plan: plan{record: only(moved, func(r *domain.Record) { r.Kind = "order.eaten" })},
			checks: []check{redecided}, seq: moved.Seq, order: moved.Entity, detail: `unknown event "order.eaten"`},
		{name: "time running backwards", plan: plan{record: only(set, func(r *domain.Record) { r.At -= 3_600_000 }), drained: behind},
			checks: []check{forward}, seq: set.Seq, detail: "the record before was at"},
		{name: "entry that does not parse", plan: plan{payload: inEntry(t, moved, `"records":[`, `"records":[[`)},
			checks: []check{readable}, seq: moved.Seq, detail: "the rest of the organisation is not checked"},
		{name: "schema of another version", plan: plan{payload: inEntry(t, moved, `"schema":1`, `"schema":2`)},
			checks: []check{readable}, seq: moved.Seq, detail: "schema 2"},
		{name: "hash that is too long", plan: plan{payload: inEntry(t, moved, `"prev":"`, `"prev":"00`)},
			checks: []check{readable}, seq: moved.Seq},
		{name: "another first record", plan: plan{payload: inEntry(t, &l["cafe"][0], `"prev":"0`, `"prev":"1`)},
			checks: []check{chained}, seq: 1, detail: "where there is nothing before it"},
	} {
		t.Run(d.name, func(t *testing.T) {
			db := l.write(t, d.plan)
			d.expect(t, l, db, db)
		})
	}
}

// The chain alone can only name the entry before the one that does not follow.
func TestDamageInALargeEntryIsFound(t *testing.T) {
	l := cleanLogs(t)
	made := l.find(t, "cafe", 30, kind("order.created"))
	by := fmt.Sprintf(`"order_id":"%s","version":1,"at":%d,"by":{"id":"u1","name":"As`, made.Entity, made.At)
	db := l.write(t, plan{group: 10, payload: inEntry(t, made, by+"h", by+"i")})
	first := (made.Seq-1)/10*10 + 1
	d := damage{checks: []check{chained}, seq: first, order: l["cafe"][first-1].Entity, detail: fmt.Sprintf("records %d to %d hash to", first, first+9)}
	d.expect(t, l, db, db)
}

func TestRemovedEntryIsFound(t *testing.T) {
	l := cleanLogs(t)
	gone := l["cafe"][50]
	db := lossy{l.write(t, plan{}), func(e persistence.Entry) bool { return e.Org == "cafe" && e.First == gone.Seq }}
	d := damage{checks: []check{contiguous}, seq: gone.Seq, detail: fmt.Sprintf("entry %d to %d with 1 records comes where %d belongs", gone.Seq+1, gone.Seq+1, gone.Seq)}
	d.expect(t, l, db, db)
}

func TestLostEndIsFound(t *testing.T) {
	l := cleanLogs(t)
	end := uint64(len(l["cafe"]))
	db := lossy{l.write(t, plan{}), func(e persistence.Entry) bool { return e.Org == "cafe" && e.First > end-3 }}
	d := damage{checks: []check{contiguous}, seq: end - 2, detail: fmt.Sprintf("the log ends at %d, but the store's watermark is %d", end-3, end)}
	d.expect(t, l, db, db)
}

// What the Store never had is missed by nobody but the journal's own memory of
// what it acknowledged.
func TestLostEndBehindTheWatermarkIsFound(t *testing.T) {
	l := cleanLogs(t)
	end := uint64(len(l["cafe"]))
	db := lossy{l.write(t, plan{drained: map[string]uint64{"cafe": end - 9}}), func(e persistence.Entry) bool { return e.Org == "cafe" && e.First > end-3 }}
	d := damage{checks: []check{complete}, seq: end - 2, detail: fmt.Sprintf("records %d to %d lost: the log ends at %d, but the journal acknowledged up to %d", end-2, end, end-3, end)}
	d.expect(t, l, db, db)
}

// restored is a journal that is older than the Store.
type restored struct {
	*pebblestore.DB
	last uint64
}

func (r restored) Lease(ctx context.Context, org string) (persistence.Lease, error) {
	lease, err := r.DB.Lease(ctx, org)
	if org == "cafe" {
		lease.Last = r.last
	}
	return lease, err
}

func TestJournalThatIsOlderThanTheStoreIsFound(t *testing.T) {
	l := cleanLogs(t)
	end := uint64(len(l["cafe"]))
	db := l.write(t, plan{})
	d := damage{checks: []check{complete}, seq: end - 1, detail: fmt.Sprintf("the log goes to %d, but the journal knows of nothing after %d", end, end-2)}
	d.expect(t, l, restored{db, end - 2}, db)
}

// lossy is a database that lost entries.
type lossy struct {
	*pebblestore.DB
	lost func(persistence.Entry) bool
}

func (d lossy) skip(fn func(persistence.Entry) error) func(persistence.Entry) error {
	return func(e persistence.Entry) error {
		if d.lost(e) {
			return nil
		}
		return fn(e)
	}
}

func (d lossy) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return d.DB.Tail(ctx, org, after, d.skip(fn))
}

func (d lossy) Archive(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	return d.DB.Archive(ctx, org, after, d.skip(fn))
}

// renumber gives an order another number in all its records, chain and all.
func renumber(t *testing.T, id string, from, to uint64) func(string, *domain.Record) {
	return func(org string, r *domain.Record) {
		if r.Entity != id {
			return
		}
		old, with := fmt.Sprintf(`"number":%d,`, from), fmt.Sprintf(`"number":%d,`, to)
		r.Image = replace(t, r.Image, old, with)
		if r.Kind == "order.created" {
			r.Data = replace(t, r.Data, old, with)
		}
	}
}

func TestNumberGivenTwiceAndGapAreFound(t *testing.T) {
	l := cleanLogs(t)
	made := l.find(t, "cafe", 30, kind("order.created"))
	o, err := order.Parse(made.Image)
	if err != nil {
		t.Fatal(err)
	}
	for to, detail := range map[uint64]string{o.Number - 1: "it was given before", o.Number + 1: "there is a gap"} {
		p := plan{record: renumber(t, made.Entity, o.Number, to), drained: map[string]uint64{"cafe": 0}}
		db := l.write(t, p)
		d := damage{checks: []check{numbered}, seq: made.Seq, order: made.Entity, detail: fmt.Sprintf("number %d where %d belongs: %s", to, o.Number, detail)}
		d.expect(t, l, db, db)
	}
}

func TestKeyWithTwoEffectsIsFound(t *testing.T) {
	l := cleanLogs(t)
	first := l.find(t, "cafe", 20, func(r *domain.Record) bool { return r.Key != "" })
	second := l.find(t, "cafe", first.Seq, func(r *domain.Record) bool { return r.Key == "" })
	again := only(second, func(r *domain.Record) { r.Key, r.Asked = first.Key, first.Asked })
	db := l.write(t, plan{record: again})
	d := damage{checks: []check{keyedOnce}, seq: second.Seq, order: second.Entity, detail: fmt.Sprintf("had its effect in record %d already", first.Seq)}
	d.expect(t, l, db, db)
}

func TestKeyMayComeAgainAfterItsLife(t *testing.T) {
	for kind, c := range map[string]struct {
		life int64
		data string
	}{
		"key.remembered":      {persistence.NothingKeyLifeMS, `{}`},
		"outlet.user_revoked": {persistence.KeyLifeMS, `{"sub":"u","before":1}`},
	} {
		l := logs{}
		for i, at := range []int64{1, 1 + c.life + 1} {
			l["cafe"] = append(l["cafe"], domain.Record{Seq: uint64(i) + 1, Version: uint64(i) + 1, Kind: kind, At: at, By: waiter, Key: "k", Data: []byte(c.data)})
		}
		db := l.write(t, plan{})
		if r := run(t, db, db); !r.OK() {
			t.Fatal(kind, printed(r))
		}
		l["cafe"][1].At--
		db = l.write(t, plan{})
		if r := run(t, db, db); r.Checks[keyedOnce].Offender != "cafe seq 2" {
			t.Fatal(kind, printed(r))
		}
	}
}
