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

const wrongSignature = "wrong signature: it must be HS256 with the secret of this engine"

// TestForgedTokens is RFC 8725 as a table. Whoever made a token is told what is
// wrong with it, and nothing of what it says.
func TestForgedTokens(t *testing.T) {
	valid := sign(secret, hs256, claims(""))
	parts := strings.Split(valid, ".")
	confused := func(alg string) string { return sign(secret, `{"alg":"`+alg+`","typ":"JWT"}`, claims("")) }
	hs384, _ := jwt.NewWithClaims(jwt.SigningMethodHS384, jwt.MapClaims{"sub": "u-1", "org": "o-1", "role": "waiter", "exp": 1700003600, "iat": 1700000000}).SignedString(secret)
	for name, c := range map[string]struct{ token, want string }{
		"none":                    {sign(secret, `{"alg":"none"}`, claims("")), wrongSignature},
		"none without signature":  {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", wrongSignature},
		"None":                    {confused("None"), wrongSignature},
		"NONE":                    {confused("NONE"), wrongSignature},
		"hs256 in another case":   {confused("hs256"), wrongSignature},
		"HS384":                   {hs384, wrongSignature},
		"HS384 in name":           {confused("HS384"), wrongSignature},
		"RS256 with the secret":   {confused("RS256"), wrongSignature},
		"ES256 with the secret":   {confused("ES256"), wrongSignature},
		"no alg":                  {sign(secret, `{"typ":"JWT"}`, claims("")), wrongSignature},
		"alg is a number":         {sign(secret, `{"alg":1}`, claims("")), wrongSignature},
		"crit":                    {sign(secret, `{"alg":"HS256","crit":["exp"]}`, claims("")), "crit: is not supported"},
		"another typ":             {sign(secret, `{"alg":"HS256","typ":"dpop+jwt"}`, claims("")), "typ: must be JWT"},
		"own key in header":       {sign([]byte("attacker-attacker-attacker-12345"), `{"alg":"HS256","jwk":{"kty":"oct","k":"YXR0YWNrZXItYXR0YWNrZXItYXR0YWNrZXItMTIzNDU"}}`, claims("")), wrongSignature},
		"wrong secret":            {sign([]byte("another-secret-of-enough-length!"), hs256, claims("")), wrongSignature},
		"empty secret":            {sign(nil, hs256, claims("")), wrongSignature},
		"no signature":            {parts[0] + "." + parts[1] + ".", wrongSignature},
		"signature of another":    {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claims(`,"x":1`))) + "." + parts[2], wrongSignature},
		"two parts":               {parts[0] + "." + parts[1], "not a JWT"},
		"four parts":              {valid + ".x", "not a JWT"},
		"padded":                  {valid + "=", "not a JWT"},
		"space inside":            {parts[0] + ". " + parts[1] + "." + parts[2], "not a JWT"},
		"not base64":              {"a.b.c", "not a JWT"},
		"huge":                    {sign(secret, hs256, claims(`,"x":"`+strings.Repeat("x", 8192)+`"`)), "longer than 4096 bytes"},
		"no exp":                  {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000}`), "exp: is missing"},
		"exp null":                {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"exp":null}`), "exp: must be a number of seconds since 1970"},
		"exp text":                {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"exp":"1700003600"}`), "exp: must be a number of seconds since 1970"},
		"exp in another case":     {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","iat":1700000000,"EXP":1700003600}`), "exp: is missing"},
		"no iat":                  {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","exp":1700003600}`), "iat: is missing"},
		"iat far ahead":           {sign(secret, hs256, `{"sub":"u","org":"o","role":"waiter","exp":1700003600,"iat":1700000061}`), "iat: lies in the future: the clock of whoever issued it is ahead"},
		"nbf ahead":               {sign(secret, hs256, claims(`,"nbf":1700000001`)), "nbf: not valid yet"},
		"duplicate org":           {sign(secret, hs256, claims(`,"org":"o-2"`)), "org: is there twice"},
		"duplicate exp":           {sign(secret, hs256, claims(`,"exp":1800000000`)), "exp: is there twice"},
		"org number":              {sign(secret, hs256, `{"sub":"u","org":1,"role":"waiter","exp":1700003600,"iat":1700000000}`), "org: must be text"},
		"org list":                {sign(secret, hs256, `{"sub":"u","org":["o"],"role":"waiter","exp":1700003600,"iat":1700000000}`), "org: must be text"},
		"org with a slash":        {sign(secret, hs256, `{"sub":"u","org":"o/1","role":"waiter","exp":1700003600,"iat":1700000000}`), "org: must be 1 to 64 of A-Z a-z 0-9 _ -"},
		"org with a colon":        {sign(secret, hs256, `{"sub":"u","org":"a:b","role":"waiter","exp":1700003600,"iat":1700000000}`), "org: must be 1 to 64 of A-Z a-z 0-9 _ -"},
		"no org":                  {sign(secret, hs256, `{"sub":"u","role":"waiter","exp":1700003600,"iat":1700000000}`), "org: is missing"},
		"no sub":                  {sign(secret, hs256, `{"org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`), "sub: is missing"},
		"sub with a newline":      {sign(secret, hs256, `{"sub":"u\n","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`), "sub: control character U+000A"},
		"unknown role":            {sign(secret, hs256, `{"sub":"u","org":"o","role":"root","exp":1700003600,"iat":1700000000}`), "role: must be admin, manager, cashier, waiter, kitchen or staff"},
		"role in another case":    {sign(secret, hs256, `{"sub":"u","org":"o","role":"Admin","exp":1700003600,"iat":1700000000}`), "role: must be admin, manager, cashier, waiter, kitchen or staff"},
		"name with an escape":     {sign(secret, hs256, `{"sub":"u","name":"a\u001bb","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`), "name: control character U+001B"},
		"name too long":           {sign(secret, hs256, `{"sub":"u","name":"`+strings.Repeat("n", 257)+`","org":"o","role":"waiter","exp":1700003600,"iat":1700000000}`), "name: longer than 256 characters"},
		"claims are a list":       {sign(secret, hs256, `[]`), "not a JWT"},
		"claims are null":         {sign(secret, hs256, `null`), "sub: is missing"},
		"claims with bytes after": {sign(secret, hs256, claims("")+"{}"), "not a JWT"},
	} {
		v := newVerifier(t)
		_, err := v.Verify([]byte(c.token), now)
		wantRefusal(t, name, err, domain.Unauthenticated, "Invalid token: "+c.want)
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
		return
	}
	claim, why, named := strings.Cut(strings.TrimPrefix(detail, "Invalid token: "), ": ")
	if named = named && claim != "wrong signature"; named && (len(e.Fields) != 1 || e.Fields[0] != domain.Field{Field: claim, Detail: why}) || !named && code != domain.TokenExpired && len(e.Fields) > 0 {
		t.Errorf("%s: fields %v", name, e.Fields)
	}
}

