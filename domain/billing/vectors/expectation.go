package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"heard/domain/billing"
	"heard/domain/money"
)

// figures collects what an expectation got wrong.
type figures struct {
	exponent uint8
	faults   []error
}

func (f *figures) fault(format string, arguments ...any) {
	f.faults = append(f.faults, fmt.Errorf(format, arguments...))
}

func (f *figures) err() error { return errors.Join(f.faults...) }

// decimal compares one number exactly.
func (f *figures) decimal(field string, want json.RawMessage, got money.Decimal) {
	var wanted money.Decimal
	if err := json.Unmarshal(want, &wanted); err != nil || string(want) == "null" {
		f.fault("field %s: want %s, which is no number", field, want)
		return
	}
	if wanted != got {
		f.fault("field %s: want %s, got %s", field, wanted, got)
	}
}

// amount compares one amount of minor units.
func (f *figures) amount(field string, want json.RawMessage, got int64) {
	f.decimal(field, want, money.FromMinor(got, f.exponent))
}

func (f *figures) amounts(field string, want json.RawMessage, got []int64) {
	elements, ok := f.list(field, want, len(got))
	for i := 0; ok && i < len(elements); i++ {
		f.amount(indexed(field, i), elements[i], got[i])
	}
}

func (f *figures) text(field string, want json.RawMessage, got string) {
	var wanted string
	if err := json.Unmarshal(want, &wanted); err != nil || string(want) == "null" {
		f.fault("field %s: want %s, which is no text", field, want)
	} else if wanted != got {
		f.fault("field %s: want %q, got %q", field, wanted, got)
	}
}

// list is the elements of a list that must have count of them.
func (f *figures) list(field string, want json.RawMessage, count int) ([]json.RawMessage, bool) {
	var elements []json.RawMessage
	if err := json.Unmarshal(want, &elements); err != nil || elements == nil {
		f.fault("field %s: want %s, which is no list", field, want)
		return nil, false
	}
	if len(elements) != count {
		f.fault("field %s: want %d entries, got %d", field, len(elements), count)
		return nil, false
	}
	return elements, true
}

// object walks the fields of an object in the order of their names; compare says whether it knows the field.
func (f *figures) object(prefix string, raw json.RawMessage, compare func(name string, want json.RawMessage) bool) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		f.fault("field %s: want %s, which is no object", prefix, raw)
		return
	}
	f.fields(prefix+".", fields, compare)
}

func (f *figures) fields(prefix string, fields map[string]json.RawMessage, compare func(string, json.RawMessage) bool) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !compare(name, fields[name]) {
			f.fault("field %s%s: unknown, so it was not checked", prefix, name)
		}
	}
}

func indexed(field string, index int) string { return fmt.Sprintf("%s[%d]", field, index) }

// settled says whether the outcome err decides the vector, and how: an expected error must come, an unexpected one
// must not. Only without either are there figures to compare.
func (v *vector) settled(err error) (decided bool, verdict error) {
	raw, expected := v.Expect["error"]
	if !expected {
		if err != nil {
			return true, fmt.Errorf("unexpected error: %w", err)
		}
		return false, nil
	}
	var want string
	if json.Unmarshal(raw, &want) != nil || len(v.Expect) > 1 {
		return true, errors.New("field error: must be a code, alone")
	}
	var refused *billing.Error
	switch {
	case err == nil:
		return true, fmt.Errorf("field error: want %s, got figures", want)
	case !errors.As(err, &refused):
		return true, fmt.Errorf("field error: want %s, got %w", want, err)
	case refused.Code != want:
		return true, fmt.Errorf("field error: want %s, got %w", want, refused)
	}
	return true, nil
}
