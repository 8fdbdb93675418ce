package domain

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf8"
)

// TestTextIsEscapedAsTheStandardEncoderDoes compares every rune and random texts.
func TestTextIsEscapedAsTheStandardEncoderDoes(t *testing.T) {
	check := func(s string) {
		want, err := json.Marshal(s)
		if got := AppendString([]byte("x"), s); err != nil || string(got) != "x"+string(want) {
			t.Fatalf("%q: got %s, want %s", s, got[1:], want)
		}
	}
	for r := range rune(0x3000) {
		check("a" + string(r))
		check(string(r) + "b")
	}
	alphabet := []rune("ab\"\\/<>&\x00\x07\b\t\n\f\r\x1b\x7f\u0080\u00a0é\u2027\u2028\u2029\u202a\u20a8ßमा🍕\ufeff\ufffd\uffff\U0010ffff€")
	random := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		s := ""
		for range random.IntN(12) {
			if random.IntN(8) > 0 {
				s += string(alphabet[random.IntN(len(alphabet))])
			} else if r := rune(random.IntN(utf8.MaxRune)); utf8.ValidRune(r) {
				s += string(r)
			}
		}
		check(s)
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\u2028b\u2029\"<>&\\\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got := AppendString(nil, s)
		if !utf8.ValidString(s) {
			return // never let in; must not panic
		}
		if want, _ := json.Marshal(s); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func TestTimeHasThreeDecimals(t *testing.T) {
	for ms, want := range map[int64]string{0: "1970-01-01T00:00:00.000Z", 1_767_180_600_007: "2025-12-31T11:30:00.007Z", -1: "1969-12-31T23:59:59.999Z", 253_402_300_799_999: "9999-12-31T23:59:59.999Z"} {
		got := string(AppendTime(nil, ms))
		if back, err := time.Parse(time.RFC3339, got); got != want || err != nil || back.UnixMilli() != ms {
			t.Errorf("%d: got %s, want %s: %v", ms, got, want, err)
		}
	}
}

func TestErrorsAreMatchedByCode(t *testing.T) {
	err := error(Blame(InvalidLine, "items[0].quantity", "must be above 0"))
	wrapped := fmt.Errorf("doing: %w", err)
	if !errors.Is(wrapped, Refuse(InvalidLine, "other words")) || errors.Is(wrapped, Refuse(BadRequest, "")) || errors.Is(wrapped, errors.New("x")) {
		t.Error("codes do not match")
	}
	if err.Error() != "INVALID_LINE: items[0].quantity: must be above 0" {
		t.Error(err)
	}
	if AsError(nil) != nil || AsError(wrapped).Code != InvalidLine {
		t.Error("a public error is not itself")
	}
	if leak := AsError(errors.New("dial 10.0.0.7: password")); leak.Code != Internal || leak.Detail != "Internal error" {
		t.Errorf("an inner error leaks: %v", leak)
	}
}

func TestRolesAreKnown(t *testing.T) {
	for _, r := range Roles() {
		if !r.Known() || !(Identity{Role: r}).OneOf(Roles()...) || (Identity{Role: r}).OneOf() {
			t.Errorf("%s is not known", r)
		}
	}
	for _, r := range []Role{"", "Admin", "cook"} {
		if r.Known() || (Identity{Role: r}).OneOf(Roles()...) {
			t.Errorf("%q is known", r)
		}
	}
}

func TestOptionalTellsNullFromLeftOut(t *testing.T) {
	type body struct {
		A Optional[*string] `json:"a,omitzero"`
		B Optional[int]     `json:"b,omitzero"`
	}
	for text, want := range map[string]struct{ set, null bool }{`{}`: {false, true}, `{"a":null}`: {true, true}, `{"a":"x"}`: {true, false}} {
		var b body
		if err := json.Unmarshal([]byte(text), &b); err != nil || b.A.Set != want.set || (b.A.Value == nil) != want.null || b.B.Set {
			t.Errorf("%s: %+v %v", text, b, err)
		}
		if again, err := json.Marshal(b); err != nil || string(again) != text {
			t.Errorf("%s is written as %s: %v", text, again, err)
		}
	}
	if Some(5).Or(7) != 5 || (Optional[int]{}).Or(7) != 7 || (Optional[int]{Value: 5}).Or(7) != 7 {
		t.Error("Or takes the wrong one")
	}
	if json.Unmarshal([]byte(`{"b":"x"}`), &body{}) == nil {
		t.Error("text was taken for a number")
	}
}

func TestAssertStopsOnlyWhatIsBroken(t *testing.T) {
	Assert(true, "not said")
	defer func() {
		if said := fmt.Sprint(recover()); said != "invariant: 1 is not 2" {
			t.Error(said)
		}
	}()
	Assert(false, "%d is not %d", 1, 2)
}

func TestBodyKeyIsTheOneGiven(t *testing.T) {
	k := Keyed{IdempotencyKey: "k"}
	if k.BodyKey() != "k" || (&Keyed{}).BodyKey() != "" {
		t.Error("another key")
	}
}
