package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/actors"
	"heard/domain"
	"heard/domain/order"
	"heard/persistence/pebblestore"
)

// flips is how many bits are turned in a folder of each kind; more by the
// environment.
func flips(t *testing.T) int {
	text := os.Getenv("HEARD_FLIPS")
	if text == "" {
		return 60
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// folder is what an engine left on the disk, and what it had acknowledged.
type folder struct {
	fs     *vfs.MemFS
	images map[string]map[string]string // by organisation and order
	orders map[string]int               // how many were placed
}

func (f *folder) clone() *vfs.MemFS { return f.fs.CrashClone(vfs.CrashCloneCfg{}) }

// served is an engine on a folder.
type served struct {
	*actors.Engine
	db *pebblestore.DB
}

func serve(t *testing.T, fs vfs.FS) (served, error) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: fs, CacheBytes: 4 << 20, Log: log, Fatal: func(err error) { panic(err) }})
	if err != nil {
		return served{}, err
	}
	return served{actors.Start(actors.Options{Journal: db, Store: db, Log: log}), db}, nil
}

func (s served) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(s.Stop(context.Background()), s.db.Close()); err != nil {
		t.Fatal(err)
	}
}

func (s served) read(org, id string) (string, error) {
	a, err := s.Read(context.Background(), &domain.Query{Org: org, By: admin, Kind: domain.ReadOrder, ID: id})
	return string(a.Body), err
}

