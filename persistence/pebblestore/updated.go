package pebblestore

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// recentNumbers is how many orders "updated since" collects from its index. When
// more were updated, the moment lies so far back that a walk down the numbers
// finds a page soon.
const recentNumbers = 20_000

// updatedKey sorts an organisation's orders by when they were updated, newest first.
func updatedKey(org string, updatedMS int64, number uint64) []byte {
	k := binary.BigEndian.AppendUint64(orgKey(spaceUpdated, org), ^uint64(max(updatedMS, 0)))
	return numbered(k, number)
}

// recent finds the numbers updated at a moment or after it, and those of all
// active orders; ok is false when there are too many.
func (l *listing) recent(ms int64) (found numbers, ok bool, err error) {
	it, err := l.snap.NewIter(&pebble.IterOptions{
		LowerBound: orgKey(spaceUpdated, l.s.Org),
		UpperBound: updatedKey(l.s.Org, ms-1, ^uint64(0)), // inverts to the first key of the moment before
	})
	if err != nil {
		return nil, false, err
	}
	defer it.Close()
	for it.First(); it.Valid(); it.Next() {
		if len(found) == recentNumbers {
			return nil, false, nil
		}
		if n := numberOf(it.Key()); n >= l.low && n <= l.high {
			found = append(found, n)
		}
	}
	active := l.active()
	for n, more := active.seek(l.high); more; n, more = active.seek(n - 1) {
		if len(found) == recentNumbers {
			return nil, false, nil
		}
		found = append(found, n)
	}
	slices.SortFunc(found, func(a, b uint64) int { return cmp.Compare(b, a) })
	return slices.Compact(found), true, it.Error()
}

// numbers walks a list that was collected, highest first.
type numbers []uint64

func (n numbers) seek(most uint64) (uint64, bool) {
	i, _ := slices.BinarySearchFunc(n, most, func(a, b uint64) int { return cmp.Compare(b, a) })
	if i == len(n) {
		return 0, false
	}
	return n[i], true
}
