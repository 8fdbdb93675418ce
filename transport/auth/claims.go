package auth

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"heard/domain"
)

// maxAheadMS is how far iat may lie in the future, for clocks that differ. More
// would let a token outlive its revocation.
const maxAheadMS = 60_000

// Claims is what stands in a token. It is its own type because jwt's
// RegisteredClaims cuts times to whole seconds unless a global is changed.
type Claims struct {
	Sub       string      `json:"sub"`
	Name      string      `json:"name,omitempty"`
	Org       string      `json:"org"`
	Role      domain.Role `json:"role"`
	ExpiresAt numericDate `json:"exp,omitzero"`
	IssuedAt  numericDate `json:"iat,omitzero"`
	NotBefore numericDate `json:"nbf,omitzero"`
}

// UnmarshalJSON refuses what the standard decoder lets through: duplicate
// members and names in another case, of which two readers make two identities.
// It names the claim that cannot be read.
func (c *Claims) UnmarshalJSON(data []byte) error {
	type plain Claims
	err := json.Unmarshal(data, (*plain)(c))
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok && semantic.JSONPointer != "" {
		if errors.Is(err, errNumericDate) {
			return badClaim(semantic.JSONPointer.LastToken(), errNumericDate.Error())
		}
		return badClaim(semantic.JSONPointer.LastToken(), "must be text")
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return badClaim(syntactic.JSONPointer.LastToken(), "is there twice")
	}
	return err
}

// badClaim never repeats what a claim says: the refusal is shown and logged.
func badClaim(name, detail string) *domain.Error {
	return domain.Blame(domain.Unauthenticated, name, detail)
}

// Validate is called by the parser after the signature was checked.
func (c *Claims) Validate() error {
	for _, required := range [...]struct {
		name  string
		there bool
	}{{"sub", c.Sub != ""}, {"org", c.Org != ""}, {"role", c.Role != ""}, {"exp", c.ExpiresAt != 0}, {"iat", c.IssuedAt != 0}} {
		if !required.there {
			return badClaim(required.name, "is missing")
		}
	}
	if err := c.check(); err != nil {
		return badClaim(err.Fields[0].Field, err.Fields[0].Detail)
	}
	return nil
}

// check refuses ids that could break storage keys and names that could forge
// log lines, whoever signed them, and makes the name what is kept of it.
func (c *Claims) check() (err *domain.Error) {
	if err := domain.CheckForeignID("sub", c.Sub); err != nil {
		return err
	}
	if err := domain.CheckID("org", c.Org); err != nil {
		return err
	}
	if !c.Role.Known() {
		return domain.Blame(domain.ValidationError, "role", "must be admin, manager, cashier, waiter, kitchen or staff")
	}
	c.Name, err = domain.Name("name", c.Name)
	return err
}

func (c *Claims) subject() Subject {
	return Subject{
		Org:       c.Org,
		Identity:  domain.Identity{User: c.Sub, Name: c.Name, Role: c.Role, IssuedAt: int64(c.IssuedAt)},
		ExpiresMS: int64(c.ExpiresAt),
	}
}

// The methods of jwt.Claims. A time that is not there is nil.

func (c *Claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt.date(), nil }
func (c *Claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt.date(), nil }
func (c *Claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore.date(), nil }
func (c *Claims) GetIssuer() (string, error)                   { return "", nil }
func (c *Claims) GetSubject() (string, error)                  { return c.Sub, nil }
func (c *Claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

func (n numericDate) date() *jwt.NumericDate {
	if n == 0 {
		return nil
	}
	return &jwt.NumericDate{Time: time.UnixMilli(int64(n))}
}
