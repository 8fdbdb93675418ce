package domain

import (
	"fmt"
	"unicode/utf8"
)

// There are two kinds of ids, and each has one rule.
//
// Ours (organisations, orders, lines) are parts of storage keys, actor names and
// paths, where they stand as they are: nothing else is ever let in.
//
// Ids of others (users, tables, what is on a menu, keys of requests) come from
// systems that were there before: auth0|5f7, T 5, gid://shopify/Product/1. They
// are compared byte for byte and are never a part of a key without their length,
// or of a path without an escape.

// MaxForeignIDBytes bounds an id of others, and an idempotency key.
const MaxForeignIDBytes = 255

// ValidID reports whether s matches ^[A-Za-z0-9_-]{1,64}$.
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// CheckID refuses what is not an id of ours; the error names the field.
func CheckID(field, s string) *Error {
	if ValidID(s) {
		return nil
	}
	return Blame(ValidationError, field, "must be 1 to 64 of A-Z a-z 0-9 _ -")
}

// CheckForeignID refuses what is not 1 to 255 bytes of text on one line. A mark
// that would turn the text behind it is no part of an id either: two ids that
// look the same to people would be two tables.
func CheckForeignID(field, s string) *Error {
	if len(s) == 0 || len(s) > MaxForeignIDBytes {
		return Blame(ValidationError, field, fmt.Sprintf("must be 1 to %d bytes", MaxForeignIDBytes))
	}
	if isPlain(s) {
		return nil
	}
	if !utf8.ValidString(s) {
		return Blame(ValidationError, field, notUTF8)
	}
	for _, r := range s {
		if isControl(r) || breaksLine(r) || turnsText(r) {
			return Blame(ValidationError, field, controlCharacter(r))
		}
	}
	return nil
}
