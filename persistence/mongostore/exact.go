package mongostore

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// exact is bytes that come back as they were: text where they are UTF-8, so
// that people can read them, else binary.
type exact []byte

// MarshalBSONValue implements bson.ValueMarshaler.
func (e exact) MarshalBSONValue() (byte, []byte, error) {
	var value any = bson.Binary{Data: e}
	if utf8.Valid(e) {
		value = string(e)
	}
	kind, data, err := bson.MarshalValue(value)
	return byte(kind), data, err
}

// UnmarshalBSONValue implements bson.ValueUnmarshaler.
func (e *exact) UnmarshalBSONValue(kind byte, data []byte) error {
	value := bson.RawValue{Type: bson.Type(kind), Value: data}
	if text, ok := value.StringValueOK(); ok {
		*e = exact(text)
		return nil
	}
	if _, raw, ok := value.BinaryOK(); ok {
		*e = bytes.Clone(raw)
		return nil
	}
	return fmt.Errorf("neither text nor binary but %s", value.Type)
}