func TestMissingAndExpiredHaveTheirOwnTexts(t *testing.T) {
	v := newVerifier(t)
	_, err := v.Verify(nil, now)
	wantRefusal(t, "missing", err, domain.Unauthenticated, "Not authenticated")
	token := []byte(sign(secret, hs256, claims("")))
	_, err = v.Verify(token, time.Unix(1700003600, 0))
	wantRefusal(t, "expired", err, domain.TokenExpired, "Token expired")
	if fields := domain.AsError(err).Fields; len(fields) != 1 || fields[0].Field != "exp" {
		t.Errorf("expired: fields %v", fields)
	}
	forged := []byte(sign([]byte("another-secret-of-enough-length!"), hs256, claims("")))
	_, err = v.Verify(forged, time.Unix(1800000000, 0))
	wantRefusal(t, "expired and forged", err, domain.Unauthenticated, "Invalid token: "+wrongSignature)
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

// Who signs in elsewhere has an id from there, and a name as it was typed there.
func TestTokensOfOtherSystemsAreTaken(t *testing.T) {
	for _, sub := range []string{"auth0|5f7c8ec7c33c6c004bbafe82", "anna@example.org", "गीता", "a/b", "..", " u ", strings.Repeat("x", 255)} {
		by := domain.Identity{User: sub, Name: "\u202dAnna\n Rao\u202c", Role: domain.Waiter}
		token, err := Mint(secret, by, "o-1", time.Hour, now)
		if err != nil {
			t.Fatalf("%q: %v", sub, err)
		}
		got, err := newVerifier(t).Verify([]byte(token), now)
		if err != nil || got.Identity.User != sub || got.Identity.Name != "Anna Rao" {
			t.Errorf("%q: %+q, %v", sub, got.Identity.Name, err)
		}
	}
	foreign := sign(secret, hs256, `{"sub":"a b","name":"Änna\u2028\u200b","org":"o-1","role":"waiter","exp":1700003600,"iat":1700000000}`)
	if got, err := newVerifier(t).Verify([]byte(foreign), now); err != nil || got.Identity.Name != "Änna" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusalsRepeatNothingOfAToken(t *testing.T) {
	const private = "hunter2"
	for _, member := range []string{`"sub":"hunter2\n"`, `"org":"hunter2 "`, `"role":"hunter2"`, `"name":"hunter2\u0000"`, `"exp":"hunter2"`, `"iat":"hunter2"`, `"nbf":"hunter2"`, `"sub":{"hunter2":1}`} {
		name, _, _ := strings.Cut(member, ":")
		all := strings.Replace(claims(`,"nbf":1700000000`), name+":", `"x":1,`+name+":", 1)
		at := strings.Index(all, name+":")
		end := at + strings.IndexAny(all[at:], ",}")
		_, err := newVerifier(t).Verify([]byte(sign(secret, hs256, all[:at]+member+all[end:])), now)
		e := domain.AsError(err)
		if e == nil || len(e.Fields) != 1 || `"`+e.Fields[0].Field+`"` != name || strings.Contains(e.Detail+e.Fields[0].Detail, private) {
			t.Errorf("%s: %v, fields %v", member, err, e)
		}
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
