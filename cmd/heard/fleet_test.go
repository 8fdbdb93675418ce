package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"heard/domain"
	"heard/persistence/redistest"
	"heard/transport/auth"
)

// fleet is several nodes on the same Redis and MongoDB.
type fleet struct {
	*production
	data  string
	think time.Duration // between two orders of a client
	nodes []*node
	quiet sync.RWMutex // clients hold it to read while they want something
	outer []string     // flags that name the servers as other networks reach them
}

// node is one of them; a restart gives it another process.
type node struct {
	running atomic.Pointer[engine]
	name    string
	under   []string // what runs it
	listen  string
	args    []string
}

// now is the node's process.
func (n *node) now() *engine { return n.running.Load() }

// fleetSize is how many nodes the tests have: two are a majority, one is not.
const fleetSize = 3

func startFleet(t *testing.T, life string) *fleet {
	t.Helper()
	f := newFleet(t, life)
	f.startAll(t)
	return f
}

// newFleet starts the servers and says what the nodes will be.
func newFleet(t *testing.T, life string) *fleet {
	t.Helper()
	if underRace() {
		t.Skip("SKIPPED: nodes run without the race detector")
	}
	f := &fleet{think: thinkTime}
	f.production, f.data = startServers(t)
	f.production.engine = &engine{process: &process{t: t}, data: f.data} // speaks for no node
	for i := range fleetSize {
		n := &node{name: fmt.Sprint("n", i+1), listen: "127.0.0.1:0"}
		n.args = f.serve("--cluster", "--cluster-life", life, "--node-name", n.name, "--advertise", spareAddress(t))
		f.nodes = append(f.nodes, n)
	}
	return f
}

// startAll starts the nodes: the first makes the store, the others come together.
func (f *fleet) startAll(t *testing.T) {
	t.Helper()
	f.start(t, f.nodes[0])
	f.start(t, f.nodes[1:]...)
	f.wantMembers(f.nodes...)
}

// spareAddress is a loopback address nobody listens on.
func spareAddress(t *testing.T) string {
	t.Helper()
	return fmt.Sprint("127.0.0.1:", redistest.FreePort(t))
}

// start starts nodes at once. Two systems of protoactor's in one process are not
// clean under the race detector, nor is one that talks to another, so nodes run
// without it.
func (f *fleet) start(t *testing.T, nodes ...*node) {
	t.Helper()
	processes := make([]*process, len(nodes))
	for i, n := range nodes {
		processes[i] = start(t, environment(), slices.Concat(n.under, []string{binary, "serve", "--data", f.data, "--listen", n.listen}, n.args)...)
	}
	for i, n := range nodes {
		n.running.Store(adopt(t, processes[i], f.data))
	}
}

// of is a node seen with a token of an organisation; it stays the process it is.
func (n *node) of(f *fleet, org string) *engine {
	other := *n.now()
	other.token = f.tokenFor(org)
	return &other
}

func (f *fleet) tokenFor(org string) string {
	token, err := auth.Mint([]byte(f.secret), domain.Identity{User: "u-" + org, Name: "Asha", Role: domain.Admin}, org, time.Hour, time.Now())
	if err != nil {
		f.t.Error(err)
	}
	return token
}

// wantMembers waits until nodes see each other and nobody else.
func (f *fleet) wantMembers(nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		eventually(f.t, patience, n.name+" sees the others", func() bool { return n.present(f.t) == len(nodes) })
	}
}

// present is how many nodes a node sees; 0 when it does not answer.
func (n *node) present(t *testing.T) (present int) {
	t.Helper()
	for _, m := range n.cluster(t).Nodes {
		if !m.Left {
			present++
		}
	}
	return present
}

// clusterFigures are what performance-stats says of the cluster.
type clusterPart struct {
	Node  string
	Nodes []struct {
		Name          string
		Self, Left    bool
		Answers       bool
		Organisations int
	}
	Organisations, Fenced, Takeovers, Followers int
	MovesOut                                    int     `json:"moves_out"`
	RemoteRequests                              int     `json:"remote_requests"`
	RemoteP50                                   float64 `json:"remote_p50_ms"`
	Refollowed                                  int
}

func (n *node) cluster(t *testing.T) clusterPart {
	t.Helper()
	a := n.now().do("GET", "/api/admin/performance-stats", "")
	if !a.ok() {
		return clusterPart{}
	}
	return parse[struct{ Cluster clusterPart }](t, a.body).Cluster
}

// orgs names so many organisations; with a few, every node has some.
func orgs(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint("outlet-", i))
	}
	return names
}

