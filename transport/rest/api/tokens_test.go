package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// sign makes a token of any header and claims.
func sign(header, claims string, key []byte, sum func() hash.Hash) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(sum, key)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// claims are good ones, with some of them replaced; "-" leaves one out.
func claims(k *kitchen, change map[string]string) string {
	now := time.Now().Unix()
	all := map[string]string{
		"sub": `"u1"`, "name": `"Asha"`, "org": `"` + k.org + `"`, "role": `"waiter"`,
		"iat": fmt.Sprint(now), "exp": fmt.Sprint(now + 600),
	}
	for name, text := range change {
		if all[name] = text; text == "-" {
			delete(all, name)
		}
	}
	var members []string
	for name, text := range all {
		members = append(members, `"`+name+`":`+text)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// RFC 8725: what has been tried against token checks.
func TestTokensThatAreRefused(t *testing.T) {
	k := open(t)
	good := claims(k, nil)
	now := time.Now().Unix()
	bad := map[string]string{
		"alg none":             sign(`{"alg":"none"}`, good, nil, sha256.New),
		"another secret":       sign(hs256, good, []byte("another secret, 32 bytes or more.."), sha256.New),
		"empty secret":         sign(hs256, good, nil, sha256.New),
		"HS512":                sign(`{"alg":"HS512"}`, good, secret, sha512.New),
		"HS384 in the header":  sign(`{"alg":"HS384"}`, good, secret, sha256.New),
		"RS256 in the header":  sign(`{"alg":"RS256"}`, good, secret, sha256.New),
		"no alg":               sign(`{"typ":"JWT"}`, good, secret, sha256.New),
		"crit":                 sign(`{"alg":"HS256","crit":["exp"]}`, good, secret, sha256.New),
		"another typ":          sign(`{"alg":"HS256","typ":"secevent+jwt"}`, good, secret, sha256.New),
		"header is no object":  sign(`[]`, good, secret, sha256.New),
		"claims are no object": sign(hs256, `"x"`, secret, sha256.New),
		"claim there twice":    sign(hs256, strings.Replace(good, "{", `{"role":"admin",`, 1), secret, sha256.New),
		"claim in capitals":    sign(hs256, strings.Replace(good, `"role"`, `"Role"`, 1), secret, sha256.New),
		"too long":             sign(hs256, claims(k, map[string]string{"x": `"` + strings.Repeat("x", 4096) + `"`}), secret, sha256.New),
		"five parts":           "a.b.c.d.e",
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		text := sign(`{"alg":"`+alg+`"}`, good, nil, sha256.New)
		bad[alg+" without a signature"] = text[:strings.LastIndex(text, ".")+1]
	}
	for name, change := range map[string]map[string]string{
		"no exp": {"exp": "-"}, "exp is text": {"exp": `"9999999999"`}, "exp null": {"exp": "null"}, "exp beyond time": {"exp": "1e300"}, "exp negative": {"exp": "-1"},
		"no iat": {"iat": "-"}, "issued in an hour": {"iat": fmt.Sprint(now + 3600)}, "not before an hour": {"nbf": fmt.Sprint(now + 3600)},
		"no sub": {"sub": "-"}, "sub empty": {"sub": `""`}, "sub has an escape": {"sub": `"a\u001bb"`}, "sub object": {"sub": `{"$ne":null}`},
		"no org": {"org": "-"}, "org empty": {"org": `""`}, "org is no id": {"org": `"a/b"`}, "org list": {"org": `["a"]`}, "org too long": {"org": `"` + strings.Repeat("o", 65) + `"`},
		"no role": {"role": "-"}, "role unknown": {"role": `"root"`}, "role in capitals": {"role": `"ADMIN"`}, "roles": {"role": `["admin"]`},
		"name has an escape": {"name": `"a\u001b[2J"`}, "name too long": {"name": `"` + strings.Repeat("n", 300) + `"`},
	} {
		bad[name] = sign(hs256, claims(k, change), secret, sha256.New)
	}
	for name, token := range bad {
		a := (&person{k, token}).do("GET", "/api/orders", "").want(401, domain.Unauthenticated, "")
		if a.StatusCode == 401 && !strings.HasPrefix(a.problem.Detail, "Invalid token: ") {
			t.Errorf("%s: told %q", name, a.problem.Detail)
		}
		if t.Failed() {
			t.Fatalf("with %s", name)
		}
	}
	(&person{k, sign(hs256, claims(k, map[string]string{"exp": fmt.Sprint(now - 1)}), secret, sha256.New)}).do("GET", "/api/orders", "").want(401, domain.TokenExpired, "").detail("Token expired")
}

// Headers that name keys are not looked at; what the secret signed is good.
func TestTokensThatAreTaken(t *testing.T) {
	k := open(t)
	for _, header := range []string{hs256, `{"alg":"HS256"}`, `{"typ":"jwt","alg":"HS256"}`, `{"alg":"HS256","kid":"../../dev/null"}`, `{"alg":"HS256","jku":"http://127.0.0.1:1/keys","jwk":{"kty":"oct","k":"AA"}}`} {
		(&person{k, sign(header, claims(k, map[string]string{"aud": `"x"`, "extra": `[1]`}), secret, sha256.New)}).get("/api/orders")
	}
	(&person{k, sign(hs256, claims(k, map[string]string{"name": "-"}), secret, sha256.New)}).post("/api/orders", onePizza).has("waiter_id", `"u1"`, "waiter_name", `""`)
}

// The token comes in its header and nowhere else.
func TestWhereTheTokenStands(t *testing.T) {
	k := open(t)
	token := k.as(domain.Admin).token
	nobody := &person{k: k}
	nobody.do("GET", "/api/orders", "", "Authorization", "bearer "+token).ok()
	nobody.do("GET", "/api/orders", "", "Authorization", "Bearer  "+token).ok()
	for _, headers := range [][]string{{"Authorization", token}, {"Authorization", "Basic " + token}, {"Authorization", "Bearer"}, {"Cookie", "token=" + token}, {"X-Token", token}, {"Authorization", "Bearer " + token + " " + token}} {
		nobody.do("GET", "/api/orders", "", headers...).want(401, domain.Unauthenticated, "")
	}
	nobody.do("GET", "/api/orders?token="+token, "").want(401, domain.Unauthenticated, "")
}
