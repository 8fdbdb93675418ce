package domain

import "encoding/json"

// Optional is a member of a request that may be left out, which is something
// else than null: PUT replaces the fields it names.
type Optional[T any] struct {
	Set   bool
	Value T
}

// Some is a value that was given.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }

// UnmarshalJSON notes that the member was there, null too.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	o.Set = true
	return json.Unmarshal(data, &o.Value)
}

// MarshalJSON writes the value; with omitzero an unset one is left out.
func (o Optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// IsZero makes omitzero leave out what was not given.
func (o Optional[T]) IsZero() bool { return !o.Set }

// Or returns the value given, else the other.
func (o Optional[T]) Or(other T) T {
	if o.Set {
		return o.Value
	}
	return other
}
