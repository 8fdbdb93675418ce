package domain

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// People's text is not bad input: what a phone's keyboard, a spreadsheet or a
// contact that was copied brings along is cleaned, and what is stored is the
// cleaned text. Refused is what nobody can have meant. To clean twice is to clean
// once. There are two classes, names and notes; ids are in id.go.

// MaxTextRunes bounds a text, in characters: by bytes Hindi would have a third of
// what English has.
const MaxTextRunes = 256

// Name is a name, a label, a phone number as it is kept: one line, in which a
// line break or tab is a space, without invisible characters. Refused are control
// characters and what is too long; the error names the field.
func Name(field, text string) (string, *Error) {
	kept, err := clean(field, text, oneLine)
	if err == nil {
		err = checkLength(field, utf8.RuneCountInString(kept))
	}
	return kept, err
}

// Note is a note or a reason as it is kept: lines that end with \n, tabs, and
// every invisible character, which can turn nothing that stands outside its line.
func Note(field, text string) (string, *Error) {
	kept, err := clean(field, text, closedLines)
	if err == nil { // what closes was perhaps added here, and comes once for what opens
		err = checkLength(field, utf8.RuneCountInString(kept)-strings.Count(kept, string(popEmbedding))-strings.Count(kept, string(popIsolate)))
	}
	return kept, err
}

const notUTF8 = "not valid UTF-8"

func controlCharacter(r rune) string { return fmt.Sprintf("control character U+%04X", r) }

func checkLength(field string, runes int) *Error {
	if runes > MaxTextRunes {
		return Blame(ValidationError, field, fmt.Sprintf("longer than %d characters", MaxTextRunes))
	}
	return nil
}

// clean rewrites only what is not as it should be: most texts are.
func clean(field, text string, rewrite func(string) string) (string, *Error) {
	if isPlain(text) {
		return text, nil
	}
	if !utf8.ValidString(text) {
		return "", Blame(ValidationError, field, notUTF8)
	}
	rewritten := false
	for _, r := range text {
		if isControl(r) && !breaksLine(r) && r != '\t' {
			return "", Blame(ValidationError, field, controlCharacter(r))
		}
		rewritten = rewritten || isControl(r) || isInvisible(r) || isJoiner(r)
	}
	if rewritten {
		text = rewrite(text)
	}
	return text, nil
}

// isPlain reports whether s is ASCII that stands for itself.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// isControl reports C0, C1 and DEL. Next line, U+0085, is one of them: where it
// turns up an ellipsis of Windows-1252 was read as Latin-1.
func isControl(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 }

// breaksLine reports the ends of lines that people's text has; \r\n is one.
func breaksLine(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

// The marks that turn what follows, up to the mark that closes them or the end of
// the line: on a screen, in a log and on a kitchen printer.
const (
	popEmbedding = '\u202C' // closes U+202A, 202B, 202D, 202E
	popIsolate   = '\u2069' // closes U+2066, 2067, 2068
)

func turnsText(r rune) bool { return r >= '\u202A' && r <= '\u202E' || isIsolate(r) }

func isIsolate(r rune) bool { return r >= '\u2066' && r <= '\u2069' }

// isInvisible reports marks of direction and characters without width or ink that
// no script needs within a name.
func isInvisible(r rune) bool {
	switch r {
	case '\u00AD', '\u061C', '\u200B', '\u200E', '\u200F', '\u2028', '\u2029', '\uFEFF', '\uFFF9', '\uFFFA', '\uFFFB', '\U000E0001':
		return true
	}
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2060' && r <= '\u206F'
}

// isJoiner reports the two that join and part letters (Persian, Indic scripts) and
// make one picture of several.
func isJoiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

// joins reports whether a joiner behind r can mean anything.
func joins(r rune) bool { return r >= utf8.RuneSelf && unicode.In(r, unicode.L, unicode.M, unicode.S) }

// oneLine is a name as it is kept. Line breaks and tabs become one space together
// with the spaces around them, and nothing at either end.
func oneLine(text string) string {
	out := make([]byte, 0, len(text))
	broken, before := false, rune(0)
	for _, r := range text {
		switch {
		case breaksLine(r) || r == '\t':
			out, broken = bytes.TrimRight(out, " "), true
			continue
		case broken && r == ' ', isInvisible(r), isJoiner(r) && (broken || !joins(before)):
			continue
		case broken && len(out) > 0:
			out = append(out, ' ')
		}
		out, broken, before = utf8.AppendRune(out, r), false, r
	}
	return string(out)
}

// closedLines is a note as it is kept: what is opened in a line is closed in it,
// innermost first, and what closes nothing is left out.
func closedLines(text string) string {
	l := lineCloser{out: make([]byte, 0, len(text)+8)}
	before := rune(0)
	for _, r := range text {
		switch {
		case r == '\n' && before == '\r':
		case breaksLine(r):
			l.closeAll()
			l.out = append(l.out, '\n')
		case r == popEmbedding:
			if n := len(l.open); n > 0 && l.open[n-1] == popEmbedding {
				l.close()
			}
		case r == popIsolate:
			for l.isolates > 0 && l.close() != popIsolate { // embeddings within it end with it
			}
		case turnsText(r):
			l.begin(r)
		default:
			l.out = utf8.AppendRune(l.out, r)
		}
		before = r
	}
	l.closeAll()
	return string(l.out)
}

type lineCloser struct {
	out      []byte
	open     []rune // what closes each, innermost last
	isolates int    // of them
}

func (l *lineCloser) begin(r rune) {
	closer := popEmbedding
	if isIsolate(r) {
		closer = popIsolate
		l.isolates++
	}
	l.open, l.out = append(l.open, closer), utf8.AppendRune(l.out, r)
}

func (l *lineCloser) close() rune {
	closer := l.open[len(l.open)-1]
	l.open = l.open[:len(l.open)-1]
	if closer == popIsolate {
		l.isolates--
	}
	l.out = utf8.AppendRune(l.out, closer)
	return closer
}

func (l *lineCloser) closeAll() {
	for len(l.open) > 0 {
		l.close()
	}
}