// persist sends a keyed create until it is acknowledged, at one node after the
// other, and answers how often it had to be repeated.
func (f *fleet) persist(nodes []*node, org, key string) (a answer, repeats int) {
	for end := time.Now().Add(patience); ; repeats++ {
		n := nodes[repeats%len(nodes)]
		if a = n.of(f, org).create(key); a.ok() {
			return a, repeats
		}
		if a.failed == nil && a.status != 503 || time.Now().After(end) {
			f.t.Errorf("%s at %s: %v", key, n.name, a)
			return a, repeats
		}
		pause := 20 * time.Millisecond
		if a.status == 503 { // it said when to come again
			pause = time.Second
		}
		time.Sleep(pause)
	}
}

// thinkTime is what a client waits between two orders: enough for gaps to show,
// and few enough orders for a test's database.
const thinkTime = 400 * time.Millisecond

// A node is missed after lifeOfTest where nobody is to be missed: machines that
// run tests stand still at times. Where nodes die it is lifeUnderFaults.
const (
	lifeOfTest      = "30s"
	lifeUnderFaults = "3s"
)

// demand is clients of several organisations that place one order after the other.
type demand struct {
	fleet *fleet
	stop  chan struct{}
	once  sync.Once
	all   sync.WaitGroup

	mu    sync.Mutex
	acked map[string]map[string]string // organisation → key → order
	gap   map[string]time.Duration     // longest time until an order was acknowledged
	most  int                          // repeats of one order
}

// order lets one client for each organisation place orders at the nodes until
// the demand ends.
func (f *fleet) order(round string, organisations []string, nodes ...*node) *demand {
	d := &demand{fleet: f, stop: make(chan struct{}), acked: map[string]map[string]string{}, gap: map[string]time.Duration{}}
	f.t.Cleanup(d.end)
	for i, org := range organisations {
		mine := slices.Concat(nodes[i%len(nodes):], nodes[:i%len(nodes)])
		d.acked[org] = map[string]string{}
		d.all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-d.stop:
					return
				case <-time.After(f.think):
				}
				key := fmt.Sprint(round, "-", org, "-", n)
				f.quiet.RLock()
				wanted := time.Now()
				a, repeats := f.persist(mine, org, key)
				took := time.Since(wanted)
				f.quiet.RUnlock()
				if !a.ok() {
					return
				}
				d.note(org, key, parse[row](f.t, a.body).ID, repeats, took)
			}
		})
	}
	return d
}

func (d *demand) note(org, key, id string, repeats int, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acked[org][key] = id
	d.gap[org] = max(d.gap[org], took)
	d.most = max(d.most, repeats)
}

// each waits until every organisation has so many more orders.
func (d *demand) each(more int) {
	d.fleet.t.Helper()
	goal := map[string]int{}
	d.mu.Lock()
	for org := range d.acked {
		goal[org] = len(d.acked[org]) + more
	}
	d.mu.Unlock()
	eventually(d.fleet.t, patience, "every organisation gets its orders", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for org, n := range goal {
			if len(d.acked[org]) < n {
				return false
			}
		}
		return true
	})
}

// repeats is how often one order had to be repeated at most.
func (d *demand) repeats() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.most
}

// end lets the clients finish what they began.
func (d *demand) end() {
	d.once.Do(func() { close(d.stop) })
	d.all.Wait()
}

// longest is the longest time any organisation waited for an order.
func (d *demand) longest() (longest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, gap := range d.gap {
		longest = max(longest, gap)
	}
	return longest
}

// wantAll checks at a node that every acknowledged order is there, once, and
// nothing else but what rounds before acknowledged.
func (f *fleet) wantAll(n *node, demands ...*demand) {
	f.t.Helper()
	want := map[string]map[string]string{}
	for _, d := range demands {
		for org, keys := range d.acked {
			if want[org] == nil {
				want[org] = map[string]string{}
			}
			for key, id := range keys {
				want[org][key] = id
			}
		}
	}
	for org, keys := range want {
		byClient := n.of(f, org).wantNumbers(len(keys))
		for key, id := range keys {
			if byClient["pos-"+key].ID != id {
				f.t.Errorf("%s of %s is %q, acknowledged as %q", key, org, byClient["pos-"+key].ID, id)
			}
		}
	}
}

// audit holds the clients for as long as it takes to read the whole log: none
// may be written meanwhile. Every organisation has been served since the fault.
func (f *fleet) audit(serving ...*node) {
	f.t.Helper()
	f.quiet.Lock()
	defer f.quiet.Unlock()
	for _, n := range serving {
		n.now().drained()
	}
	f.wantSound()
}

// endAll ends the nodes well and audits what they left.
func (f *fleet) endAll() {
	f.t.Helper()
	for _, n := range f.nodes {
		n.now().signal(syscall.SIGTERM)
	}
	for _, n := range f.nodes {
		if code := n.now().exit(patience); code != 0 {
			f.t.Errorf("%s: exit code %d:\n%s", n.name, code, n.now().stderr)
		}
		if said := n.now().stderr.String(); strings.Contains(said, "panic") {
			f.t.Errorf("%s:\n%s", n.name, said)
		}
	}
	f.wantSound()
}
