package pebblestore

import "encoding/binary"

// Every key begins with the byte of its space. Spaces that are scanned keep what
// is read together side by side.
const (
	spaceMeta    = 'M' // name                        → schema number, history id
	spaceFence   = 'F' // org                         → epoch; written by Acquire only
	spaceJournal = 'J' // org, last sequence          → place in the log of entries; once: epoch, records before last, payload
	spaceMark    = 'W' // org                         → watermark and what belongs to it
	spaceOrg     = 'O' // org                         → nothing; the list of organisations
	spaceOutlet  = 'G' // org                         → sequence, JSON of the organisation's state
	spaceActive  = 'A' // org, number newest first    → body of an active order, unless it is in the journal
	spaceClosed  = 'C' // org, number newest first    → body of any other order, unless it is in the journal
	spaceHeader  = 'H' // org, number newest first    → header; what lists filter by
	spaceID      = 'I' // org, order id               → number; sequence and time of its first event, or that has a key of its own
	spaceIndex   = 'X' // org, kind, value, number newest first → nothing; closed orders only
	spaceUpdated = 'U' // org, update time newest first, number newest first → nothing; closed orders only
	spaceKey     = 'K' // org, time, sequence, hash   → nothing
	spaceEvent   = 'E' // org, order id, version      → sequence, time
)

func metaKey(name string) []byte { return append([]byte{spaceMeta}, name...) }

// orgKey is the key of an organisation in a space and the prefix of its keys
// there. Ids of organisations and orders are in keys as they are (see
// persistence.CheckID), values of others behind their length. The closing zero keeps "a" from being a prefix of "ab" and sorts them
// like the ids themselves.
func orgKey(space byte, org string) []byte { return roomyKey(space, org, 24) }

// roomyKey is orgKey with room for what comes behind, bytes.
func roomyKey(space byte, org string, room int) []byte {
	k := make([]byte, 0, len(org)+2+room)
	k = append(append(k, space), org...)
	return append(k, 0)
}

// after is the first key behind all that begin with a prefix ending in zero.
func after(prefix []byte) []byte {
	k := append([]byte(nil), prefix...)
	k[len(k)-1]++
	return k
}

func journalKey(org string, last uint64) []byte {
	return binary.BigEndian.AppendUint64(orgKey(spaceJournal, org), last)
}

// orgOf is the organisation of a journal key.
func orgOf(key []byte) string { return string(key[1 : len(key)-9]) }

// lastOf is the last sequence in a journal key.
func lastOf(org string, key []byte) uint64 { return binary.BigEndian.Uint64(key[len(org)+2:]) }

// numbered appends an order number so that the newest comes first.
func numbered(prefix []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(prefix, ^number)
}

func numberOf(key []byte) uint64 { return ^binary.BigEndian.Uint64(key[len(key)-8:]) }

func orderKey(space byte, org string, number uint64) []byte {
	return numbered(orgKey(space, org), number)
}

func idKey(org, id string) []byte {
	return append(append(roomyKey(spaceID, org, len(id)+1), id...), 0)
}

// indexKind says which field an index key holds.
type indexKind byte

const (
	byStatus indexKind = 's'
	byTable  indexKind = 't'
	byWaiter indexKind = 'w'
	byType   indexKind = 'y'
)

// indexPrefix gives the length before the value, since values may hold any byte.
func indexPrefix[S string | []byte](org string, kind indexKind, value S) []byte {
	k := append(orgKey(spaceIndex, org), byte(kind))
	k = binary.AppendUvarint(k, uint64(len(value)))
	return append(k, value...)
}

// keyTime is the prefix of an organisation's idempotency keys of one moment.
func keyTime(org string, atMS int64) []byte {
	return binary.BigEndian.AppendUint64(orgKey(spaceKey, org), uint64(max(atMS, 0)))
}

func eventPrefix(org, id string) []byte {
	return append(append(roomyKey(spaceEvent, org, len(id)+1+8), id...), 0)
}

func eventKey(org, id string, version uint64) []byte {
	return binary.BigEndian.AppendUint64(eventPrefix(org, id), version)
}
