package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

type orderTotal struct {
	id         string
	totalMinor int64
}

// digest is the sha256, in hexadecimal, of the lines `id TAB total_minor`,
// sorted by id and joined by newlines, none after the last. An id of digits only
// is a number: numbers come first, by value, the other ids follow by their bytes.
// One id on two days (OrgPerDay) is sorted by total.
func digest(totals []orderTotal) string {
	slices.SortFunc(totals, func(a, b orderTotal) int {
		return cmp.Or(compareIDs(a.id, b.id), cmp.Compare(a.totalMinor, b.totalMinor))
	})
	hash := sha256.New()
	var line []byte
	for i, t := range totals {
		line = line[:0]
		if i > 0 {
			line = append(line, '\n')
		}
		line = append(line, t.id...)
		line = append(line, '\t')
		line = strconv.AppendInt(line, t.totalMinor, 10)
		hash.Write(line)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func compareIDs(a, b string) int {
	switch aNumber, bNumber := digitsOnly(a), digitsOnly(b); {
	case aNumber && bNumber:
		// Of two numbers without leading zeros the longer is the greater: this
		// holds beyond 64 bits too.
		aDigits, bDigits := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(aDigits), len(bDigits)), cmp.Compare(aDigits, bDigits), cmp.Compare(a, b))
	case aNumber:
		return -1
	case bNumber:
		return 1
	}
	return cmp.Compare(a, b)
}
