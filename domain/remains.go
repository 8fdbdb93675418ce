package domain

import (
	"bytes"
	"strconv"
)

// RecordDamaged is the kind of what is shown in the place of a record that
// cannot be read any more.
const RecordDamaged = "record.damaged"

// Remnant is what can still be read of a record that is damaged somewhere. None
// of it is certain: the damage may be in just that.
type Remnant struct {
	Kind    string
	Entity  string // "" = none, or it cannot be read
	Version uint64 // of the event; 0 = it cannot be read so far
	Key     string
	Image   []byte // what stands where the image should; nil = nothing that is JSON
}

// Remnants looks through a damaged payload for its records, one each of a range
// of sequences. Where more than one payload is in it, none can be told from another.
func Remnants(data []byte, first, last uint64) []Remnant {
	found := make([]Remnant, last-first+1)
	if bytes.Count(data, []byte(`{"schema":`)) > 1 {
		return found
	}
	begins := make([]int, len(found)+1)
	for i := range found {
		begins[i] = bytes.Index(data, append(strconv.AppendUint([]byte(`{"event":{"seq":`), first+uint64(i), 10), ','))
	}
	begins[len(found)] = len(data)
	before := 0
	for i := range found {
		next := i + 1
		for begins[next] < 0 {
			next++
		}
		if begins[i] >= 0 {
			before = begins[i]
		}
		if before > begins[next] {
			continue
		}
		part := data[before:begins[next]]
		if begins[i] >= 0 {
			found[i].event(part[len(`{"event":`):])
		}
		found[i].image(part)
	}
	return found
}

// event reads what stands before the damage; what is behind it stays empty.
func (r *Remnant) event(data []byte) {
	s := NewScanner(data)
	var rec Record
	rec.scan(&s)
	r.Kind, r.Entity, r.Version, r.Key = rec.Kind, rec.Entity, rec.Version, rec.Key
}

// image takes the last in the part: where the record's own beginning cannot be
// read, the one before stands there too.
func (r *Remnant) image(part []byte) {
	const name = `,"image":`
	at := bytes.LastIndex(part, []byte(name))
	if at < 0 {
		return
	}
	s := NewScanner(part[at+len(name):])
	if image := s.Raw(); !s.bad {
		r.Image = image
	}
}
