// Command pgpeer makes the engine's create the usual way: fasthttp, pgx and one
// transaction of PostgreSQL for each order. Token, body, rules, bill and answer
// are the engine's own code, so that what is compared is only how an order
// becomes durable. It is a module of its own, so that the product does not
// depend on what it is compared with.
//
//	pgpeer pipelined|plain CONNECTIONS postgres://…   with the tokens' secret in SECRET
//
// pipelined sends the transaction in one round trip; plain is begin, three
// inserts and commit, one after the other.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"

	"heard/domain/outlet"
	"heard/transport/auth"
)

//go:embed schema.sql
var schema string

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	if len(os.Args) != 4 {
		return errors.New("usage: pgpeer pipelined|plain CONNECTIONS URL")
	}
	insert, known := map[string]func(*desk, context.Context, *placed) error{"pipelined": (*desk).pipelined, "plain": (*desk).plain}[os.Args[1]]
	if !known {
		return fmt.Errorf("%s: pipelined or plain", os.Args[1])
	}
	pool, err := connect(os.Args[2], os.Args[3])
	if err != nil {
		return err
	}
	defer pool.Close()
	verify, err := auth.NewVerifier([]byte(os.Getenv("SECRET")))
	if err != nil {
		return err
	}
	d := &desk{pool: pool, insert: insert, verify: verify, rules: outlet.New()}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening http://%s\n", ln.Addr())
	return fasthttp.Serve(ln, d.handle)
}

func connect(connections, url string) (*pgxpool.Pool, error) {
	most, err := strconv.ParseInt(connections, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("connections: %w", err)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	config.MaxConns = int32(most)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, schema); err != nil {
		pool.Close()
		return nil, fmt.Errorf("create tables: %w", err)
	}
	return pool, nil
}
