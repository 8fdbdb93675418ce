package limits

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"

	"heard/persistence/mongotest"
)

// BenchmarkStores places the same keyed orders, of 20 organisations, on both
// stores and on the usual way of PostgreSQL, in rounds one after the other. An
// engine whose turn it is not is stopped, so that what it put off costs its own
// rounds. The production store is measured twice: with FerretDB, which takes
// its processor time from the same cores, and with no server of documents at
// all, which no acknowledged order waits for.
func BenchmarkStores(b *testing.B) {
	for _, connections := range []int{64, 256} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) { compareStores(b, connections, 5, 3*time.Second) })
	}
}

const storeOrganisations = 20

// contestant is a server that takes orders.
type contestant struct {
	name    string
	server  *Process
	calls   *calls
	latency *hdrhistogram.Histogram
	rates   []float64
	costs   []float64 // µs of processor time a create, of all its processes
	others  []int     // beside server: what it keeps its data in
	errand  int       // of its keys
}

func compareStores(b *testing.B, connections, rounds int, each time.Duration) {
	binary := buildEngine(b)
	tokens := mintAll(b, "org", storeOrganisations)
	production, alone := onRedisMongo(b, binary), onRedisMongo(b, binary)
	if production.documents.Real {
		b.Skipf("SKIP: only the processor time of a server of our own is counted: unset %s", mongotest.Variable)
	}
	ferret := production.documents.PID()
	all := []*contestant{
		newContestant("embedded", onEmbedded(b, binary).Process, tokens, connections),
		newContestant("redis-mongo", production.Process, tokens, connections, redisPID(b, production), ferret),
		newContestant("redis-alone", alone.Process, tokens, connections, redisPID(b, alone)),
	}
	peer := buildPeer(b)
	for _, form := range []string{"pipelined", "plain"} {
		server, database := startPostgresPeer(b, peer, form)
		all = append(all, newContestant("pg-"+form, server, tokens, connections, database))
	}
	for _, c := range all {
		c.round(b, time.Second) // warm up
		if c.server == alone.Process {
			alone.documents.Kill()
		}
		c.rest(b)
	}
	var standIns []float64 // µs of FerretDB's processor time a create
	var placed float64     // with FerretDB
	for b.Loop() {
		for round := range rounds {
			for i := range all {
				c := all[i]
				if round%2 == 1 {
					c = all[len(all)-1-i]
				}
				c.turn(b)
				before, standIn := c.used(b), familyUsed(b, ferret)
				r := c.round(b, each)
				c.rates = append(c.rates, r.PerSecond())
				c.costs = append(c.costs, float64((c.used(b)-before).Microseconds())/float64(r.Requests))
				if c.server == production.Process {
					standIns = append(standIns, float64((familyUsed(b, ferret)-standIn).Microseconds())/float64(r.Requests))
					placed += float64(r.Requests)
				}
				c.latency.Merge(r.Latency)
				c.rest(b)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, c := range all {
		b.ReportMetric(median(slices.Clone(c.rates)), c.name+"-creates/s")
		b.ReportMetric(median(c.costs), c.name+"-cpu-µs")
		b.ReportMetric(float64(c.latency.ValueAtQuantile(50))/1000, c.name+"-p50-ms")
		b.ReportMetric(float64(c.latency.ValueAtQuantile(99))/1000, c.name+"-p99-ms")
	}
	all[1].turn(b)
	b.ReportMetric(median(standIns), "redis-mongo-ferret-cpu-µs")
	f := production.figures(b)
	b.ReportMetric(100*f.Journal.Undrained/placed, "redis-mongo-not-drained-%") // its cost is not in the rounds
	b.ReportMetric(f.Batch.Batches, "redis-mongo-flushes")
	b.ReportMetric(f.Batch.Failures, "redis-mongo-flushes-failed")
	for _, ours := range all[1:3] {
		for _, theirs := range all[3:] {
			r := ratios(ours, theirs)
			b.ReportMetric(median(r), ours.name+"/"+theirs.name)
			b.ReportMetric(r[0], ours.name+"/"+theirs.name+"-least") // median has sorted them
		}
	}
}

// ratios are those of the rounds, pair by pair.
func ratios(ours, theirs *contestant) []float64 {
	r := make([]float64, len(ours.rates))
	for i := range r {
		r[i] = ours.rates[i] / theirs.rates[i]
	}
	return r
}

func newContestant(name string, server *Process, tokens []string, connections int, others ...int) *contestant {
	c := &contestant{name: name, server: server, latency: newHistogram(), others: others}
	c.calls = &calls{server: server, connections: connections, ask: func(r *fasthttp.Request, n int64) {
		write(r, fasthttp.MethodPost, server.URL+"/api/orders", tokens[n%int64(len(tokens))], orderBody)
		r.Header.Set("Idempotency-Key", fmt.Sprintf("%d-%d", c.errand, n))
	}}
	return c
}

func (c *contestant) round(b *testing.B, d time.Duration) *Result {
	c.errand++
	return c.calls.during(b, d)
}

func (c *contestant) turn(b *testing.B) { c.signal(b, syscall.SIGCONT) }
func (c *contestant) rest(b *testing.B) { c.signal(b, syscall.SIGSTOP) }

func (c *contestant) signal(b *testing.B, s syscall.Signal) {
	if err := c.server.command.Process.Signal(s); err != nil {
		b.Fatal(err)
	}
}

// peerConnections to PostgreSQL: the best of 8, 16, 32 and 64 for both forms, on
// two cores with 64 clients; 16 to 64 differ little.
const peerConnections = "32"

func buildPeer(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "pgpeer")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = "pgpeer"
	if out, err := build.CombinedOutput(); err != nil {
		b.Skipf("SKIP: the peer cannot be built: %v\n%s", err, out)
	}
	return binary
}

// startPostgresPeer starts a peer on a PostgreSQL of its own.
func startPostgresPeer(b *testing.B, binary, form string) (p *Process, database int) {
	b.Helper()
	url, database := postgres(b)
	p, err := StartProcess(binary, []string{"SECRET=" + secret}, form, peerConnections, url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Kill() })
	return p, database
}
