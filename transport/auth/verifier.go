package auth

import (
	"errors"
	"fmt"
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
// afterwards. Errors are *domain.Error UNAUTHENTICATED or TOKEN_EXPIRED and name
// the claim that is wrong: whoever integrates a system of theirs has to know. What
// a claim means (who, until when) is told for a token of the right secret only.
func (v *Verifier) Verify(token []byte, now time.Time) (Subject, error) {
	if len(token) == 0 {
		return Subject{}, domain.Refuse(domain.Unauthenticated, textMissing)
	}
	if len(token) > MaxTokenBytes {
		return Subject{}, invalid(fmt.Sprintf("longer than %d bytes", MaxTokenBytes))
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
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var c Claims
	_, err := parser.ParseWithClaims(token, &c, v.key)
	if err == nil && int64(c.IssuedAt) > now.UnixMilli()+maxAheadMS {
		err = badClaim("iat", "lies in the future: the clock of whoever issued it is ahead")
	}
	if err != nil {
		return Subject{}, refusal(err)
	}
	return c.subject(), nil
}

// refusal words what the parser found: form, then signature, then claims.
func refusal(err error) *domain.Error {
	claim, named := errors.AsType[*domain.Error](err)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return &domain.Error{Code: domain.TokenExpired, Detail: textExpired, Fields: []domain.Field{{Field: "exp", Detail: "has passed"}}}
	case named:
		return invalid(claim.Detail, claim.Fields...)
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return invalid("nbf: not valid yet", domain.Field{Field: "nbf", Detail: "not valid yet"})
	case errors.Is(err, jwt.ErrTokenMalformed):
		return invalid("not a JWT")
	}
	return invalid("wrong signature: it must be HS256 with the secret of this engine")
}

func invalid(why string, fields ...domain.Field) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Detail: textInvalid + ": " + why, Fields: fields}
}

// key refuses headers that ask for more than a signature: jwk and jku are never
// looked at, crit must be understood or refused, and a token of another type
// was made for another purpose (RFC 8725).
func (v *Verifier) key(t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, badClaim("crit", "is not supported")
	}
	if typ, ok := t.Header["typ"]; ok && typ != "JWT" && typ != "jwt" {
		return nil, badClaim("typ", "must be JWT")
	}
	return v.secret, nil
}
