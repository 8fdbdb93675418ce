package domain

import (
	"bytes"
	"strconv"
)

// RecordDamaged is the kind of what is shown in the place of a record that
// cannot be read any more.
const RecordDamaged = "record.damaged"

// Remnant is what can still be read of a record that is damaged somewhere. None
// of it is certain, since the damage may be in just that, unless Certain says so
// of the events.
type Remnant struct {
	Kind    string
	Entity  string // "" = none, or it cannot be read
	Version uint64 // of the event; 0 = it cannot be read so far
	Key     string
	Data    []byte // of the event; nil = not all of it can be read
	Image   []byte // what stands where the image should; nil = nothing that is JSON

	event []byte // as the chain has it; nil = not all of it can be read
}

// Certain reports whether the events of an entry are as they were written: the
// chain goes through them from the hash before to the one that the next entry follows.
func Certain(before Hash, all []Remnant, next Hash) bool {
	for i := range all {
		if all[i].event == nil {
			return false
		}
		before = chain(before, all[i].event)
	}
	return before == next
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
			found[i].read(part[len(`{"event":`):])
		}
		found[i].image(part)
	}
	return found
}

// read reads what stands before the damage; what is behind it stays empty.
func (r *Remnant) read(data []byte) {
	s := NewScanner(data)
	var rec Record
	rec.scan(&s)
	r.Kind, r.Entity, r.Version, r.Key = rec.Kind, rec.Entity, rec.Version, rec.Key
	if !s.bad {
		r.Data, r.event = rec.Data, data[:s.at]
	}
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
