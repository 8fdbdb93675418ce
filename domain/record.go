package domain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
)

// LogSchema is the format number of a log entry's payload. It changes only when
// an old reader would misread a new entry.
const LogSchema = 1

// Hash chains the events of one organisation: each covers the one before it.
type Hash [sha256.Size]byte

// Record is one event of an organisation's log with what belongs to it. One
// event names one entity: an order, or the organisation itself.
type Record struct {
	Seq     uint64 // 1, 2, 3 … per organisation, without gap
	Kind    string // "order.created"
	Entity  string // order id; "" = the organisation's settings, menu and keys
	Version uint64 // of the entity after this event: 1, 2, 3 … per order; Seq for the organisation
	At      int64  // ms since 1970, never running backwards within an organisation
	By      Identity
	Key     string // idempotency key, on the first record of a command that had one
	Asked   Fingerprint
	Data    []byte // the event's JSON
	Image   []byte // JSON of the order after this event; nil for the organisation's events
	Answer  []byte // JSON answered to the command where it is not Image; first record only
}

// event is the hashed part of a record as it stands in the log.
type event struct {
	Seq     uint64          `json:"seq"`
	Kind    string          `json:"type"`
	Entity  string          `json:"order_id,omitempty"`
	Version uint64          `json:"version"`
	At      int64           `json:"at"`
	By      Identity        `json:"by"`
	Key     string          `json:"key,omitempty"`
	Asked   string          `json:"asked,omitempty"`
	Data    json.RawMessage `json:"data"`
}

type entry struct {
	Schema  int       `json:"schema"`
	Prev    string    `json:"prev"`
	Records []element `json:"records"`
}

// element is one record in an entry.
type element struct {
	Event  json.RawMessage `json:"event"`
	Image  json.RawMessage `json:"image,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// maxScratchBytes bounds what an organisation holds on to between batches.
const maxScratchBytes = 256 << 10

// EntryWriter builds the payload of one journal entry, a batch of records, and
// carries the hash chain on. The zero value with Last set is ready.
type EntryWriter struct {
	Last Hash   // hash of the newest event written
	buf  []byte // scratch
}

// Add appends a record and moves the chain on. It answers where the image begins
// in the payload, 0 = there is none.
func (w *EntryWriter) Add(r *Record) (image int) {
	if len(w.buf) == 0 {
		w.buf = append(w.buf, `{"schema":`...)
		w.buf = strconv.AppendInt(w.buf, LogSchema, 10)
		w.buf = append(w.buf, `,"prev":"`...)
		w.buf = hex.AppendEncode(w.buf, w.Last[:])
		w.buf = append(w.buf, `","records":[{"event":`...)
	} else {
		w.buf = append(w.buf, `,{"event":`...)
	}
	start := len(w.buf)
	w.buf = appendEvent(w.buf, r)
	w.Last = chain(w.Last, w.buf[start:])
	if r.Image != nil {
		w.buf = append(w.buf, `,"image":`...)
		image = len(w.buf)
		w.buf = append(w.buf, r.Image...)
	}
	if r.Answer != nil {
		w.buf = append(append(w.buf, `,"answer":`...), r.Answer...)
	}
	w.buf = append(w.buf, '}')
	return image
}

// Grow makes room for what is about to be added, bytes.
func (w *EntryWriter) Grow(n int) { w.buf = slices.Grow(w.buf, n) }

// Size is the number of bytes so far.
func (w *EntryWriter) Size() int { return len(w.buf) }

// Take returns the finished payload and starts a new one.
func (w *EntryWriter) Take() []byte {
	w.buf = append(w.buf, "]}"...)
	if cap(w.buf) > maxScratchBytes && cap(w.buf)-len(w.buf) < len(w.buf)/2 {
		data := w.buf
		w.buf = nil
		return data
	}
	data := bytes.Clone(w.buf) // exactly as long as it is: it is kept until it is drained
	if w.buf = w.buf[:0]; cap(w.buf) > maxScratchBytes {
		w.buf = nil
	}
	return data
}

func chain(prev Hash, event []byte) Hash {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(event)
	var next Hash
	h.Sum(next[:0])
	return next
}

func appendEvent(b []byte, r *Record) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, r.Seq, 10)
	b = append(b, `,"type":"`...)
	b = append(b, r.Kind...)
	if r.Entity != "" {
		b = append(b, `","order_id":"`...)
		b = append(b, r.Entity...)
	}
	b = append(b, `","version":`...)
	b = strconv.AppendUint(b, r.Version, 10)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, r.At, 10)
	b = append(b, `,"by":{"id":`...)
	b = AppendString(b, r.By.User)
	if r.By.Name != "" {
		b = AppendString(append(b, `,"name":`...), r.By.Name)
	}
	b = append(b, `,"role":"`...)
	b = append(b, r.By.Role...)
	b = append(b, `"}`...)
	if r.Key != "" {
		b = AppendString(append(b, `,"key":`...), r.Key)
		b = append(b, `,"asked":"`...)
		b = hex.AppendEncode(b, r.Asked[:])
		b = append(b, '"')
	}
	b = append(b, `,"data":`...)
	b = append(b, r.Data...)
	return append(b, '}')
}
