package domain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTextBytes bounds every free text a client may store: names, notes, reasons.
const MaxTextBytes = 256

// MaxKeyBytes bounds an idempotency key.
const MaxKeyBytes = 255

// ValidID reports whether s matches ^[A-Za-z0-9_-]{1,64}$. Ids are parts of
// storage keys, actor names and paths, so nothing else is ever let in.
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

// CheckID refuses what is not an id; the error names the field.
func CheckID(field, s string) *Error {
	if ValidID(s) {
		return nil
	}
	return Blame(ValidationError, field, "must be 1 to 64 of A-Z a-z 0-9 _ -")
}

// OneOf names the words of a closed list, for a refusal: a, b or c.
func OneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// CheckText refuses text that is too long, is not UTF-8, or holds control
// characters, which would forge lines in logs and on kitchen printers.
func CheckText(field, s string) *Error {
	if len(s) > MaxTextBytes {
		return Blame(ValidationError, field, fmt.Sprintf("longer than %d bytes", MaxTextBytes))
	}
	if !utf8.ValidString(s) {
		return Blame(ValidationError, field, "not valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || turnsText(r) {
			return Blame(ValidationError, field, fmt.Sprintf("control character U+%04X", r))
		}
	}
	return nil
}

// turnsText reports the marks that reverse what follows, on a kitchen printer
// too. Joiners, which Indic scripts need, are not among them.
func turnsText(r rune) bool { return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' }

// CheckKey refuses an idempotency key that is too long, is not UTF-8, or holds
// control characters.
func CheckKey(s string) *Error {
	if len(s) > MaxKeyBytes {
		return Blame(ValidationError, "Idempotency-Key", fmt.Sprintf("longer than %d bytes", MaxKeyBytes))
	}
	return CheckText("Idempotency-Key", s)
}
