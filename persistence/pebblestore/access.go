package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// get returns a copy of a value, nil when there is none.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	raw, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(raw)), raw...), closer.Close()
}

// set and remove add to a batch that was not committed yet, which cannot fail.
func set(b *pebble.Batch, key, value []byte) {
	if err := b.Set(key, value, nil); err != nil {
		panic(err)
	}
}

func remove(b *pebble.Batch, key []byte) {
	if err := b.Delete(key, nil); err != nil {
		panic(err)
	}
}

func readMarkOf(r pebble.Reader, org string) (m mark, found bool, err error) {
	raw, err := get(r, orgKey(spaceMark, org))
	if err != nil || raw == nil {
		return mark{}, false, err
	}
	m, err = readMark(raw)
	return m, true, err
}
