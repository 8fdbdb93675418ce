package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"heard/domain"
)

var (
	secret = []byte("0123456789abcdef0123456789abcdef")
	now    = time.UnixMilli(1_700_000_000_123)
	anna   = domain.Identity{User: "u-1", Name: "Änna", Role: domain.Waiter}
)

// sign makes a token from raw header and claims, which no library would make.
func sign(key []byte, header, claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	signed := enc([]byte(header)) + "." + enc([]byte(claims))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + enc(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

func claims(more string) string {
	return `{"sub":"u-1","name":"A","org":"o-1","role":"waiter","exp":1700003600,"iat":1700000000` + more + `}`
}

func newVerifier(t testing.TB) *Verifier {
	t.Helper()
	v, err := NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMintedTokenIsAccepted(t *testing.T) {
	v := newVerifier(t)
	token, err := Mint(secret, anna, "o-1", time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second comes from the cache
		got, err := v.Verify([]byte(token), now)
		if err != nil {
			t.Fatal(err)
		}
		want := Subject{Org: "o-1", Identity: anna, ExpiresMS: now.UnixMilli() + 3_600_000}
		want.Identity.IssuedAt = now.UnixMilli()
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if !strings.Contains(string(payload), `"iat":1700000000.123`) {
		t.Errorf("iat carries no milliseconds: %s", payload)
	}
}

func TestIssuedAtIsExact(t *testing.T) {
	for text, wantMS := range map[string]int64{
		"1700000000":                  1_700_000_000_000,
		"1700000000.0":                1_700_000_000_000,
		"1700000000.1":                1_700_000_000_100,
		"1700000000.12":               1_700_000_000_120,
		"1700000000.123":              1_700_000_000_123,
		"1700000000.123999":           1_700_000_000_123,
		"1700000000.1239990234375":    1_700_000_000_123,
		"1.7e9":                       1_700_000_000_000,
		"0.001":                       1,
		"253402300799.999":            253_402_300_799_999,
		"1699999999.9990000000000001": 1_699_999_999_999,
	} {
		var n numericDate
		if err := n.UnmarshalJSON([]byte(text)); err != nil || int64(n) != wantMS {
			t.Errorf("%s: got %d %v, want %d", text, n, err, wantMS)
		}
	}
	for _, text := range []string{"0", "-1", `"1700000000"`, "null", "true", "{}", "253402300800", "1e99", "-1e3", "99999999999999999999"} {
		if err := new(numericDate).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}

// TestForgedTokens is RFC 8725 as a table.
func TestForgedTokens(t *testing.T) {
	valid := sign(secret, hs256, claims(""))
	parts := strings.Split(valid, ".")
	confused := func(alg string) string { return sign(secret, `{"alg":"`+alg+`","typ":"JWT"}`, claims("")) }
	hs384, _ := jwt.NewWithClaims(jwt.SigningMethodHS384, jwt.MapClaims{"sub": "u-1", "org": "o-1", "role": "waiter", "exp": 1700003600, "iat": 1700000000}).SignedString(secret)
	for name, token := range map[string]string{
		"none":                    sign(secret, `{"alg":"none"}`, claims("")),
		"none without signature":  base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"None":                    confused("None"),
		"NONE":                    confused("NONE"),
		"hs256 in another case":   confused("hs256"),
		"HS384":                   hs384,
		"HS384 in name":           confused("HS384"),
		"RS256 with the secret":   confused("RS256"),
		"ES256 with the secret":   confused("ES256"),
		"no alg":                  sign(secret, `{"typ":"JWT"}`, claims("")),
		"alg is a number":         sign(secret, `{"alg":1}`, claims("")),
		"crit":                    sign(secret, `{"alg":"HS256","crit":["exp"]}`, claims("")),
		"another typ":             sign(secret, `{"alg":"HS256","typ":"dpop+jwt"}`, claims("")),
		"own key in header":       sign([]byte("attacker-attacker-attacker-12345"), `{"alg":"HS256","jwk":{"kty":"oct","k":"YXR0YWNrZXItYXR0YWNrZXItYXR0YWNrZXItMTIzNDU"}}`, claims("")),
		"wrong secret":            sign([]byte("another-secret-of-enough-length!"), hs256, claims("")),
		"empty secret":            sign(nil, hs256, claims("")),
		"no signature":            parts[0] + "." + parts[1] + ".",
		"signature of another":    parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claims(`,"x":1`))) + "." + parts[2],
		"two parts":               parts[0] + "." + parts[1],
		"four parts":              valid + ".x",
		"padded":                  valid + "=",
		"space inside":            parts[0] + ". " + parts[1] + "." + parts[2],
		"not base64":              "a.b.c",
		"huge":                    sign(secret, hs256, claims(`,"x":"`+strings.Repeat("x", 8192)+`"`)),
		"no exp":                  sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000}`),
		"exp null":                sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"exp":null}`),
		"exp text":                sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"exp":"1700003600"}`),
		"exp in another case":     sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"EXP":1700003600}`),
		"no iat":                  sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","exp":1700003600}`),
		"iat far ahead":           sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","exp":1700003600,"iat":1700000061}`),
		"nbf ahead":               sign(secret, hs256, claims(`,"nbf":1700000001`)),
		"duplicate org":           sign(secret, hs256, claims(`,"org":"o-2"`)),
		"duplicate exp":           sign(secret, hs256, claims(`,"exp":1800000000`)),
		"org number":              sign(secret, hs256, `{"sub":"u","org":1,"role":"waiter","exp":1700003600,"iat":1700000000}`),
		"org list":                sign(secret, hs256, `{"sub":"u","org":["o"],"role":"waiter","exp":1700003600,"iat":1700000000}`),
		"org with a slash":        sign(secret, hs256, `{"sub":"u","org":"o/1","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"org with a colon":        sign(secret, hs256, `{"sub":"u","org":"a:b","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"no org":                  sign(secret, hs256, `{"sub":"u","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"no sub":                  sign(secret, hs256, `{"org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"sub with a newline":      sign(secret, hs256, `{"sub":"u\n","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"unknown role":            sign(secret, hs256, `{"sub":"u","org":"o","role":"root","exp":1700003600,"iat":1700000000}`),
		"role in another case":    sign(secret, hs256, `{"sub":"u","org":"o","role":"Admin","exp":1700003600,"iat":1700000000}`),
		"name with a newline":     sign(secret, hs256, `{"sub":"u","name":"a\nb","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"name too long":           sign(secret, hs256, `{"sub":"u","name":"`+strings.Repeat("n", 257)+`","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`),
		"claims are a list":       sign(secret, hs256, `[]`),
		"claims are null":         sign(secret, hs256, `null`),
		"claims with bytes after": sign(secret, hs256, claims("")+"{}"),
	} {
		v := newVerifier(t)
		_, err := v.Verify([]byte(token), now)
		wantRefusal(t, name, err, domain.Unauthenticated, "Invalid token")
		if v.Cached() != 0 {
			t.Errorf("%s: a refused token was kept", name)
		}
	}
}

func wantRefusal(t *testing.T, name string, err error, code domain.Code, detail string) {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != code || e.Detail != detail {
		t.Errorf("%s: got %v, want %s %q", name, err, code, detail)
	}
}

func TestMissingAndExpiredHaveTheirOwnTexts(t *testing.T) {
	v := newVerifier(t)
	_, err := v.Verify(nil, now)
	wantRefusal(t, "missing", err, domain.Unauthenticated, "Not authenticated")
	token := []byte(sign(secret, hs256, claims("")))
	_, err = v.Verify(token, time.Unix(1700003600, 0))
	wantRefusal(t, "expired", err, domain.TokenExpired, "Token expired")
	forged := []byte(sign([]byte("another-secret-of-enough-length!"), hs256, claims("")))
	_, err = v.Verify(forged, time.Unix(1800000000, 0))
	wantRefusal(t, "expired and forged", err, domain.Unauthenticated, "Invalid token")
}

func TestCachedTokenExpires(t *testing.T) {
	v := newVerifier(t)
	token := []byte(sign(secret, hs256, claims("")))
	if _, err := v.Verify(token, now); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(token, time.UnixMilli(1_700_003_599_999)); err != nil || v.Cached() != 1 {
		t.Fatalf("1 ms before exp: %v, %d cached", err, v.Cached())
	}
	_, err := v.Verify(token, time.UnixMilli(1_700_003_600_000))
	wantRefusal(t, "at exp", err, domain.TokenExpired, "Token expired")
	if v.Cached() != 0 {
		t.Error("the expired token is still kept")
	}
}

func TestCacheIsBoundedAndPrefersToDropExpired(t *testing.T) {
	var c cache
	c.init(cacheShards * 10)
	for i := range 5000 {
		c.put(fmt.Sprint("old", i), Subject{ExpiresMS: 5}, 1)
	}
	for i := range 5000 {
		c.put(fmt.Sprint("new", i), Subject{ExpiresMS: 100}, 50)
	}
	if n := c.size(); n > cacheShards*10 || n < cacheShards*5 {
		t.Errorf("%d tokens kept, limit %d", n, cacheShards*10)
	}
	if _, ok := c.get([]byte("new4999"), 50); !ok {
		t.Error("the newest token is not there")
	}
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	v := newVerifier(t)
	token := []byte(sign(secret, hs256, claims("")))
	if n := testing.AllocsPerRun(100, func() { v.Verify(token, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCallersBufferMayBeReused(t *testing.T) {
	v := newVerifier(t)
	token := []byte(sign(secret, hs256, claims("")))
	buffer := append([]byte(nil), token...)
	got, _ := v.Verify(buffer, now)
	for i := range buffer {
		buffer[i] = 'x'
	}
	if again, err := v.Verify(token, now); err != nil || again != got || got.Org != "o-1" {
		t.Errorf("%+v then %+v %v", got, again, err)
	}
}

func TestMintRefusesWhatNoVerifierTakes(t *testing.T) {
	good := anna
	for name, mint := range map[string]func() (string, error){
		"short secret": func() (string, error) { return Mint(secret[:31], good, "o", time.Hour, now) },
		"no ttl":       func() (string, error) { return Mint(secret, good, "o", 0, now) },
		"org":          func() (string, error) { return Mint(secret, good, "o/1", time.Hour, now) },
		"user":         func() (string, error) { return Mint(secret, domain.Identity{Role: "admin"}, "o", time.Hour, now) },
		"role": func() (string, error) {
			return Mint(secret, domain.Identity{User: "u", Role: "x"}, "o", time.Hour, now)
		},
		"name": func() (string, error) {
			return Mint(secret, domain.Identity{User: "u", Name: "a\x00", Role: "admin"}, "o", time.Hour, now)
		},
	} {
		if token, err := mint(); err == nil {
			t.Errorf("%s: minted %s", name, token)
		}
	}
	if _, err := NewVerifier(secret[:31]); err == nil {
		t.Error("a short secret was taken")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(sign(secret, hs256, claims(""))))
	f.Add([]byte("a.b.c"))
	v := newVerifier(f)
	f.Fuzz(func(t *testing.T, token []byte) {
		s, err := v.Verify(token, now)
		if err == nil && (s.Org != "o-1" || s.Identity.User != "u-1") {
			t.Fatalf("%q was taken as %+v", token, s)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := newVerifier(b)
	token := []byte(sign(secret, hs256, claims("")))
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			v.Verify(token, now)
		}
	})
	b.Run("signature", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			v.check(string(token), now)
		}
	})
}
