package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"heard/persistence"
	"heard/persistence/pebblestore"
)

func run(t testing.TB, j persistence.Journal, s persistence.Store) Report {
	t.Helper()
	r, err := Run(context.Background(), Options{Journal: j, Store: s})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func printed(r Report) string {
	var b strings.Builder
	_ = r.WriteText(&b)
	return b.String()
}

func TestWhatEnginesLeaveBehindPasses(t *testing.T) {
	db := runEngine(t, 900, "bistro", "cafe", "diner")
	l := readLogs(t, db)
	var progress []string
	r, err := Run(context.Background(), Options{Journal: db, Store: db, Progress: func(org string, done, total int) {
		progress = append(progress, fmt.Sprintf("%s %d/%d", org, done, total))
	}})
	if err != nil || !r.OK() {
		t.Fatalf("%v\n%s", err, printed(r))
	}
	kinds, records, orders, joined := map[string]int{}, 0, 0, 0
	for _, org := range l.organisations() {
		for i := range l[org] {
			kinds[l[org][i].Kind]++
			if l[org][i].Kind == "order.items_added" && bytes.Contains(l[org][i].Data, []byte(`"tax_classes"`)) {
				joined++
			}
		}
		records += len(l[org])
	}
	orders = kinds["order.created"]
	if r.Organisations != 3 || r.Records != int64(records) || r.Orders != int64(orders) || r.Undrained != 0 {
		t.Errorf("%d records, %d orders were written, but report is %+v", records, orders, r)
	}
	for c, want := range map[check]int{contiguous: records, chained: records, forward: records, redecided: records, numbered: orders, viewEqual: orders} {
		if r.Checks[c].Count != int64(want) {
			t.Errorf("%s: %d where %d were there", r.Checks[c].Name, r.Checks[c].Count, want)
		}
	}
	for _, k := range []string{"order.created", "order.items_added", "order.item_changed", "order.item_removed", "order.status_changed",
		"order.discounted", "order.cancelled", "order.reopened", "outlet.settings_changed", "menu.replaced", "menu.item_put",
		"menu.item_removed", "menu.86", "outlet.user_revoked", "key.remembered"} {
		if kinds[k] == 0 {
			t.Errorf("the log has no %s: the test shows less than it should", k)
		}
	}
	if joined == 0 {
		t.Error("no tax class joined an order: the test shows less than it should")
	}
	if got := strings.Join(progress, " "); got != "bistro 1/3 cafe 2/3 diner 3/3" {
		t.Errorf("progress: %s", got)
	}
}

func TestLogsWrittenAgainPassInEntriesOfAnySize(t *testing.T) {
	l := readLogs(t, runEngine(t, 300, "bistro", "cafe"))
	for _, group := range []int{1, 2, 7, 1000} {
		db := l.write(t, plan{group: group})
		if r := run(t, db, db); !r.OK() {
			t.Fatalf("entries of %d records:\n%s", group, printed(r))
		}
	}
}

// A crashed engine leaves records that the Store does not have yet.
func TestWhatIsNotDrainedIsNoFailure(t *testing.T) {
	l := readLogs(t, runEngine(t, 300, "bistro", "cafe", "diner"))
	bistro, cafe := uint64(len(l["bistro"])), uint64(len(l["cafe"]))
	db := l.write(t, plan{drained: map[string]uint64{"bistro": bistro - 20, "cafe": 0}})
	r := run(t, db, db)
	if !r.OK() || r.Organisations != 3 || r.Undrained != int64(20+cafe) {
		t.Fatalf("%+v\n%s", r, printed(r))
	}
	if want := fmt.Sprintf("(%d records of 2 organisations are not drained yet)", 20+cafe); !strings.Contains(printed(r), want) {
		t.Errorf("no %q in\n%s", want, printed(r))
	}
}

// A store that writes documents before the watermark, not together with it, may
// be ahead after a crash: right as long as the log has it.
func TestDocumentsAheadOfTheWatermarkAreComparedWithTheLog(t *testing.T) {
	l := readLogs(t, runEngine(t, 300, "bistro"))
	part := l.write(t, plan{drained: map[string]uint64{"bistro": uint64(len(l["bistro"])) / 2}})
	whole := l.write(t, plan{})
	ahead := store{DB: part, orders: whole.Orders, order: whole.Order, timeline: whole.Timeline}
	if r := run(t, part, ahead); !r.OK() {
		t.Fatal(printed(r))
	}
}

// store is a database with another's answers to some questions.
type store struct {
	*pebblestore.DB
	orders   func(context.Context, persistence.Selection) ([]persistence.Document, error)
	order    func(context.Context, string, string) (persistence.Document, error)
	timeline func(context.Context, string, string) ([]persistence.Event, error)
}

func (s store) Orders(ctx context.Context, sel persistence.Selection) ([]persistence.Document, error) {
	return s.orders(ctx, sel)
}

func (s store) Order(ctx context.Context, org, id string) (persistence.Document, error) {
	return s.order(ctx, org, id)
}

func (s store) Timeline(ctx context.Context, org, id string) ([]persistence.Event, error) {
	return s.timeline(ctx, org, id)
}

// trimmed is a journal that forgot what the Store has archived.
type trimmed struct{ *pebblestore.DB }

func (j trimmed) Tail(ctx context.Context, org string, after uint64, fn func(persistence.Entry) error) error {
	mark, err := j.Watermark(ctx, org)
	if err != nil {
		return err
	}
	return j.DB.Tail(ctx, org, max(after, mark.Seq), fn)
}

func TestTrimmedJournalIsReadBehindTheArchive(t *testing.T) {
	l := readLogs(t, runEngine(t, 300, "bistro", "cafe"))
	db := l.write(t, plan{drained: map[string]uint64{"bistro": uint64(len(l["bistro"])) - 9}})
	r := run(t, trimmed{db}, db)
	if !r.OK() || r.Undrained != 9 || r.Records != int64(len(l["bistro"])+len(l["cafe"])) {
		t.Fatalf("%+v\n%s", r, printed(r))
	}
}

func TestStoreThatCannotBeReachedIsAnError(t *testing.T) {
	db := runEngine(t, 30, "bistro")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(context.Background(), Options{Journal: db, Store: db}); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("%v %+v", err, r)
	}
}

func TestAuditEndsWithItsContext(t *testing.T) {
	db := runEngine(t, 30, "bistro", "cafe")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, Options{Journal: db, Store: db, Progress: func(string, int, int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestReportIsReadByPeopleAndPrograms(t *testing.T) {
	r := Report{Organisations: 1, Records: 12345, Orders: 2, Checks: []Check{
		{Name: "hash chain", Passed: true, Count: 12345, Unit: "events"},
		{Name: "bills recomputed", Count: 7, Unit: "events", Failures: 1200, Offender: "bistro seq 17 order 01", Detail: "total_minor 2100 where 2099 is recomputed"},
	}}
	want := `ok   hash chain                     12 345 events
FAIL bills recomputed                    7 events  bistro seq 17 order 01: total_minor 2100 where 2099 is recomputed (the first of 1 200)
`
	if got := printed(r); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.HasPrefix(string(data), `{"ok":false,"checks":[{"name":"hash chain","passed":true,"count":12345,"unit":"events"}`) {
		t.Errorf("%v %s", err, data)
	}
	var back Report
	if err := json.Unmarshal(data, &back); err != nil || back.Checks[1] != r.Checks[1] {
		t.Errorf("%v %+v", err, back)
	}
}
