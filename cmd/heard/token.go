package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	if f.JWTSecret == "" {
		if _, err := os.Stat(filepath.Join(f.Data, auth.SecretFile)); errors.Is(err, fs.ErrNotExist) {
			return nil, usage("--data %s: no secret there: name the folder of the engine, or its --jwt-secret", f.Data)
		}
	}
	return f.secret()
}

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
	if c.TTL <= 0 {
		return "", usage("--ttl %s: must be above 0", c.TTL)
	}
	secret, err := c.known()
	if err != nil {
		return "", err
	}
	return auth.Mint(secret, by, c.Org, c.TTL, time.Now())
}
