package rest

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"heard/domain"
)

// Lists in a body. A list of empty objects is three bytes for each and a hundred
// times that when it is decoded, so large bodies are counted first.
const (
	countedFrom = 16 << 10 // bytes of a body that is counted
	maxElements = 1000     // of a list that Options.Most does not name
	maxTogether = 60_000   // of all lists of a body
	maxDecoding = 4        // bodies that are decoded at once
)

// crowd counts the elements of a body's lists.
type crowd struct {
	decoder *jsontext.Decoder
	total   int
}

// counted decodes a body. A large one waits for its turn, and is refused where its
// lists are too long. What is not JSON is left to decode to refuse.
func (s *Server) counted(body []byte, known *shape, decode func() error) error {
	if len(body) < countedFrom {
		return decode()
	}
	s.decoding <- struct{}{}
	defer func() { <-s.decoding }()
	c := &crowd{decoder: jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))}
	if refusal, _ := c.value(known); refusal != nil {
		return refusal
	}
	return decode()
}

// value reads one value; an error other than a refusal is of form.
func (c *crowd) value(known *shape) (*domain.Error, error) {
	kind := c.decoder.PeekKind()
	if known == nil || kind != '[' && kind != '{' || known.elements == nil && known.members == nil {
		return nil, c.decoder.SkipValue()
	}
	if _, err := c.decoder.ReadToken(); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		next := c.decoder.PeekKind()
		if next == ']' || next == '}' {
			_, err := c.decoder.ReadToken()
			return nil, err
		}
		below := known.elements
		if kind == '{' {
			name, err := c.decoder.ReadToken()
			if err != nil {
				return nil, err
			}
			if known.members != nil {
				below = known.members[name.String()]
			}
		}
		if kind == '[' {
			if c.total++; n > known.most || c.total > maxTogether {
				return c.refuse(known.most), nil
			}
		}
		if refusal, err := c.value(below); refusal != nil || err != nil {
			return refusal, err
		}
	}
}

func (c *crowd) refuse(most int) *domain.Error {
	if c.total > maxTogether {
		return domain.Blame(domain.ValidationError, "body", fmt.Sprintf("its lists have more than %d elements together", maxTogether))
	}
	return domain.Blame(domain.ValidationError, fieldPath(c.decoder.StackPointer().Parent()), fmt.Sprintf("has more than %d elements", most))
}
