package mongostore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// appendMembers adds an image's members to a document, but those it has: the
// columns lists work with are authoritative.
func appendMembers(d bson.D, image []byte) (bson.D, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(image))
	value, err := read(dec)
	if err != nil {
		return d, fmt.Errorf("read image: %w", err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return d, errors.New("read image: more than one value")
	}
	members, ok := value.(bson.D)
	if !ok {
		return d, errors.New("read image: not an object")
	}
	columns := len(d)
	for _, m := range members {
		if !slices.ContainsFunc(d[:columns], func(e bson.E) bool { return e.Key == m.Key }) {
			d = append(d, m)
		}
	}
	return d, nil
}

// read turns one JSON value into what BSON has for it.
func read(dec *jsontext.Decoder) (any, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return readObject(dec)
	case '[':
		return readArray(dec)
	case '"':
		return token.String(), nil
	case '0':
		return number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil
}

// number keeps whole numbers whole and every other one as it is written.
func number(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}

func readObject(dec *jsontext.Decoder) (bson.D, error) {
	d := bson.D{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String() // the next read makes the token void
		value, err := read(dec)
		if err != nil {
			return nil, err
		}
		d = append(d, bson.E{Key: key, Value: value})
	}
	_, err := dec.ReadToken()
	return d, err
}

func readArray(dec *jsontext.Decoder) (bson.A, error) {
	a := bson.A{}
	for dec.PeekKind() != ']' {
		value, err := read(dec)
		if err != nil {
			return nil, err
		}
		a = append(a, value)
	}
	_, err := dec.ReadToken()
	return a, err
}
