package domain

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// ParseEntry reads an entry's payload. It checks the chain against prev and
// returns the hash of the last event. first is the sequence the entry must
// begin with. Slices of the records point into data.
func ParseEntry(data []byte, prev Hash, first uint64) ([]Record, Hash, error) {
	recs, hashes, err := ReadEntry(data)
	if err == nil {
		err = Follows(recs, hashes, prev, first)
	}
	if err != nil {
		return nil, prev, err
	}
	return recs, hashes[len(hashes)-1], nil
}

// Follows checks that an entry that ReadEntry read goes on from where the log
// is: the hash of the newest event, and the sequence of the next.
func Follows(recs []Record, hashes []Hash, prev Hash, first uint64) error {
	if hashes[0] != prev {
		return fmt.Errorf("entry at seq %d: hash chain broken: entry follows %x, log is at %x", first, hashes[0][:6], prev[:6])
	}
	for i := range recs {
		if want := first + uint64(i); recs[i].Seq != want {
			return fmt.Errorf("entry at seq %d: sequence %d where %d belongs", first, recs[i].Seq, want)
		}
	}
	return nil
}

// ReadEntry reads an entry's payload on its own. hashes[0] is the hash the entry
// says it follows, hashes[i] the hash after records[i-1].
func ReadEntry(data []byte) (recs []Record, hashes []Hash, err error) {
	recs, hashes, good := scanEntry(data)
	if good {
		return recs, hashes, nil
	}
	var e entry // any JSON that says the same, or the error
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, nil, fmt.Errorf("read log entry: %w", err)
	}
	if e.Schema != LogSchema || len(e.Records) == 0 {
		return nil, nil, fmt.Errorf("read log entry: schema %d with %d records; this version reads schema %d", e.Schema, len(e.Records), LogSchema)
	}
	recs, hashes = nil, make([]Hash, 1, len(e.Records)+1)
	if !decodeHex(hashes[0][:], e.Prev) {
		return nil, nil, fmt.Errorf("read log entry: bad prev %q", e.Prev)
	}
	for i := range e.Records {
		r := &e.Records[i]
		rec, err := parseEvent(r.Event)
		if err != nil {
			return nil, nil, err
		}
		rec.Image, rec.Answer = r.Image, r.Answer
		recs = append(recs, rec)
		hashes = append(hashes, chain(hashes[i], r.Event))
	}
	return recs, hashes, nil
}

// scanEntry reads what EntryWriter wrote; false for anything else.
func scanEntry(data []byte) (recs []Record, hashes []Hash, good bool) {
	s := NewScanner(data)
	if s.Object(); !s.Member() || string(s.Name) != "schema" || s.Int() != LogSchema || !s.Member() || string(s.Name) != "prev" {
		return nil, nil, false
	}
	n := bytes.Count(data, []byte(`{"event":{"seq":`))
	recs, hashes = make([]Record, 0, n), make([]Hash, 1, n+1)
	if !decodeHex(hashes[0][:], s.Text()) || !s.Member() || string(s.Name) != "records" {
		return nil, nil, false
	}
	for s.Array(); s.Element(); {
		event, rec, good := scanRecord(&s)
		if !good {
			return nil, nil, false
		}
		recs, hashes = append(recs, rec), append(hashes, chain(hashes[len(recs)], event))
	}
	return recs, hashes, len(recs) > 0 && !s.Member() && s.End()
}

// scanRecord reads one record, and the bytes of its event as the chain has them.
func scanRecord(s *Scanner) (event []byte, r Record, good bool) {
	if s.Object(); !s.Member() || string(s.Name) != "event" {
		return nil, r, false
	}
	s.peek()
	start := s.at
	asked := r.scan(s)
	event = s.data[start:s.at]
	for s.Member() {
		switch string(s.Name) {
		case "image":
			r.Image = s.Raw()
		case "answer":
			r.Answer = s.Raw()
		default:
			s.Fail()
		}
	}
	return event, r, !s.bad && (r.Key == "" || decodeHex(r.Asked[:], asked))
}

// scan reads an event into its record, but for the fingerprint's text.
func (r *Record) scan(s *Scanner) (asked string) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "seq":
			r.Seq = s.Uint()
		case "type":
			r.Kind = s.TextLike("order.created")
		case "order_id":
			r.Entity = s.Text()
		case "version":
			r.Version = s.Uint()
		case "at":
			r.At = s.Int()
		case "by":
			r.By.scan(s)
		case "key":
			r.Key = s.Text()
		case "asked":
			asked = s.Text()
		case "data":
			r.Data = s.Raw()
		default:
			s.Fail()
		}
	}
	return asked
}

func (i *Identity) scan(s *Scanner) {
	for s.Object(); s.Member(); {
		switch string(s.Name) {
		case "id":
			i.User = s.Text()
		case "name":
			i.Name = s.Text()
		case "role":
			i.Role = Role(s.TextLike(string(Waiter)))
		default:
			s.Fail()
		}
	}
}

// ReadRecord reads one record of an entry's payload without reading the others.
// It checks no chain. The error says when the record is not there.
func ReadRecord(data []byte, seq uint64) (Record, error) {
	found, err := ReadRecords(data, seq, 1)
	if err != nil {
		return Record{}, err
	}
	return found[0], nil
}

// ReadRecords reads up to most records of an entry's payload, from a sequence
// on, without reading those before. It checks no chain. The error says when
// there is none of that sequence.
func ReadRecords(data []byte, from uint64, most int) ([]Record, error) {
	// A quote inside a text is escaped, so this can only be where a record begins.
	start := bytes.Index(data, append(strconv.AppendUint([]byte(`{"event":{"seq":`), from, 10), ','))
	if start < 0 {
		return nil, fmt.Errorf("read log entry: record %d is not in it", from)
	}
	var found []Record
	s := NewScanner(data[start:])
	for more := true; more && len(found) < most; more = s.another() {
		_, rec, good := scanRecord(&s)
		if !good {
			return nil, fmt.Errorf("read record %d: not as it was written", from+uint64(len(found)))
		}
		if rec.Seq != from+uint64(len(found)) {
			return nil, fmt.Errorf("read log entry: record %d is not in it", from)
		}
		found = append(found, rec)
	}
	return found, nil
}

func parseEvent(data []byte) (Record, error) {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		return Record{}, fmt.Errorf("read event: %w", err)
	}
	r := Record{Seq: e.Seq, Kind: e.Kind, Entity: e.Entity, Version: e.Version, At: e.At, By: e.By, Key: e.Key, Data: e.Data}
	if e.Key != "" {
		if !decodeHex(r.Asked[:], e.Asked) {
			return Record{}, fmt.Errorf("read event %d: bad fingerprint %q", e.Seq, e.Asked)
		}
	}
	return r, nil
}

// decodeHex fills dst; text of another length would make hex.Decode panic.
func decodeHex(dst []byte, text string) bool {
	if len(text) != hex.EncodedLen(len(dst)) {
		return false
	}
	_, err := hex.Decode(dst, []byte(text))
	return err == nil
}
