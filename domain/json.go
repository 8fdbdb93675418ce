package domain

import (
	"time"
	"unicode/utf8"
)

// AppendString appends s as a JSON string. s must be valid UTF-8; control
// characters, quotes and backslashes are escaped, and so are <, > and &, as the
// standard encoder does, so that both write the same bytes.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			// U+2028 and U+2029 end a line in JavaScript.
			if c == 0xE2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8 {
				b = append(b, s[start:i]...)
				b = append(b, `\u202`...)
				b = append(b, "89"[s[i+2]&1])
				i += 3
				start = i
				continue
			}
			i++
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		b = appendEscape(b, c)
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	const hexDigits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendTime writes ms since 1970 as RFC 3339 in UTC with milliseconds. Package
// time has a fast way to write whole seconds, and none to write this.
func AppendTime(b []byte, ms int64) []byte {
	at := time.UnixMilli(ms).UTC()
	b = at.AppendFormat(b, time.RFC3339)
	rest := at.Nanosecond() / int(time.Millisecond)
	return append(b[:len(b)-1], '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10), 'Z')
}

// ReadTime reads what AppendTime wrote, in quotes; false for any other text,
// though it may be a time as well.
func ReadTime(quoted []byte) (ms int64, ours bool) {
	const form = `"0000-00-00T00:00:00.000Z"`
	if len(quoted) != len(form) {
		return 0, false
	}
	for i, c := range quoted {
		if digit := form[i] == '0'; digit && (c < '0' || c > '9') || !digit && c != form[i] {
			return 0, false
		}
	}
	number := func(from, to int) (n int) {
		for _, c := range quoted[from:to] {
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(1, 5), number(6, 8), number(9, 11)
	hour, minute, second := number(12, 14), number(15, 17), number(18, 20)
	at := time.Date(year, time.Month(month), day, hour, minute, second, number(21, 24)*int(time.Millisecond), time.UTC)
	if at.Day() != day || hour > 23 || minute > 59 || second > 59 || month == 0 || month > 12 {
		return 0, false // time.Date carries over
	}
	return at.UnixMilli(), true
}
