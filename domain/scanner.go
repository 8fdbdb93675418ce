package domain

import (
	"bytes"
	"encoding/json"
	"math"
	"unicode/utf8"
)

// Scanner reads JSON that this program wrote: entries of the log and images of
// orders. It takes a tenth of the time of encoding/json, which reads any JSON
// into any type. What it takes, encoding/json takes with the same outcome; what
// it does not take may still be good JSON: callers then ask encoding/json, whose
// error they return.
//
//	for s.Object(); s.Member(); {
//		switch string(s.Name) {
//		case "id":
//			id = s.Text()
//		default:
//			s.Skip()
//		}
//	}
//	if !s.End() { … }
type Scanner struct {
	Name  []byte // of the member that Member found
	data  []byte
	at    int
	first bool // nothing was read yet of the object or list that was begun last
	bad   bool
	depth int // of what Skip is in
}

// maxSkipDepth bounds what Skip goes down into.
const maxSkipDepth = 64

// NewScanner begins at the first byte. Nothing is copied but texts.
func NewScanner(data []byte) Scanner { return Scanner{data: data} }

// Fail makes all that follows read as nothing and End answer false.
func (s *Scanner) Fail() { s.bad, s.at = true, len(s.data) }

// End reports whether everything was read and was good.
func (s *Scanner) End() bool { return s.peek() == 0 && s.at == len(s.data) && !s.bad }

// peek is the next byte that is no white space; 0 = the end.
func (s *Scanner) peek() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *Scanner) take(c byte) bool {
	if s.peek() != c || s.at == len(s.data) {
		s.Fail()
		return false
	}
	s.at++
	return true
}

// Object begins an object, Array a list.
func (s *Scanner) Object() { s.first = s.take('{') }

// Array begins a list; call Element before each of its values.
func (s *Scanner) Array() { s.first = s.take('[') }

// Member goes to the next member of the object and sets Name; false at its end.
func (s *Scanner) Member() bool {
	if !s.next('}') {
		return false
	}
	if s.peek() != '"' {
		s.Fail()
		return false
	}
	name, plain := s.quoted()
	if s.Name = name; !plain {
		s.Fail() // ours are plain
	}
	return s.take(':')
}

// Element goes to the next value of the list; false at its end.
func (s *Scanner) Element() bool { return s.next(']') }

func (s *Scanner) next(end byte) bool {
	switch c := s.peek(); {
	case s.bad:
		return false
	case c == end:
		s.at++
		s.first = false
		return false
	case s.first:
		s.first = false
		return true
	}
	return s.take(',')
}

// another goes on to the next value of a list that was not begun here.
func (s *Scanner) another() bool {
	if s.bad || s.peek() != ',' {
		return false
	}
	s.at++
	return true
}

// quoted reads a text up to its closing quote and returns what is between them.
// plain: it stands for itself, without escapes, in good UTF-8.
func (s *Scanner) quoted() (text []byte, plain bool) {
	start := s.at + 1
	ascii := true
	for i := start; i < len(s.data); i++ {
		c := s.data[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			continue
		}
		switch {
		case c == '"':
			s.at = i + 1
			text = s.data[start:i:i]
			return text, ascii || utf8.Valid(text)
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.Fail()
			return nil, false
		}
		ascii = false
	}
	s.Fail()
	return nil, false
}

// escaped finds the end of a text that has a backslash at i.
func (s *Scanner) escaped(start, i int) (text []byte, plain bool) {
	for ; i < len(s.data); i++ {
		switch s.data[i] {
		case '"':
			s.at = i + 1
			return s.data[start:i:i], false
		case '\\':
			i++
		}
	}
	s.Fail()
	return nil, false
}

// Text reads a text.
func (s *Scanner) Text() string {
	if s.peek() != '"' {
		s.Fail()
		return ""
	}
	start := s.at
	text, plain := s.quoted()
	if plain {
		return string(text)
	}
	var decoded string
	if s.bad || json.Unmarshal(s.data[start:s.at], &decoded) != nil {
		s.Fail()
	}
	return decoded
}

// TextLike reads a text that may well be the same as another: then it is that
// one, and nothing is copied.
func (s *Scanner) TextLike(other string) string {
	if s.peek() != '"' {
		s.Fail()
		return ""
	}
	start := s.at
	if text, plain := s.quoted(); plain && string(text) == other {
		return other
	}
	if s.bad {
		return ""
	}
	s.at = start
	return s.Text()
}

// Int reads a whole number without an exponent.
func (s *Scanner) Int() int64 {
	negative := s.peek() == '-'
	if negative {
		s.at++
	}
	n := s.digits()
	switch {
	case n > math.MaxInt64: // the least one is nothing we write
		s.Fail()
		return 0
	case negative:
		return -int64(n)
	}
	return int64(n)
}

// Uint reads a whole number that is not negative.
func (s *Scanner) Uint() uint64 {
	s.peek()
	return s.digits()
}

func (s *Scanner) digits() (n uint64) {
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		digit := uint64(s.data[s.at] - '0')
		if n > (math.MaxUint64-digit)/10 {
			s.Fail()
			return 0
		}
		n = n*10 + digit
		s.at++
	}
	if s.at == start || s.data[start] == '0' && s.at > start+1 {
		s.Fail()
		return 0
	}
	if s.at < len(s.data) && (s.data[s.at] == '.' || s.data[s.at]|0x20 == 'e') {
		s.Fail()
		return 0
	}
	return n
}

// Raw reads any value and returns its bytes as they stand.
func (s *Scanner) Raw() []byte {
	s.peek()
	start := s.at
	s.Skip()
	if s.bad {
		return nil
	}
	return s.data[start:s.at:s.at]
}

// Value reads any value into one that reads itself.
func (s *Scanner) Value(into json.Unmarshaler) {
	if raw := s.Raw(); s.bad || string(raw) == "null" || into.UnmarshalJSON(raw) != nil {
		s.Fail()
	}
}

// Skip reads any value, by the whole grammar.
func (s *Scanner) Skip() {
	if s.depth++; s.depth > maxSkipDepth {
		s.Fail()
	}
	switch c := s.peek(); c {
	case '{':
		for s.Object(); s.member(); {
			s.Skip()
		}
	case '[':
		for s.Array(); s.Element(); {
			s.Skip()
		}
	case '"':
		s.skipText()
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
	s.depth--
}

// member is Member for names that do not matter.
func (s *Scanner) member() bool {
	if !s.next('}') {
		return false
	}
	if s.peek() != '"' {
		s.Fail()
		return false
	}
	s.skipText()
	return s.take(':')
}

func (s *Scanner) skipText() {
	start := s.at
	if _, plain := s.quoted(); !plain && !s.bad && !json.Valid(s.data[start:s.at]) {
		s.Fail()
	}
}

func (s *Scanner) word(w string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(w)) {
		s.Fail()
		return
	}
	s.at += len(w)
}

// number reads any number JSON has.
func (s *Scanner) number() {
	start := s.at
	for s.at < len(s.data) {
		c := s.data[s.at]
		if c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c|0x20 == 'e' {
			s.at++
			continue
		}
		break
	}
	if !isNumber(s.data[start:s.at]) {
		s.Fail()
	}
}

func isNumber(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n > 0
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) > 1 && b[0] == '0' && b[1] >= '0' && b[1] <= '9' || !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		if b = b[1:]; !digits() {
			return false
		}
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		if b = b[1:]; len(b) > 0 && (b[0] == '-' || b[0] == '+') {
			b = b[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(b) == 0
}
