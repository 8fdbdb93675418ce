package main

import (
	"fmt"
	"time"

	"heard/domain"
	"heard/transport/auth"
)

type tokenCommand struct {
	dataFlags
	Org  string        `help:"Organisation." required:""`
	User string        `help:"User id." required:""`
	Name string        `help:"Name shown on orders; default: the user id."`
	Role string        `help:"admin, manager, cashier, waiter, kitchen or staff." required:""`
	TTL  time.Duration `name:"ttl" help:"How long it is valid." default:"12h"`
}

// Run prints a token and nothing else.
func (c *tokenCommand) Run(s *streams) error {
	token, err := c.mint()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, token)
	return err
}

// known is secret without making one: a token of a secret that no engine has
// would be refused everywhere, and nobody would see why.
func (f *dataFlags) known() ([]byte, error) {
	secret, err := f.given()
	if err == nil && secret == nil {
		err = usage("--data %s: no secret there: name the folder of the engine, or its --jwt-secret", f.Data)
	}
	return secret, err
}

// longestTTL is a token's longest life.
const longestTTL = 10 * 365 * 24 * time.Hour

func (c *tokenCommand) mint() (string, error) {
	by := domain.Identity{User: c.User, Name: c.Name, Role: domain.Role(c.Role)}
	if by.Name == "" {
		by.Name = c.User
	}
	_, badName := domain.Name("--name", by.Name)
	for _, given := range [...]struct {
		text  string
		wrong *domain.Error
	}{{c.Org, domain.CheckID("--org", c.Org)}, {c.User, domain.CheckForeignID("--user", c.User)}, {by.Name, badName}} {
		if given.wrong != nil {
			return "", usage("%s (given %q)", given.wrong.Detail, given.text)
		}
	}
	if !by.Role.Known() {
		return "", usage("--role %q: must be admin, manager, cashier, waiter, kitchen or staff", c.Role)
	}
	if c.TTL <= 0 || c.TTL > longestTTL {
		return "", usage("--ttl %s: must be above 0, at most %s, ten years", c.TTL, longestTTL)
	}
	secret, err := c.known()
	if err != nil {
		return "", err
	}
	return auth.Mint(secret, by, c.Org, c.TTL, time.Now())
}
