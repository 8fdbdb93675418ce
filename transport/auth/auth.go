// Package auth makes and checks the tokens that say who asks: JWT, HS256 only.
// Organisation, user and role are believed from a token and from nowhere else.
// It knows no sockets and keeps no list of users.
package auth

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"heard/domain"
)

// MinSecretBytes is the shortest secret that is taken: HS256 is as strong as
// its key, and a short one can be guessed offline from any token.
const MinSecretBytes = 32

// MaxTokenBytes bounds a token before anything is decoded.
const MaxTokenBytes = 4096

// Subject is what a verified token says.
type Subject struct {
	Org       string
	Identity  domain.Identity
	ExpiresMS int64 // ms since 1970; the token is refused from this moment on
}

// CheckSecret refuses a secret that is too short, in one line for the operator.
func CheckSecret(secret []byte) error {
	if len(secret) < MinSecretBytes {
		return fmt.Errorf("JWT secret has %d bytes, at least %d are needed", len(secret), MinSecretBytes)
	}
	return nil
}

// Mint signs a token for by in org, valid from now for ttl. iat and exp carry
// milliseconds. Errors name the field that no Verifier would accept.
func Mint(secret []byte, by domain.Identity, org string, ttl time.Duration, now time.Time) (string, error) {
	if err := CheckSecret(secret); err != nil {
		return "", err
	}
	if ttl <= 0 {
		return "", fmt.Errorf("mint token: ttl %s is not positive", ttl)
	}
	c := Claims{
		Sub: by.User, Name: by.Name, Org: org, Role: by.Role,
		IssuedAt:  numericDate(now.UnixMilli()),
		ExpiresAt: numericDate(now.Add(ttl).UnixMilli()),
	}
	if err := c.check(); err != nil {
		return "", fmt.Errorf("mint token: %s", err.Detail)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, &c).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	return token, nil
}
