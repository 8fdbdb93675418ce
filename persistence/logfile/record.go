package logfile

import (
	"encoding/binary"
	"hash/crc32"
)

// A record has before it, little-endian, a checksum of all that follows and of
// its place (4 bytes), its size (4), and up to where the log was durable when it
// was written (8). It begins at a multiple of eight. Where the log ends are zeros.
const (
	headerBytes = 16
	alignment   = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendRecord(b []byte, r *Record, at, promised uint64) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Head)+len(r.Body)))
	b = binary.LittleEndian.AppendUint64(b, promised)
	b = append(append(b, r.Head...), r.Body...)
	binary.LittleEndian.PutUint32(b[start:], checksum(b[start+4:], at))
	for (len(b)-start)%alignment != 0 {
		b = append(b, 0)
	}
	return b
}

// padded is how many bytes a record of this size takes.
func padded(size int) uint64 { return uint64(headerBytes+size+alignment-1) &^ (alignment - 1) }

func checksum(b []byte, at uint64) uint32 {
	var place [8]byte
	binary.LittleEndian.PutUint64(place[:], at)
	return crc32.Update(crc32.Update(0, castagnoli, place[:]), castagnoli, b)
}

// header is what stands before a record, without its checksum.
type header struct {
	size     int
	promised uint64
}

func readHeader(b []byte) header {
	return header{int(binary.LittleEndian.Uint32(b[4:])), binary.LittleEndian.Uint64(b[8:])}
}

// whole reports whether b, a header and a record, is what was written at a place.
func whole(b []byte, at uint64) bool {
	return binary.LittleEndian.Uint32(b) == checksum(b[4:], at)
}
