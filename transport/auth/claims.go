package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
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
func (c *Claims) UnmarshalJSON(data []byte) error {
	type plain Claims
	return json.Unmarshal(data, (*plain)(c))
}

// Validate is called by the parser after the signature and the times were checked.
func (c *Claims) Validate() error {
	if c.IssuedAt == 0 {
		return fmt.Errorf("iat: %w", jwt.ErrTokenRequiredClaimMissing)
	}
	return c.checkText()
}

// checkText refuses ids that could break storage keys and names that could
// forge log lines, whoever signed them.
func (c *Claims) checkText() error {
	switch {
	case !domain.ValidID(c.Sub):
		return errors.New("sub is not an id")
	case !domain.ValidID(c.Org):
		return errors.New("org is not an id")
	case !c.Role.Known():
		return errors.New("role is unknown")
	}
	if err := domain.CheckText("name", c.Name); err != nil {
		return err
	}
	return nil
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