// leave lets an engine serve two organisations and leaves its folder: closed, or
// as a power cut leaves it, a quiet moment later or at once.
func leave(t *testing.T, closed, quiet bool) *folder {
	t.Helper()
	f := &folder{fs: vfs.NewCrashableMem(), images: map[string]map[string]string{}, orders: map[string]int{}}
	s, err := serve(t, f.fs)
	if err != nil {
		t.Fatal(err)
	}
	for i, org := range []string{"bistro", "cafe"} {
		d := &day{Rand: rand.New(rand.NewPCG(uint64(i), 7)), engine: s.Engine, org: org}
		for range 60 {
			d.step()
		}
		f.images[org], f.orders[org] = map[string]string{}, len(d.orders)
		for _, id := range d.orders {
			if f.images[org][id], err = s.read(org, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if quiet {
		for s.db.Sealed() < s.db.Stats().LogBytes { // all of it
		}
	}
	if !closed {
		left := f.clone()
		s.end(t)
		f.fs = left
		return f
	}
	s.end(t)
	return f
}

// victim is a place in a file.
type victim struct {
	file string
	at   int64
	bit  byte
}

func (v victim) String() string { return fmt.Sprintf("%s byte %d bit %d", v.file, v.at, v.bit) }

// files are those of a folder whose content means something, with their sizes.
func files(t *testing.T, fs vfs.FS, dir string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		switch {
		case err != nil:
			t.Fatal(err)
		case info.IsDir():
			for inner, size := range files(t, fs, path) {
				found[inner] = size
			}
		case info.Size() > 0 && name != "LOCK":
			found[path] = int64(len(contentOf(t, fs, path)))
		}
	}
	return found
}

// contentOf is a file without the zeros at the end, which are room to grow.
func contentOf(t *testing.T, fs vfs.FS, path string) string {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(string(b), "\x00")
}

func (v victim) flip(t *testing.T, fs vfs.FS) {
	t.Helper()
	f, err := fs.OpenReadWrite(v.file, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err := f.ReadAt(b[:], v.at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1 << v.bit
	if _, err := f.WriteAt(b[:], v.at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func inLog(file string) bool {
	return strings.Contains(file, "entries/") && strings.HasSuffix(file, ".log")
}

// outcome is what a flip took.
type outcome struct {
	orders  int    // quarantined
	refused string // organisation, and why
}

// survive starts an engine on a damaged folder and looks at everything: what is
// shown is what was acknowledged, or it is said to be damaged; at most one
// organisation is hit; numbers go on; and it is so after another start.
func (f *folder) survive(t *testing.T, fs vfs.FS, v victim) (o outcome) {
	t.Helper()
	for life := range 2 {
		s, err := serve(t, fs)
		if err != nil {
			t.Fatalf("%v: no start: %v", v, err)
		}
		hit := map[string]int{}
		for org, images := range f.images {
			for id, image := range images {
				body, err := s.read(org, id)
				switch refusal := domain.AsError(err); {
				case err == nil && body == image:
				case err != nil && refusal.Code == domain.OrderQuarantined:
					hit[org]++
				case err != nil && refusal.Code == domain.JournalUnavailable:
					o.refused = org + ": " + refusal.Detail
				default:
					t.Fatalf("%v, life %d: order %s of %s: %v\n%s\nwas acknowledged as\n%s", v, life, id, org, err, body, image)
				}
			}
			if strings.HasPrefix(o.refused, org) {
				hit[org]++
				continue
			}
			f.goOn(t, s, org, v, life)
		}
		if len(hit) > 1 {
			t.Fatalf("%v: hit %v", v, hit)
		}
		o.orders = max(o.orders, hit["bistro"], hit["cafe"])
		if named := len(s.db.Damage()) > 0; len(hit) > 0 && !named {
			t.Fatalf("%v: hit %v, and the damage is not named", v, hit)
		}
		s.end(t)
	}
	return o
}

// goOn places an order in each life, pages through the log, and lists.
func (f *folder) goOn(t *testing.T, s served, org string, v victim, life int) {
	t.Helper()
	ctx := context.Background()
	reply, err := s.Execute(ctx, &domain.Request{Org: org, By: waiter, Command: &order.Create{Items: []order.ItemRequest{{Name: "tea", Quantity: decimal("1"), Price: decimal("3")}}}})
	if err != nil {
		t.Fatalf("%v, life %d: no new order for %s: %v", v, life, org, err)
	}
	placed, err := order.Parse(reply.Body)
	if err != nil || placed.Number != uint64(f.orders[org]+life+1) {
		t.Fatalf("%v, life %d: new order of %s has number %d after %d orders: %v", v, life, org, placed.Number, f.orders[org]+life, err)
	}
	last := uint64(0)
	for {
		a, err := s.Read(ctx, &domain.Query{Org: org, By: admin, Kind: domain.ReadEvents, After: last, LimitRows: 50})
		if err != nil {
			t.Fatalf("%v: events of %s after %d: %v", v, org, last, err)
		}
		var lines []struct {
			Seq uint64 `json:"seq"`
		}
		if err := json.Unmarshal(a.Body, &lines); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Seq <= last {
				t.Fatalf("%v: event %d of %s after %d", v, l.Seq, org, last)
			}
			last = l.Seq
		}
		if a.Next == 0 {
			break
		}
	}
	if _, err := s.Read(ctx, &domain.Query{Org: org, By: admin, Kind: domain.ReadOrders, Filter: domain.Filter{Status: []string{"all"}, LimitRows: 100}}); err != nil {
		t.Fatalf("%v: list of %s: %v", v, org, err)
	}
}

// audited audits a folder without writing to it.
func audited(t *testing.T, fs vfs.FS, v victim) Report {
	t.Helper()
	db, err := pebblestore.Open(pebblestore.Options{Dir: "data", FS: fs, ReadOnly: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("%v: audit: %v", v, err)
	}
	defer db.Close()
	return run(t, db, db)
}

// TestFlippedBitTakesWhatItHits turns bits in all files of folders of each kind.
// In the log it takes the orders of the entry it hits, which the audit names; in
// any other file it takes nothing.
func TestFlippedBitTakesWhatItHits(t *testing.T) {
	for _, kind := range []struct {
		name          string
		closed, quiet bool
	}{{"closed", true, true}, {"power cut a moment later", false, true}, {"power cut at once", false, false}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			f := leave(t, kind.closed, kind.quiet)
			sizes := files(t, f.fs, "data")
			var names []string
			for name := range sizes {
				names = append(names, name)
			}
			slices.Sort(names)
			r := rand.New(rand.NewPCG(11, 0))
			refused, orders := 0, 0
			for n := range flips(t) {
				v := victim{file: names[n%len(names)], bit: byte(r.IntN(8))}
				if n%2 == 0 { // half of them in the log
					v.file = names[slices.IndexFunc(names, inLog)]
				}
				v.at = r.Int64N(sizes[v.file])
				fs := f.clone()
				v.flip(t, fs)
				o := f.survive(t, fs, v)
				orders += o.orders
				if o.refused != "" {
					refused++
				}
				report := audited(t, fs, v)
				if !inLog(v.file) && (!report.OK() || o != outcome{}) || inLog(v.file) && report.OK() && (o != outcome{}) {
					t.Fatalf("%v: %+v\n%s", v, o, printed(report))
				}
			}
			if refused > 0 && kind.quiet {
				t.Errorf("%d organisations were refused though the documents had everything", refused)
			}
			t.Logf("%d flips hit %d orders, %d organisations were refused", flips(t), orders, refused)
		})
	}
}

// TestDatabaseThatIsMadeAgainFindsOldDamage: a bit in the records of two
// organisations, one behind the other, and then no database. Each hits its own.
func TestDatabaseThatIsMadeAgainFindsOldDamage(t *testing.T) {
	f := leave(t, true, true)
	fs, images := f.clone(), map[string]string{}
	const path = "data/entries/0000000000000000.log"
	content := contentOf(t, fs, path)
	for org, all := range f.images {
		for id := range all {
			images[org] = max(images[org], id) // any, but the same always
		}
		at := strings.LastIndex(content, `"image":{"id":"`+images[org]+`"`)
		victim{path, int64(at) + 60, 2}.flip(t, fs)
	}
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name != "entries" {
			if err := fs.Remove("data/" + name); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := serve(t, fs)
	if err != nil {
		t.Fatal(err)
	}
	for org, all := range f.images {
		quarantined := 0
		for id, image := range all {
			body, err := s.read(org, id)
			is := err != nil && domain.AsError(err).Code == domain.OrderQuarantined
			if !is && (id == images[org] || body != image) {
				t.Errorf("order %s of %s: %v", id, org, err)
			}
			if is {
				quarantined++
			}
		}
		if quarantined > 2 { // a batch of two, at most
			t.Errorf("%d orders of %s are quarantined", quarantined, org)
		}
		f.goOn(t, s, org, victim{}, 0)
	}
	if damage := s.db.Damage(); len(damage) != 2 || damage[0].Org != "bistro" || damage[1].Org != "cafe" {
		t.Errorf("damage: %v", damage)
	}
	s.end(t)
}
