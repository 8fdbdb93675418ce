package cache

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"heard/domain"
	"heard/persistence"
)

func TestPageIsReadOnceUntilAnOrderIsClosed(t *testing.T) {
	inner := &counted{Store: database(t)}
	s := start(t, Options{}).Over(inner)
	apply(t, s, window("a", 1, document(1, 1, false)))
	sel := persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 10}}
	list := func(pages, rows int) {
		t.Helper()
		for range 3 {
			got, err := s.Orders(t.Context(), sel)
			if err != nil || len(got) != rows {
				t.Fatalf("%d rows of %d: %v", len(got), rows, err)
			}
		}
		want(t, "pages read from the store", inner.pages, pages)
	}
	list(1, 1)
	apply(t, s, window("b", 1, document(1, 1, false)))
	list(1, 1)
	apply(t, s, window("a", 2, document(2, 1, true))) // the owner has it in memory
	list(1, 1)
	apply(t, s, window("a", 3, document(2, 2, false)))
	list(2, 2)
	sel.Active = true
	for n := 3; n <= 5; n++ { // those of active orders are not kept
		if _, err := s.Orders(t.Context(), sel); err != nil {
			t.Fatal(err)
		}
		want(t, "pages read from the store", inner.pages, n)
	}
}

// TestEveryFieldOfASelectionNamesAnotherPage: one that is forgotten would answer
// one question with another's page.
func TestEveryFieldOfASelectionNamesAnotherPage(t *testing.T) {
	digests := map[string]string{digest(&persistence.Selection{}): "nothing"}
	try := func(name string, s persistence.Selection) {
		if other, twice := digests[digest(&s)]; twice {
			t.Errorf("%s has the page of %s", name, other)
		}
		digests[digest(&s)] = name
	}
	try("Org", persistence.Selection{Org: "x"})
	for i := range reflect.TypeFor[domain.Filter]().NumField() {
		var s persistence.Selection
		f := reflect.ValueOf(&s.Filter).Elem().Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"x"}))
		case reflect.Int, reflect.Int64:
			f.SetInt(7)
		case reflect.Uint64:
			f.SetUint(7)
		default:
			t.Fatalf("a field of kind %v", f.Kind())
		}
		try(reflect.TypeFor[domain.Filter]().Field(i).Name, s)
	}
	try("two statuses", persistence.Selection{Filter: domain.Filter{Status: []string{"x", "y"}}})
	try("one status that looks like two", persistence.Selection{Filter: domain.Filter{Status: []string{"x\x01y"}}})
	try("a text that was moved", persistence.Selection{Filter: domain.Filter{TableID: "", WaiterID: "xx"}})
	want(t, "fields of a Selection, of which Active is never kept", reflect.TypeFor[persistence.Selection]().NumField(), 3)
}

// owner holds in memory what an owner of an organisation does, and lists like it.
type owner struct {
	t       *testing.T
	r       *rand.Rand
	stores  []*Store
	s       *Store
	memory  map[string]persistence.Document
	pending map[string]persistence.Document // not drained
	truth   []persistence.Document          // by number
	seq     uint64
}

// TestOwnerListsWhatIsTrueOverCachedPages is the argument at Orders, tried out: an
// owner that lays its memory over pages, of any age within their generation and
// read by any node, answers every list as if there was no cache.
func TestOwnerListsWhatIsTrueOverCachedPages(t *testing.T) {
	t.Parallel()
	server := redisServer(t)
	for seed := uint64(1); seed <= 3; seed++ {
		db := database(t)
		o := &owner{t: t, r: rand.New(rand.NewPCG(seed, 5)), memory: map[string]persistence.Document{}, pending: map[string]persistence.Document{}}
		for range 2 {
			o.stores = append(o.stores, start(t, Options{L2: connect(t, server), History: fmt.Sprint(seed)}).Over(db))
		}
		o.s = o.stores[0]
		for step := range 300 {
			o.step()
			for range 4 {
				if o.r.IntN(4) == 0 { // then it is L2's turn
					o.s.cache.memory.forgetAll()
				}
				o.compare(seed, step)
			}
		}
		s := o.stores[0].cache.Stats()
		t.Logf("seed %d: %d orders; %d reads, L1 %d, L2 %d, L3 %d", seed, len(o.truth), s.Requests, s.L1.Hits, s.L2.Hits, s.L3.Hits)
		if s.L1.Hits == 0 || s.L2.Hits == 0 {
			t.Fatal("nothing came from the cache")
		}
	}
}

