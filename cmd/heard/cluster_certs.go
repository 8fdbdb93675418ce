package main

import (
	"fmt"
	"os"
	"time"

	"heard/cluster"
	"heard/domain"
)

// clusterCommand holds the tools of a cluster.
type clusterCommand struct {
	Certs certsCommand `cmd:"" help:"Make an authority and certificates of nodes, for mutual TLS."`
}

type certsCommand struct {
	Nodes []string      `arg:"" help:"Names of the nodes, a certificate each."`
	Out   string        `help:"Folder; an authority that is there (ca.pem, ca-key.pem) signs, else one is made." default:"./certs" type:"path"`
	Life  time.Duration `help:"How long the nodes' certificates are valid." default:"9600h"`
}

// Run makes what is missing and prints what was made.
func (c *certsCommand) Run(s *streams) error {
	for _, name := range c.Nodes {
		if !domain.ValidID(name) || name == "ca" {
			return usage("%q: a node's name here must be 1 to 64 of A-Z a-z 0-9 _ -, and not ca", name)
		}
	}
	if c.Life < time.Hour || c.Life > cluster.AuthorityLife {
		return usage("--life %s: must be 1h to %s, that of the authority", c.Life, cluster.AuthorityLife)
	}
	if err := checkFolder("--out", c.Out); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return usage("--out: %w", err)
	}
	authority, made, err := cluster.OpenAuthority(c.Out)
	if err != nil {
		return usage("--out: %w", err)
	}
	if made {
		fmt.Fprintf(s.out, "%s/%s\n%s/%s\n", c.Out, cluster.AuthorityCert, c.Out, cluster.AuthorityKey)
	}
	for _, name := range c.Nodes {
		if err := authority.Issue(c.Out, name, c.Life); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s/%s.pem\n%s/%s-key.pem\n", c.Out, name, c.Out, name)
	}
	return nil
}
