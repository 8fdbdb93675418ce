package pebblestore

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"heard/persistence"
	"heard/persistence/logfile"
)

// named is a key and what it was made of.
type named struct {
	parts []any
	key   []byte
}

// drawKey makes a key of any kind from parts that are alike on purpose.
func drawKey(t *rapid.T) named {
	id := rapid.StringMatching(`[ab_-]{1,3}`)
	value := rapid.SampledFrom([]string{"", "a", "a\x00", "\x00", "\x01a", "ab", "\xff", string(make([]byte, 300))})
	number := rapid.SampledFrom([]uint64{0, 1, 2, 255, 256, 1 << 40, ^uint64(0)})
	org, n := id.Draw(t, "org"), number.Draw(t, "number")
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); kind {
	case 0:
		space := rapid.SampledFrom([]byte{spaceFence, spaceMark, spaceOrg, spaceOutlet}).Draw(t, "space")
		return named{[]any{space, org}, orgKey(space, org)}
	case 1:
		space := rapid.SampledFrom([]byte{spaceActive, spaceClosed, spaceHeader}).Draw(t, "space")
		return named{[]any{space, org, n}, orderKey(space, org, n)}
	case 2:
		return named{[]any{kind, org, n}, journalKey(org, n)}
	case 3:
		order := id.Draw(t, "order")
		return named{[]any{kind, org, order}, idKey(org, order)}
	case 4:
		order := id.Draw(t, "order")
		return named{[]any{kind, org, order, n}, eventKey(org, order, n)}
	case 6:
		m := number.Draw(t, "moment") >> 1
		return named{[]any{kind, org, m, n}, updatedKey(org, int64(m), n)}
	case 5:
		return named{[]any{kind, org, n}, keyTime(org, int64(n>>1))}
	default:
		by := rapid.SampledFrom([]indexKind{byStatus, byTable, byWaiter, byType}).Draw(t, "by")
		v := value.Draw(t, "value")
		return named{[]any{kind, org, by, v, n}, numbered(indexPrefix(org, by, v), n)}
	}
}

func TestKeysOfDifferentThingsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := make(map[string][]any)
		for range 30 {
			k := drawKey(t)
			if k.parts[0] == 5 { // the moment is halved above
				k.parts[2] = k.parts[2].(uint64) >> 1
			}
			if other, ok := seen[string(k.key)]; ok && !slices.Equal(other, k.parts) {
				t.Fatalf("%v and %v have the key %q", other, k.parts, k.key)
			}
			seen[string(k.key)] = k.parts
		}
	})
}

func TestSpanHoldsItsOrganisationOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`)
		a, b, n := id.Draw(t, "a"), id.Draw(t, "b"), rapid.Uint64().Draw(t, "n")
		s := span(orgKey(spaceJournal, a))
		key := journalKey(b, n)
		inside := bytes.Compare(key, s.LowerBound) >= 0 && bytes.Compare(key, s.UpperBound) < 0
		if inside != (a == b) {
			t.Fatalf("key of %q in the span of %q: %v", b, a, inside)
		}
		if (a < b) != (bytes.Compare(orgKey(spaceOrg, a), orgKey(spaceOrg, b)) < 0) {
			t.Fatalf("%q and %q are not in order", a, b)
		}
	})
}

func drawDocument(t *rapid.T) persistence.Document {
	return persistence.Document{
		ID: rapid.String().Draw(t, "id"), Number: rapid.Uint64().Draw(t, "number"), Version: rapid.Uint64().Draw(t, "version"),
		Status: rapid.String().Draw(t, "status"), Active: rapid.Bool().Draw(t, "active"), TableID: rapid.String().Draw(t, "table"),
		WaiterID: rapid.String().Draw(t, "waiter"), Type: rapid.String().Draw(t, "type"), CreatedMS: rapid.Int64().Draw(t, "created"),
		UpdatedMS: rapid.Int64().Draw(t, "updated"), Text: rapid.String().Draw(t, "text"), Body: []byte(rapid.String().Draw(t, "body")),
	}
}

func TestDocumentsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		h, err := readHeader(appendHeader(nil, &d, place{}))
		body, failed := readBody(appendBody(nil, d.Body))
		if err != nil || failed != nil || !bytes.Equal(body, d.Body) {
			t.Fatalf("%+v, %q, %v, %v", h, body, err, failed)
		}
		got := h.document()
		if got.ID != d.ID || string(appendHeader(nil, &got, place{})) != string(appendHeader(nil, &d, place{})) {
			t.Fatalf("got %+v, want %+v", got, d)
		}
	})
}

// FuzzStoredValues feeds the readers what a damaged disk could hold.
func FuzzStoredValues(f *testing.F) {
	d := persistence.Document{ID: "a", Number: 1, Text: "x"}
	f.Add(appendBody(nil, []byte("{}")))
	f.Add(appendPlace(nil, logfile.Place{At: 8, Size: 9}))
	f.Add(recordHead(nil, &persistence.Entry{Org: "a", Epoch: 1, First: 1, Last: 2}))
	f.Add(appendHeader(nil, &d, place{7, 3, 2}))
	m := mark{epoch: 3}
	f.Add(m.append(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = readBody(raw)
		_, _, _ = readPlace(raw)
		_, _ = readRecord(raw)
		_, _ = readHeader(raw)
		_, _ = readMark(raw)
		_, _ = readEntry(journalKey("a", 9), raw)
	})
}