func (o *owner) step() {
	switch o.r.IntN(10) {
	case 0, 1:
		d := document(uint64(len(o.truth)+1), 0, true)
		o.truth = append(o.truth, d)
		o.change(&o.truth[len(o.truth)-1], true)
	case 2, 3, 4, 5:
		if len(o.truth) == 0 {
			return
		}
		d := &o.truth[o.r.IntN(len(o.truth))]
		if _, here := o.memory[d.ID]; !here { // as a command on an order that left loads it
			read, err := o.s.Order(o.t.Context(), "a", d.ID)
			if err != nil || read.Version != d.Version {
				o.t.Fatalf("%s is read in version %d, it is at %d: %v", d.ID, read.Version, d.Version, err)
			}
		}
		o.change(d, o.r.IntN(2) == 0)
	case 6, 7:
		o.drain()
	case 8:
		for id, d := range o.memory {
			if _, undrained := o.pending[id]; !undrained && !d.Active && o.r.IntN(2) == 0 {
				delete(o.memory, id)
			}
		}
	case 9:
		if o.r.IntN(5) == 0 {
			o.recover()
		}
	}
}

func (o *owner) change(d *persistence.Document, active bool) {
	statuses := []string{"completed", "cancelled"}
	if active {
		statuses = []string{"pending", "preparing", "ready"}
	}
	d.Version++
	d.Status, d.Active = statuses[o.r.IntN(len(statuses))], active
	d.TableID = fmt.Sprint("t", o.r.IntN(3))
	d.Text = fmt.Sprint(d.Number, " ", d.TableID)
	o.seq++
	o.memory[d.ID], o.pending[d.ID] = *d, *d
}

func (o *owner) drain() {
	if len(o.pending) == 0 {
		return
	}
	apply(o.t, o.s, window("a", o.seq, o.undrained()...))
	clear(o.pending)
}

func (o *owner) undrained() (docs []persistence.Document) {
	for _, d := range o.pending {
		docs = append(docs, d)
	}
	return docs
}

// recover takes the organisation over, on this node or the other. What is not
// drained is in the journal.
func (o *owner) recover() {
	o.s = o.stores[o.r.IntN(len(o.stores))]
	loaded, err := o.s.Load(o.t.Context(), "a")
	if err != nil {
		o.t.Fatal(err)
	}
	clear(o.memory)
	for _, d := range append(loaded.Orders, o.undrained()...) {
		o.memory[d.ID] = d
	}
	newest, err := o.s.Orders(o.t.Context(), persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 1}})
	if err != nil {
		o.t.Fatal(err)
	}
	number := uint64(0)
	for _, d := range append(newest, o.undrained()...) {
		number = max(number, d.Number)
	}
	want(o.t, "the newest number ever given", number, uint64(len(o.truth)))
}

// list is what actors does: memory first, then the store below it.
func (o *owner) list(f domain.Filter) (found []persistence.Document) {
	var here []persistence.Document
	for _, d := range o.memory {
		if (f.Before == 0 || d.Number < f.Before) && d.Matches(&f) {
			here = append(here, d)
		}
	}
	newestFirst(here)
	found = slices.Clone(here[:min(len(here), f.LimitRows+1)])
	seen := map[string]bool{}
	for _, d := range found {
		seen[d.ID] = true
	}
	page := f
	page.LimitRows++
	for stored := 0; stored <= f.LimitRows; {
		docs, err := o.s.Orders(o.t.Context(), persistence.Selection{Org: "a", Filter: page})
		if err != nil {
			o.t.Fatal(err)
		}
		for _, d := range docs {
			if newer, ok := o.memory[d.ID]; ok {
				d = newer
			}
			if !seen[d.ID] && d.Matches(&f) {
				found = append(found, d)
				stored++
			}
		}
		if len(docs) < page.LimitRows {
			break
		}
		page.Before = docs[len(docs)-1].Number
	}
	newestFirst(found)
	return found[:min(len(found), f.LimitRows)]
}

func newestFirst(docs []persistence.Document) {
	sort.Slice(docs, func(i, j int) bool { return docs[i].Number > docs[j].Number })
}

func (o *owner) compare(seed uint64, step int) {
	f := domain.Filter{LimitRows: 1 + 2*o.r.IntN(3)}
	f.Status = [][]string{nil, {"completed"}, {"completed", "cancelled"}, {"preparing"}, {"ready", "cancelled"}}[o.r.IntN(5)]
	if o.r.IntN(3) == 0 {
		f.TableID = "t1"
	}
	if o.r.IntN(6) == 0 {
		f.Text = "1"
	}
	if o.r.IntN(4) == 0 {
		f.Before = uint64(1 + o.r.IntN(len(o.truth)+1))
	}
	var right []string
	for _, d := range slices.Backward(o.truth) {
		if len(right) < f.LimitRows && (f.Before == 0 || d.Number < f.Before) && d.Matches(&f) {
			right = append(right, fmt.Sprint(d.ID, " v", d.Version))
		}
	}
	var got []string
	for _, d := range o.list(f) {
		got = append(got, fmt.Sprint(d.ID, " v", d.Version))
	}
	if g, r := strings.Join(got, ", "), strings.Join(right, ", "); g != r {
		o.t.Fatalf("seed %d, step %d, %+v:\n got %s\nwant %s", seed, step, f, g, r)
	}
}
