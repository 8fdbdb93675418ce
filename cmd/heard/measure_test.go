package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRemoteBesideLocal prints what docs/SCALE.md says of one command at the
// node that has the organisation and at another: latency, and processor time of
// both nodes. HEARD_MEASURE, a number of clients, runs it; nothing is claimed about
// a machine's speed.
func TestRemoteBesideLocal(t *testing.T) {
	clients := int(fromEnvironment(t, "HEARD_MEASURE", 0))
	if clients == 0 {
		t.Skip("SKIP: a measurement; HEARD_MEASURE=1 runs it with one client")
	}
	f := startFleet(t, lifeOfTest)
	org := "measured"
	owner := f.ownerOf(org)
	entry := f.nodes[(slices.Index(f.nodes, owner)+1)%fleetSize]
	const rounds, batch = 12, 40 // batches that the clients share
	var mu sync.Mutex
	took := map[*node][]time.Duration{}
	spent := map[string]time.Duration{}
	for round := range rounds {
		order := []*node{owner, entry}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, n := range order {
			ownerBefore, entryBefore := owner.cpu(t), entry.cpu(t)
			at := n.of(f, org)
			together(clients, func(client int) {
				for i := range batch / clients {
					began := time.Now()
					if a := at.create(fmt.Sprint(n.name, "-", round, "-", client, "-", i)); !a.ok() {
						t.Error(a)
					}
					mu.Lock()
					took[n] = append(took[n], time.Since(began))
					mu.Unlock()
				}
			})
			way := map[bool]string{true: "local", false: "remote"}[n == owner]
			spent[way+" on the owner"] += owner.cpu(t) - ownerBefore
			spent[way+" on the entry node"] += entry.cpu(t) - entryBefore
		}
	}
	for _, n := range []*node{owner, entry} {
		slices.Sort(took[n])
		t.Logf("%s: p50 %v, p90 %v of %d creates by %d clients", n.name, took[n][len(took[n])/2], took[n][len(took[n])*9/10], len(took[n]), clients)
	}
	t.Logf("remote/local p50: %.2f", float64(took[entry][len(took[entry])/2])/float64(took[owner][len(took[owner])/2]))
	for what, d := range spent {
		t.Logf("processor time of a %s: %v", what, (d / time.Duration(len(took[owner]))).Round(time.Microsecond))
	}
}

// ownerOf finds the node that asks nobody for an organisation.
func (f *fleet) ownerOf(org string) *node {
	f.t.Helper()
	for _, n := range f.nodes {
		before := n.cluster(f.t).RemoteRequests
		asked := n.cluster(f.t).RemoteRequests - before // by the question itself
		n.of(f, org).do("GET", "/api/settings", "")
		if after := n.cluster(f.t).RemoteRequests; after-before-asked == asked {
			return n
		}
	}
	f.t.Fatalf("nobody has %s", org)
	return nil
}

// cpu is the processor time a node has used.
func (n *node) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.now().cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
