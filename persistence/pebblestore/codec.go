package pebblestore

import (
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"heard/domain"
	"heard/persistence"
)

var errCorrupt = errors.New("stored value is damaged")

// blame says whose data an error is about, where it is damage.
func blame(org string, err error) error {
	if errors.Is(err, errCorrupt) || errors.Is(err, pebble.ErrCorruption) {
		return persistence.DamageOf(org, 0, "the database", err)
	}
	return err
}

// The first byte of a header says where the order's image is; a reader refuses
// what it does not know.
const (
	imageBehind = 1 // behind the header of an active or closed order
	imageInLog  = 2 // in a journal entry: the header ends with its place
)

// header is a document without its body. Its slices point into the stored bytes.
type header struct {
	number, version           uint64
	active                    bool
	createdMS, updatedMS      int64
	id, status, table, waiter []byte
	kind, text                []byte
	image                     place
}

// place says where an image stands in the journal.
type place struct {
	entry      uint64 // last sequence of the journal entry; 0 = the image is not there
	from, size int    // bytes of its payload
}

func appendHeader(b []byte, d *persistence.Document, image place) []byte {
	format, active := byte(imageBehind), byte(0)
	if image.entry > 0 {
		format = imageInLog
	}
	if d.Active {
		active = 1
	}
	b = append(b, format, active)
	b = binary.AppendUvarint(b, d.Number)
	b = binary.AppendUvarint(b, d.Version)
	b = binary.AppendVarint(b, d.CreatedMS)
	b = binary.AppendVarint(b, d.UpdatedMS)
	for _, s := range [...]string{d.ID, d.Status, d.TableID, d.WaiterID, d.Type, d.Text} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if image.entry > 0 {
		b = binary.AppendUvarint(b, image.entry)
		b = binary.AppendUvarint(b, uint64(image.from))
		b = binary.AppendUvarint(b, uint64(image.size))
	}
	return b
}

func readHeader(b []byte) (header, error) {
	if len(b) < 2 || b[0] != imageBehind && b[0] != imageInLog {
		return header{}, errCorrupt
	}
	h := header{active: b[1] == 1}
	r := reader{rest: b[2:]}
	h.number, h.version = r.uvarint(), r.uvarint()
	h.createdMS, h.updatedMS = r.varint(), r.varint()
	h.id, h.status, h.table, h.waiter = r.bytes(), r.bytes(), r.bytes(), r.bytes()
	h.kind, h.text = r.bytes(), r.bytes()
	if b[0] == imageInLog {
		h.image = place{r.uvarint(), int(r.uvarint()), int(r.uvarint())}
	}
	if r.bad || len(r.rest) != 0 {
		return header{}, errCorrupt
	}
	return h, nil
}

// appendBody writes a body behind the zero length of a header, which stood there once.
func appendBody(b, body []byte) []byte { return append(append(b, 0), body...) }

// readBody copies the body out of what appendBody wrote.
func readBody(b []byte) ([]byte, error) {
	r := reader{rest: b}
	if r.bytes(); r.bad {
		return nil, errCorrupt
	}
	return append([]byte(nil), r.rest...), nil
}

// document copies the header; it has no body.
func (h *header) document() persistence.Document {
	t := persistence.Together([...]string{string(h.id), string(h.status), string(h.table), string(h.waiter), string(h.kind), string(h.text)})
	return persistence.Document{
		ID: t[0], Number: h.number, Version: h.version, Status: t[1], Active: h.active,
		TableID: t[2], WaiterID: t[3], Type: t[4],
		CreatedMS: h.createdMS, UpdatedMS: h.updatedMS, Text: t[5],
	}
}

// readEntry reads one that stands behind its key. It leaves Data pointing into value.
func readEntry(key, value []byte) (persistence.Entry, error) {
	last := binary.BigEndian.Uint64(key[len(key)-8:])
	r := reader{rest: value}
	e := persistence.Entry{Org: orgOf(key), Epoch: r.uvarint(), Last: last}
	span := r.uvarint()
	if r.bad || span >= last {
		return e, errCorrupt
	}
	e.First, e.Data = last-span, r.rest
	return e, nil
}

func appendEvent(b []byte, e *persistence.Event) []byte {
	return binary.AppendVarint(binary.AppendUvarint(b, e.Seq), e.AtMS)
}

// mark is an organisation's watermark and what moves with it.
type mark struct {
	through   persistence.Chain
	epoch     uint64
	atMS      int64
	forgetMS  int64  // keys older than this are forgotten, whether they are still there or not
	droppedMS int64  // keys older than this were deleted
	outlet    uint64 // sequence the stored outlet state was written at
}

func (m *mark) append(b []byte) []byte {
	b = binary.AppendUvarint(b, m.through.Seq)
	b = append(b, m.through.Hash[:]...)
	b = binary.AppendUvarint(b, m.epoch)
	b = binary.AppendVarint(b, m.atMS)
	b = binary.AppendVarint(b, m.forgetMS)
	b = binary.AppendVarint(b, m.droppedMS)
	return binary.AppendUvarint(b, m.outlet)
}

func readMark(b []byte) (mark, error) {
	r := reader{rest: b}
	m := mark{through: persistence.Chain{Seq: r.uvarint()}}
	copy(m.through.Hash[:], r.take(len(domain.Hash{})))
	m.epoch = r.uvarint()
	m.atMS, m.forgetMS, m.droppedMS = r.varint(), r.varint(), r.varint()
	m.outlet = r.uvarint()
	if r.bad || len(r.rest) != 0 {
		return mark{}, errCorrupt
	}
	return m, nil
}

// reader takes values off the front of rest. After a failure bad stays set and
// everything read is zero.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad, r.rest = true, nil
		return
	}
	r.rest = r.rest[n:]
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return nil
	}
	return r.take(int(n))
}
