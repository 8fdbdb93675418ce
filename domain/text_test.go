package domain

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIDsAreSafeEverywhere(t *testing.T) {
	for _, id := range []string{"a", "A-1_z", strings.Repeat("9", 64), "-", "0198f0b2-77aa-7c31-b3a1-2f6d3a5c9e10"} {
		if !ValidID(id) || CheckID("f", id) != nil {
			t.Errorf("%q was refused", id)
		}
	}
	for _, id := range []string{"", strings.Repeat("9", 65), "a b", "a/b", "..", "a.b", "é", "a\x00", "a\n", "a:b", "\xff", "a%2f"} {
		if err := CheckID("f", id); ValidID(id) || err == nil || err.Code != ValidationError || err.Fields[0].Field != "f" {
			t.Errorf("%q was taken: %v", id, err)
		}
	}
}

// strangeIDs are ids as other systems make them.
var strangeIDs = []string{
	"auth0|5f7c8ec7c33c6c004bbafe82", "anna@example.org", "T 5", " T5 ", " ", "gid://shopify/Product/1?x=1", "टेरेस", "a/b", "/", "..", ".",
	"%2F", "a:b", "{17}", "a,b", "*", "\"", `\`, "$ne", "<b>", "میز\u200cها", " ", "é", "é", "􏿿", "￾", strings.Repeat("x", MaxForeignIDBytes),
}

func TestIDsOfOthersAreAnyTextOnOneLine(t *testing.T) {
	for _, id := range strangeIDs {
		if err := CheckForeignID("f", id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", "a\x00", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\u0085", "a\u2028b", "\u202ea", "a\u2069", "\xff", "\xed\xa0\x80", strings.Repeat("x", MaxForeignIDBytes+1), strings.Repeat("é", 128)} {
		if err := CheckForeignID("f", id); err == nil || err.Code != ValidationError || err.Fields[0].Field != "f" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestNamesAreOneLineOfWhatCanBeSeen(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Änna": "Änna", "मसाला": "मसाला", "a b": "a b", "  two  spaces ": "  two  spaces ",
		"a\nb": "a b", "a \r\n\t b": "a b", "a\u2028b\u2029c": "a b c", "\nBurger\n": "Burger", "a\n": "a", " \n ": "", "é \n": "é", "\tx  y\t\t": "x  y",
		"\u202d+91 98765 43210\u202c": "+91 98765 43210", "\u2066\u202a0171\u202c\u2069": "0171", "\ufeffBOM": "BOM", "zero\u200bwidth": "zerowidth", "Zwie\u00adbel": "Zwiebel",
		"\u200e\u200f\u061c": "", "\u2060\u2064\u206f": "",
		// what scripts and pictures need stays
		"می\u200cخواهم": "می\u200cخواهم", "क्\u200dष": "क्\u200dष", "অ\u200d্য": "অ\u200d্য", "അവന്\u200d": "അവന്\u200d", "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
		"❤\ufe0f\u200d🔥": "❤\ufe0f\u200d🔥", "👩🏽\u200d🍳": "👩🏽\u200d🍳", "🏴\U000e0067\U000e0062\U000e007f": "🏴\U000e0067\U000e0062\U000e007f", "葛\U000e0100": "葛\U000e0100",
		// and elsewhere it is only hidden
		"pi\u200czza": "pizza", "98\u200d76": "9876", "\u200da": "a", "می\u200c\u200cخ": "می\u200cخ", "é\n\u200dx": "é x",
	} {
		if got, err := Name("f", text); err != nil || got != want {
			t.Errorf("%+q: %+q, %v, want %+q", text, got, err, want)
		}
	}
}

func TestNotesKeepLinesAndCloseWhatTheyOpen(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "no onions\n\tno garlic\n": "no onions\n\tno garlic\n", "a\r\nb\rc\n\rd": "a\nb\nc\n\nd", "a\u2028b\u2029c": "a\nb\nc",
		"zero\u200bwidth\ufeff\u200e": "zero\u200bwidth\ufeff\u200e", "pi\u200czza": "pi\u200czza",
		"\u202eevil": "\u202eevil\u202c", "\u2066a\u202eb": "\u2066a\u202eb\u202c\u2069", "\u2067a\u202ab\u2069c": "\u2067a\u202ab\u202c\u2069c",
		"\u202ea\nb": "\u202ea\u202c\nb", "\u202da\u202c": "\u202da\u202c", "a\u202cb\u2069c": "abc", "\u202a\u2066a\u202cb\u2069": "\u202a\u2066ab\u2069\u202c",
	} {
		if got, err := Note("f", text); err != nil || got != want {
			t.Errorf("%+q: %+q, %v, want %+q", text, got, err, want)
		}
	}
}

func TestTextNobodyMeansIsRefused(t *testing.T) {
	both := map[string]func(string, string) (string, *Error){"name": Name, "note": Note}
	for class, clean := range both {
		for _, s := range []string{"\x00", "a\x1b[2J", "\b", "\v", "\f", "\x7f", "\u0085", "\u009f", "a\xffb", "\xed\xa0\x80", "\n\x00"} {
			if got, err := clean("f", s); err == nil || err.Code != ValidationError || err.Fields[0].Field != "f" || got != "" && got != s {
				t.Errorf("%s %q: %q, %v", class, s, got, err)
			}
		}
	}
}

// A limit in bytes would be three times as strict for Hindi as for English. What
// cleaning takes out or adds does not count.
func TestLengthIsCountedInCharacters(t *testing.T) {
	for _, letter := range []string{"x", "é", "ट", "🍕"} {
		full := strings.Repeat(letter, MaxTextRunes)
		for _, text := range []string{full, strings.Repeat("\u202e", 10) + full[:len(letter)*(MaxTextRunes-10)]} {
			if kept, err := Note("f", text); err != nil {
				t.Errorf("%+q: %v", text, err)
			} else if again, err := Note("f", kept); err != nil || again != kept {
				t.Errorf("what was kept is refused: %+q: %v", kept, err)
			}
		}
		if _, err := Name("f", strings.Repeat("\u200b", 1000)+full); err != nil {
			t.Errorf("%q: %v", letter, err)
		}
		for class, clean := range map[string]func(string, string) (string, *Error){"name": Name, "note": Note} {
			if _, err := clean("f", full+letter); err == nil || err.Fields[0].Detail != "longer than 256 characters" {
				t.Errorf("%s of 257 %q: %v", class, letter, err)
			}
		}
	}
	if _, err := Note("f", strings.Repeat("\u202a\u202c", MaxTextRunes+1)); err == nil {
		t.Error("marks alone have no limit")
	}
}

func TestPlainTextIsNotCopied(t *testing.T) {
	for _, s := range []string{"", "Margherita", "टेरेस पर", "no onions"} {
		if n := testing.AllocsPerRun(100, func() { Name("f", s); Note("f", s); CheckForeignID("f", s) }); s != "" && n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}

func FuzzNames(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) { holdsCleaned(t, text, Name, oneLineOnly) })
}

func FuzzNotes(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) { holdsCleaned(t, text, Note, turnsNothingOutside) })
}

func seed(f *testing.F) {
	for _, s := range append(strangeIDs, "a\r\nb", "\u202ea\u2066b\u2069", "👨\u200d👩", "\u200d\n\u200b é", "\u2067\u202a\u2069\u202c\n\u2069") {
		f.Add(s)
	}
}

// holdsCleaned: to clean twice is to clean once, and what is kept keeps its promise.
func holdsCleaned(t *testing.T, text string, clean func(string, string) (string, *Error), promise func(*testing.T, string)) {
	kept, err := clean("f", text)
	if err != nil {
		return
	}
	if again, err := clean("f", kept); err != nil || again != kept {
		t.Fatalf("%+q is kept as %+q, which is kept as %+q: %v", text, kept, again, err)
	}
	if !utf8.ValidString(kept) || strings.ContainsAny(kept, "\x00\x1b\r\u0085\u2028\u2029") {
		t.Fatalf("%+q is kept as %+q", text, kept)
	}
	promise(t, kept)
}

func oneLineOnly(t *testing.T, kept string) {
	if strings.ContainsAny(kept, "\n\t\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff") {
		t.Fatalf("%+q", kept)
	}
}

// turnsNothingOutside reads lines with two counters for each, as a renderer does
// that knows embeddings only, isolates only, or both.
func turnsNothingOutside(t *testing.T, kept string) {
	for line := range strings.SplitSeq(kept, "\n") {
		embeddings, isolates := 0, 0
		for _, r := range line {
			switch r {
			case '\u202a', '\u202b', '\u202d', '\u202e':
				embeddings++
			case '\u202c':
				embeddings--
			case '\u2066', '\u2067', '\u2068':
				isolates++
			case '\u2069':
				isolates--
			}
			if embeddings < 0 || isolates < 0 {
				t.Fatalf("%+q closes what stands before it", kept)
			}
		}
		if embeddings != 0 || isolates != 0 {
			t.Fatalf("%+q leaves %d embeddings and %d isolates open", kept, embeddings, isolates)
		}
	}
}
