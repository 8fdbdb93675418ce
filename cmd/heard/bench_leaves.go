package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"heard/bench/load"
)

// warn says what stays behind at a server that is not ours, where the
// organisations are the run's own: nothing takes an order back.
func (c *benchCommand) warn(s *streams, run string, organisations int) {
	if !c.scenario.Leaves {
		return
	}
	in := fmt.Sprintf("organisations %s-0 to -%d", run, organisations-1)
	if c.Scenario == "replay" {
		in = "organisation " + run
	}
	fmt.Fprintf(s.err, "heard: what is placed at %s stays there for good, in %s\n", c.URL, in)
}

// spare refuses tokens of organisations that hold orders of others, unless --yes
// says that it is meant: in a restaurant thousands of orders a second would come
// up on the screens of the kitchen. A server that does not answer, or whose tokens
// are of another kind, is left to the run.
func (c *benchCommand) spare(flag, url string, tokens []string) error {
	if c.Yes || !c.scenario.Leaves || len(tokens) == 0 {
		return nil
	}
	client, err := load.NewClient(url, 1, c.Timeout)
	if err != nil {
		return err // it was looked at before
	}
	defer client.Abandon()
	for _, token := range tokens {
		user, org := speaksFor(token)
		if user == "" {
			return nil
		}
		answer, err := client.Exchange(token).Do("GET", "/api/orders?status=all&limit=100", nil)
		var orders []struct {
			Waiter string `json:"waiter_id"`
		}
		if err != nil || json.Unmarshal(answer, &orders) != nil {
			return nil
		}
		for _, o := range orders {
			if o.Waiter != user {
				return usage("%s: %s holds orders of others: what is placed would be on their screens, and stay; --yes if that is meant", flag, org)
			}
		}
	}
	return nil
}

// speaksFor reads who a token is of, without a look at its signature.
func speaksFor(token string) (user, org string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", ""
	}
	var claims struct{ Sub, Org string }
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return "", ""
	}
	return claims.Sub, claims.Org
}

// reached is how many of so many organisations the load comes to: a connection is
// of one, and so is a socket.
func (c *benchCommand) reached(organisations int) int {
	switch c.Scenario {
	case "fanout", "replay":
		return organisations
	case "idle", "reconnect":
		return min(organisations, c.Sockets)
	}
	return min(organisations, c.Connections)
}
