// Package mongotest gives tests a server that speaks MongoDB's protocol: the
// one named in HEARD_TEST_MONGO_URI, else FerretDB over SQLite, built once from
// the module beside mongostore. FerretDB proves that what is written is read
// back; it proves nothing about speed, query plans or majorities.
package mongotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence/redistest"
)

// Variable names a real server to test with, for example
// mongodb://127.0.0.1:27017/?replicaSet=rs0.
const Variable = "HEARD_TEST_MONGO_URI"

// patience bounds every wait for a server; a busy machine may need much of it.
const patience = time.Minute

// Server is a running server. Its methods are for the test's goroutine only.
type Server struct {
	URI  string
	Real bool // a mongod, not FerretDB

	t       testing.TB
	address string
	folder  string
	process *exec.Cmd
	stdin   io.Closer
	output  strings.Builder
}

// Start gives a server that ends with the test. A test on a machine that has
// neither server nor the means to build one is skipped, with the reason.
func Start(t testing.TB) *Server {
	t.Helper()
	if uri := os.Getenv(Variable); uri != "" {
		return &Server{URI: uri, Real: true, t: t}
	}
	return Ferret(t)
}

// Ferret gives a FerretDB of the test's own, which may be killed.
func Ferret(t testing.TB) *Server {
	t.Helper()
	if err := build(); err != nil {
		t.Skipf("SKIP: no %s, and FerretDB cannot be built: %v", Variable, err)
	}
	s := &Server{t: t, folder: t.TempDir(), address: fmt.Sprint("127.0.0.1:", redistest.FreePort(t))}
	s.URI = "mongodb://" + s.address + "/?directConnection=true"
	t.Cleanup(s.kill)
	s.Restart()
	return s
}

// BulkOps is how many statements a bulk may have: FerretDB takes few.
func (s *Server) BulkOps() int {
	if s.Real {
		return 500
	}
	return 10
}

// Database names a database that no other test uses and that goes with the test.
func (s *Server) Database() string {
	name := "heard_test_" + strings.ToLower(rand.Text()[:12])
	if s.Real {
		s.t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := s.Client().Database(name).Drop(ctx); err != nil {
				s.t.Errorf("drop database %s: %v", name, err)
			}
		})
	}
	return name
}

// URIOf is the URI of a database, whatever the server's own URI names.
func (s *Server) URIOf(database string) string { return uriOf(s.URI, database) }

// uriOf puts a database into a URI. The one it named, if any, is what users are
// looked up in unless authSource says otherwise, and goes on to be.
func uriOf(uri, database string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	address, query, asked := strings.Cut(rest, "?")
	hosts, named, _ := strings.Cut(address, "/")
	if named != "" && strings.Contains(hosts, "@") && !strings.Contains(strings.ToLower(query), "authsource=") {
		if asked {
			query += "&"
		}
		query, asked = query+"authSource="+named, true
	}
	if asked {
		query = "?" + query
	}
	return scheme + "://" + hosts + "/" + database + query
}

// PID is the process of a FerretDB.
func (s *Server) PID() int { return s.process.Process.Pid }

// Client is a connection for looking at what is stored; it ends with the test.
func (s *Server) Client() *mongo.Client {
	s.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URI).SetServerSelectionTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

// Kill ends FerretDB as a power switch would, as far as the process goes. A
// server that is not ours is not ended: the test is skipped.
func (s *Server) Kill() {
	s.t.Helper()
	s.onlyOurs()
	s.kill()
}

func (s *Server) onlyOurs() {
	s.t.Helper()
	if s.Real {
		s.t.Skipf("SKIP: the server in %s is not ours to kill; unset it to run this test with FerretDB", Variable)
	}
}

func (s *Server) kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	_ = s.stdin.Close()
	s.process = nil
}

// Restart starts FerretDB on what an earlier one left. A server that is not ours
// is left alone: the test is skipped.
func (s *Server) Restart() {
	s.t.Helper()
	s.onlyOurs()
	s.kill()
	s.process = exec.Command(program(), s.address, s.folder)
	s.process.Stdout, s.process.Stderr, s.process.Dir = &s.output, &s.output, s.folder
	var err error
	if s.stdin, err = s.process.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatalf("start FerretDB: %v", err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URI).SetServerSelectionTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(context.Background()) }()
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err(); err != nil {
		s.kill()
		s.t.Fatalf("FerretDB does not answer: %v\n%s", err, s.output.String())
	}
}
