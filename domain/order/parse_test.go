package order

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"heard/domain"
)

// TestParseReadsWhatTheStandardDecoderReads: every image of every order we make
// is read without encoding/json, and comes to the same. Of an image that is not
// as we write it, Parse takes what encoding/json takes, with the same outcome.
func TestParseReadsWhatTheStandardDecoderReads(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	spoiledAndGood := 0
	eachLife(t, nil, func(l *life) {
		for _, o := range l.states {
			image := o.AppendJSON(nil)
			var want Order
			if err := json.Unmarshal(image, &want); err != nil {
				t.Fatal(err)
			}
			s := domain.NewScanner(image)
			got := &Order{}
			if got.scan(&s); !s.End() || !reflect.DeepEqual(got, &want) {
				t.Fatalf("seed %d: taken %v\ngot  %+v\nwant %+v\n%s", l.seed, s.End(), got, want, image)
			}
			for range 20 {
				bad := append([]byte(nil), image...)
				at := random.IntN(len(bad))
				if random.IntN(2) == 0 {
					bad[at] ^= 1 << random.IntN(7)
				} else {
					bad = append(bad[:at], bad[at+1:]...)
				}
				want := Order{}
				err := json.Unmarshal(bad, &want)
				s := domain.NewScanner(bad)
				got := &Order{}
				if got.scan(&s); !s.End() {
					continue
				}
				if spoiledAndGood++; err != nil || !reflect.DeepEqual(got, &want) {
					t.Fatalf("seed %d: %v\ngot  %+v\nwant %+v\n%s", l.seed, err, got, want, bad)
				}
			}
		}
	})
	if spoiledAndGood == 0 {
		t.Error("no spoiled image was still good: the test shows little")
	}
}

// TestParsingOverAnotherOrderLeavesNothingOfIt, and shares what is equal.
func TestParsingOverAnotherOrderLeavesNothingOfIt(t *testing.T) {
	reused := &Order{}
	eachLife(t, nil, func(l *life) {
		for _, o := range l.states {
			image := o.AppendJSON(nil)
			want, err := Parse(image)
			if err != nil {
				t.Fatal(err)
			}
			if err := reused.ParseOver(image); err != nil || !reflect.DeepEqual(reused, want) {
				t.Fatalf("seed %d: %v\ngot  %+v\nwant %+v", l.seed, err, reused, want)
			}
		}
	})
	w := india(t)
	image := w.do(t, nil, domain.Waiter, "order.create", richOrder).Next.AppendJSON(nil)
	if n := testing.AllocsPerRun(20, func() { _ = reused.ParseOver(image) }); n > 20 {
		t.Errorf("%v allocations for an order that is there already", n)
	}
}

// TestParseLeavesTheUnusualToTheStandardDecoder: white space, other letters,
// null and escapes.
func TestParseLeavesTheUnusualToTheStandardDecoder(t *testing.T) {
	for _, image := range []string{
		` { "id" : "a", "version" : 1, "status" : "pending" } `, `{"ID":"a","Version":1,"status":"pending"}`, `{"id":"a","version":1,"status":"pending","items":null,"customer_name":null}`,
		`{"id":"\u0061","version":1,"status":"pending","items":[null,{"name":"x"}],"created_at":"2026-01-01T00:00:00+01:00"}`, `{"id":"a","version":1,"status":"pending","new":{"deep":[1,2]}}`,
		`{"id":"a","version":1,"status":"pending","items":[{"name":"x"}],"items":[]}`,
	} {
		var want Order
		if err := json.Unmarshal([]byte(image), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := Parse([]byte(image)); err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
		}
	}
	for _, image := range []string{``, `null`, `{}`, `[]`, `{"id":"a","version":1,"status":"pending"`, `{"id":"a","version":1,"status":"pending"}x`, `{"id":"a","version":-1,"status":"pending"}`, `{"id":"a","version":1,"status":"gone"}`} {
		if o, err := Parse([]byte(image)); err == nil {
			t.Errorf("%s is %+v", image, o)
		}
	}
}

// BenchmarkParse reads one image, as a recovery does for each open order.
func BenchmarkParse(b *testing.B) {
	w := india(b)
	image := w.do(b, nil, domain.Waiter, "order.create", richOrder).Next.AppendJSON(nil)
	b.SetBytes(int64(len(image)))
	b.Run("scanner", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(image)))
		for b.Loop() {
			if _, err := Parse(image); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(image)))
		for b.Loop() {
			if err := json.Unmarshal(image, new(Order)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
