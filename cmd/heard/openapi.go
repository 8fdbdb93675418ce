package main

import (
	"heard/transport/auth"
	"heard/transport/rest"
	"heard/transport/rest/api"
)

type openapiCommand struct {
	Version string `default:"3.1" enum:"3.1,3.0" env:"HEARD_OPENAPI_VERSION" help:"Of OpenAPI: 3.1, or 3.0 for generators that read no newer one."`
}

// Run prints what a server of this binary has at /openapi.json. No server runs:
// one is made of the same table and asked.
func (c *openapiCommand) Run(s *streams) error {
	verify, err := auth.NewVerifier(make([]byte, auth.MinSecretBytes))
	if err != nil {
		return err
	}
	server, err := rest.New(rest.Options{Routes: api.API{}.Routes(), Words: api.Vocabulary(), Verify: verify, Version: version})
	if err != nil {
		return err
	}
	document, err := server.Document(c.Version)
	if err != nil {
		return err
	}
	_, err = s.out.Write(append(document, '\n'))
	return err
}
