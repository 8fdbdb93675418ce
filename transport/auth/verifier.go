package auth

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"heard/domain"
)

// The legacy texts, which clients show.
const (
	textMissing = "Not authenticated"
	textInvalid = "Invalid token"
	textExpired = "Token expired"
)

// Verifier checks tokens. Verified ones are kept until they expire, since a
// signature costs as much as the rest of a request. Safe for concurrent use.
type Verifier struct {
	secret []byte
	cache  cache
}

// NewVerifier takes the secret; an error says that it is too short.
func NewVerifier(secret []byte) (*Verifier, error) {
	if err := CheckSecret(secret); err != nil {
		return nil, err
	}
	v := &Verifier{secret: append([]byte(nil), secret...)}
	v.cache.init(maxCached)
	return v, nil
}

// Verify returns who the token speaks for. token may be reused by the caller
// afterwards. Errors are *domain.Error UNAUTHENTICATED or TOKEN_EXPIRED; what
// exactly is wrong with a token is not told to whoever made it up.
func (v *Verifier) Verify(token []byte, now time.Time) (Subject, error) {
	if len(token) == 0 {
		return Subject{}, domain.Refuse(domain.Unauthenticated, textMissing)
	}
	if len(token) > MaxTokenBytes {
		return Subject{}, domain.Refuse(domain.Unauthenticated, textInvalid)
	}
	nowMS := now.UnixMilli()
	if s, ok := v.cache.get(token, nowMS); ok {
		return s, nil
	}
	s, err := v.check(string(token), now)
	if err != nil {
		return Subject{}, err
	}
	v.cache.put(string(token), s, nowMS)
	return s, nil
}

// Cached is the number of tokens kept, for statistics.
func (v *Verifier) Cached() int { return v.cache.size() }

func (v *Verifier) check(token string, now time.Time) (Subject, error) {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var c Claims
	_, err := parser.ParseWithClaims(token, &c, v.key)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return Subject{}, domain.Refuse(domain.TokenExpired, textExpired)
	}
	if err != nil || int64(c.IssuedAt) > now.UnixMilli()+maxAheadMS {
		return Subject{}, domain.Refuse(domain.Unauthenticated, textInvalid)
	}
	return c.subject(), nil
}

// key refuses headers that ask for more than a signature: jwk and jku are never
// looked at, crit must be understood or refused, and a token of another type
// was made for another purpose (RFC 8725).
func (v *Verifier) key(t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("crit is not supported")
	}
	if typ, ok := t.Header["typ"]; ok && typ != "JWT" && typ != "jwt" {
		return nil, errors.New("typ is not JWT")
	}
	return v.secret, nil
}
