package cache

import (
	"encoding/binary"
	"errors"
	"fmt"

	"heard/persistence"
)

// schema is the format number of a value in L2. Another one is a miss, so nodes
// of two versions may share a Redis.
const schema = 2

// mostSharedBytes is the longest value that goes to L2: Redis does one thing at a time.
const mostSharedBytes = 1 << 20

// encode writes documents and events for L2.
func encode(h *held) []byte {
	b := append(make([]byte, 0, h.bytes+16), schema)
	b = binary.AppendUvarint(b, uint64(len(h.documents)))
	for i := range h.documents {
		b = appendDocument(b, &h.documents[i])
	}
	b = binary.AppendUvarint(b, uint64(len(h.events)))
	for i := range h.events {
		b = appendEvent(b, &h.events[i])
	}
	return b
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendDocument(b []byte, d *persistence.Document) []byte {
	b = appendText(b, d.ID)
	b = binary.AppendUvarint(b, d.Number)
	b = binary.AppendUvarint(b, d.Version)
	b = appendText(b, d.Status)
	active := byte(0)
	if d.Active {
		active = 1
	}
	b = append(b, active)
	b = appendText(b, d.TableID)
	b = appendText(b, d.WaiterID)
	b = appendText(b, d.Type)
	b = binary.AppendVarint(b, d.CreatedMS)
	b = binary.AppendVarint(b, d.UpdatedMS)
	b = appendText(b, d.Text)
	return appendText(b, d.Body)
}

func appendEvent(b []byte, e *persistence.Event) []byte {
	b = appendText(b, e.Order)
	b = binary.AppendUvarint(b, e.Version)
	b = binary.AppendUvarint(b, e.Seq)
	return binary.AppendVarint(b, e.AtMS)
}

var errDamaged = errors.New("value in the shared cache is damaged")

// decode reads what encode wrote. The documents' bodies point into b.
func decode(b []byte) (*held, error) {
	if len(b) == 0 || b[0] != schema {
		return nil, fmt.Errorf("value in the shared cache is not of schema %d", schema)
	}
	r := reader{rest: b[1:]}
	var docs []persistence.Document
	for n := r.count(); n > 0 && !r.bad; n-- {
		docs = append(docs, r.document())
	}
	var events []persistence.Event
	for n := r.count(); n > 0 && !r.bad; n-- {
		events = append(events, persistence.Event{Order: r.text(), Version: r.uvarint(), Seq: r.uvarint(), AtMS: r.varint()})
	}
	if r.bad || len(r.rest) != 0 {
		return nil, errDamaged
	}
	if len(events) > 0 {
		return holdEvents(events), nil
	}
	h := holdDocuments(docs...)
	if len(docs) == 1 {
		h.version = docs[0].Version
	}
	return h, nil
}

// suits reports whether a value from L2 can be what the key asks for.
func (h *held) suits(k *key) bool {
	switch k.kind {
	case kindOrder:
		return len(h.documents) == 1 && h.documents[0].ID == k.id
	case kindTimeline:
		return len(h.events) > 0 && h.events[0].Order == k.id
	}
	return len(h.events) == 0
}

// reader takes values off the front; after the first that is not whole all are zero.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) document() persistence.Document {
	d := persistence.Document{ID: r.text(), Number: r.uvarint(), Version: r.uvarint(), Status: r.text()}
	d.Active = r.uvarint() == 1
	d.TableID, d.WaiterID, d.Type = r.text(), r.text(), r.text()
	d.CreatedMS, d.UpdatedMS = r.varint(), r.varint()
	d.Text, d.Body = r.text(), r.bytes()
	return d
}

// count is a number of things that follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) bytes() []byte {
	n := r.count()
	if n == 0 {
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) fail() { r.bad, r.rest = true, nil }
