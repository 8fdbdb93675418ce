package money

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestDecimalReadsExactlyWhatIsWritten(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"0", "0"}, {"-0", "0"}, {"0.00", "0"}, {"-0.0", "0"}, {"5", "5"}, {"5.00", "5"}, {"52.50", "52.5"},
		{"-0.05", "-0.05"}, {"100", "100"}, {"62.51", "62.51"}, {"9007199254740993", "9007199254740993"},
		{"0.000000000000000001", "0.000000000000000001"}, {"9223372036854775807", "9223372036854775807"},
		{"-9223372036854775807", "-9223372036854775807"}, {"1.50000000000000000000000000", "1.5"},
	} {
		got, err := ParseDecimal(test.text)
		if err != nil || got.String() != test.want {
			t.Errorf("ParseDecimal(%q) = %v, %v, want %s", test.text, got, err, test.want)
		}
	}
}

func TestDecimalRefusesWhatIsNoPlainNumber(t *testing.T) {
	for _, text := range []string{"", "-", ".", "+1", "1.", ".5", "007", "00", "-01", "1e3", "1E3", "NaN", "Infinity",
		" 1", "1 ", "1,5", "1.2.3", "--1", "0x1", "1_000", "٣", "1.-5", "null", "-.5", "1.e"} {
		if got, err := ParseDecimal(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("ParseDecimal(%q) = %v, %v, want ErrSyntax", text, got, err)
		}
	}
}

func TestEqualNumbersAreTheSameValue(t *testing.T) {
	a, b := parsed(t, "5"), parsed(t, "5.000")
	if a != b || a != FromMinor(500, 2) || (Decimal{}) != parsed(t, "-0.00") {
		t.Fatal("equal numbers differ")
	}
}

func TestScaledCountsInMinorUnitsOrSaysWhyNot(t *testing.T) {
	for _, test := range []struct {
		text  string
		scale uint8
		want  int64
		err   error
	}{
		{"52.5", 2, 5250, nil}, {"-0.05", 2, -5, nil}, {"100", 0, 100, nil}, {"1.234", 3, 1234, nil},
		{"0", 255, 0, nil}, {"1.234", 2, 0, ErrTooManyDecimals}, {"0.5", 0, 0, ErrTooManyDecimals},
		{"90071992547409.91", 2, MaxAmount, nil}, {"90071992547409.92", 2, 0, ErrOverflow},
		{"-90071992547409.92", 2, 0, ErrOverflow}, {"9007199254740992", 0, 0, ErrOverflow},
		{"9223372036854775807", 4, 0, ErrOverflow}, {"99999999999999999999", 2, 0, ErrOverflow},
		{"18446744073709551617", 0, 0, ErrOverflow}, {"-99999999999999999999.99", 2, 0, ErrOverflow},
		{"0.1234567890123456789", 2, 0, ErrTooManyDecimals}, {"1", 200, 0, ErrOverflow},
	} {
		got, err := parsed(t, test.text).Scaled(test.scale)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s scaled by %d = %d, %v, want %d, %v", test.text, test.scale, got, err, test.want, test.err)
		}
	}
}

func TestDecimalInJSON(t *testing.T) {
	var got struct{ A, B, C, D Decimal }
	got.C = FromMinor(7, 0)
	if err := json.Unmarshal([]byte(`{"A":52.50,"B":"0.1","C":null}`), &got); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if want := `{"A":52.5,"B":0.1,"C":7,"D":0}`; err != nil || string(text) != want {
		t.Fatalf("got %s, %v, want %s", text, err, want)
	}
	for _, bad := range []string{`1e2`, `"1e2"`, `true`, `""`, `"1`, `[1]`, `" 1"`} {
		if err := new(Decimal).UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	if _, err := json.Marshal(parsed(t, "99999999999999999999")); err == nil {
		t.Error("a number that was not kept was printed")
	}
}

func TestSigns(t *testing.T) {
	if !parsed(t, "-0.01").Negative() || parsed(t, "0.01").Negative() || parsed(t, "-0").Negative() {
		t.Error("Negative")
	}
	if !parsed(t, "0.000").IsZero() || parsed(t, "0.01").IsZero() || parsed(t, "99999999999999999999").IsZero() {
		t.Error("IsZero")
	}
	if !parsed(t, "-99999999999999999999").Negative() {
		t.Error("a long number lost its sign")
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-0.05", "52.50", "007", "1e3", "9223372036854775808", "0.1234567890123456789"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ParseDecimal(text)
		if err != nil || first.tooLong {
			return
		}
		again, err := ParseDecimal(first.String())
		if err != nil || again != first {
			t.Fatalf("%q became %v, then %v, %v", text, first, again, err)
		}
		if minor, err := first.Scaled(2); err == nil && FromMinor(minor, 2) != first {
			t.Fatalf("%q is %d minor units, which is %v", text, minor, FromMinor(minor, 2))
		}
	})
}

func parsed(t *testing.T, text string) Decimal {
	t.Helper()
	d, err := ParseDecimal(text)
	if err != nil {
		t.Fatalf("ParseDecimal(%q): %v", text, err)
	}
	return d
}
