package main

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestAnyNodeAnswersForEveryOrganisation: orders placed at one are read, listed,
// moved and repeated at the others, and the screens of all see all.
func TestAnyNodeAnswersForEveryOrganisation(t *testing.T) {
	t.Parallel()
	f := startFleet(t, lifeOfTest)
	organisations := orgs(6)
	var sockets []*socket
	for i, org := range organisations {
		at := f.nodes[i%fleetSize].of(f, org)
		s := at.socket("/ws?token="+at.token, nil)
		s.want("snapshot_end", "")
		sockets = append(sockets, s)
	}
	for i, org := range organisations {
		created := f.nodes[(i+1)%fleetSize].of(f, org).create("k")
		if !created.ok() {
			t.Fatal(created)
		}
		id := parse[row](t, created.body).ID
		for _, n := range f.nodes {
			at := n.of(f, org)
			if a := at.do("GET", "/api/orders/"+id, ""); string(a.body) != string(created.body) {
				t.Errorf("%s reads %v", n.name, a)
			}
			if a := at.create("k"); string(a.body) != string(created.body) || a.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s answers the repeat with %v", n.name, a)
			}
			at.wantNumbers(1)
			for call, status := range map[string]int{"/api/orders/nope": 404, "/api/events": 200, "/api/menu": 200, "/api/settings": 200, "/api/orders?limit=1000": 422} {
				if a := at.do("GET", call, ""); a.status != status {
					t.Errorf("%s at %s: %v", call, n.name, a)
				}
			}
		}
		if a := f.nodes[i%fleetSize].of(f, org).move(id, "preparing", "m"); !a.ok() {
			t.Error(a)
		}
		sockets[i].want("order_update", `"seq":1`)
		sockets[i].want("order_update", `"seq":2`)
		if a := f.nodes[(i+2)%fleetSize].of(f, org).move(id, "pending", "back"); !a.ok() {
			t.Error(a)
		}
		sockets[i].want("order_update", `"seq":3`)
	}
	for _, row := range f.nodes[0].cluster(t).Nodes { // one knows of all
		if !row.Answers || row.Organisations == 0 {
			t.Errorf("%+v", row)
		}
	}
	had, asked := 0, 0
	for _, n := range f.nodes {
		c := n.cluster(t)
		if c.Organisations == 0 || c.Fenced != 0 || c.Takeovers != 0 || c.Node != n.name {
			t.Errorf("%s: %+v", n.name, c)
		}
		had, asked = had+c.Organisations, asked+c.RemoteRequests
	}
	if had < len(organisations) || asked < 10*len(organisations) {
		t.Errorf("%d organisations, %d requests between nodes", had, asked)
	}
	f.wantAddressRefused(f.nodes[0].args[len(f.nodes[0].args)-1])
	f.endAll()
}

// wantAddressRefused: a node at the address of another could not be reached. It
// is told in a line, and the others notice nothing.
func (f *fleet) wantAddressRefused(taken string) {
	f.t.Helper()
	for says, more := range map[string][]string{
		"address already in use": nil,
		"another node answers":   {"--cluster-listen", spareAddress(f.t)},
	} {
		args := append(f.serve("--listen", "127.0.0.1:0", "--data", f.data, "--cluster", "--node-name", "n9", "--advertise", taken, "--log-level", "error"), more...)
		if r := runHeard(f.t, append([]string{"serve"}, args...)...); r.code != 2 || !strings.Contains(r.stderr, says) || len(lines(r.stderr)) != 1 {
			f.t.Errorf("want %s\ngot %d %s%s", says, r.code, r.stdout, r.stderr)
		}
	}
	f.wantMembers(f.nodes...)
}

// TestNodesThatGo stop, die and stand still, one after the other, and come back.
// Whatever they acknowledged is there once.
func TestNodesThatGo(t *testing.T) {
	t.Parallel()
	f := startFleet(t, lifeUnderFaults)
	goes, stay := f.nodes[2], f.nodes[:2]
	h := f.watchOrder("history")
	var all []*demand
	for _, way := range []struct {
		name  string
		leave func(d *demand)
	}{{"stopped", f.stops}, {"killed", f.dies}, {"stood still", f.standsStill}} {
		d := f.order(way.name[:4], orgs(4), stay...)
		d.each(1)
		way.leave(d)
		d.each(1)
		f.audit(stay...)
		d.end()
		t.Logf("%s: longest wait for an order %v, most repeats %d", way.name, d.longest().Round(time.Millisecond), d.most)
		all = append(all, d)
		f.start(t, goes)
		f.wantMembers(f.nodes...)
	}
	h.wantLinearizable()
	f.wantAll(goes, all...)
	f.endAll()
}

// stops: nobody waits for the node to be missed, and nobody repeats more than once.
func (f *fleet) stops(d *demand) {
	f.nodes[2].now().term()
	d.each(1)
	for _, n := range f.nodes[:2] {
		if c := n.cluster(f.t); c.Takeovers != 0 {
			f.t.Errorf("%s took %d over that were given up", n.name, c.Takeovers)
		}
	}
	if d.repeats() > 1 {
		f.t.Errorf("an order was repeated %d times", d.repeats())
	}
}

func (f *fleet) dies(*demand) {
	f.nodes[2].now().kill9()
	f.wantMembers(f.nodes[:2]...)
}

// standsStill for ten seconds: the node has lost its organisations meanwhile. It
// changes nothing, tells its sockets and ends.
func (f *fleet) standsStill(d *demand) {
	zombie := f.nodes[2]
	var sockets []*socket
	organisations := orgs(4)
	for _, org := range organisations {
		at := zombie.of(f, org)
		s := at.socket("/ws?token="+at.token, nil)
		s.want("snapshot_end", "")
		sockets = append(sockets, s)
	}
	zombie.now().signal(syscall.SIGSTOP)
	d.each(1)
	asked := make([]answer, len(organisations))
	var waiting sync.WaitGroup
	for i, org := range organisations { // wait in its socket until it goes on
		at := zombie.of(f, org)
		waiting.Go(func() { asked[i] = at.create(fmt.Sprint("zombie-", i)) })
	}
	time.Sleep(10 * time.Second) // the claim is about ten seconds
	zombie.now().signal(syscall.SIGCONT)
	if code := zombie.now().exit(patience); code != exitZombie {
		f.t.Errorf("the zombie ended with %d:\n%s", code, zombie.now().stderr)
	}
	for _, s := range sockets {
		if end := s.ended(); end.Code != 1012 {
			f.t.Errorf("a socket of the zombie ended with %v", end)
		}
	}
	waiting.Wait()
	for i, a := range asked {
		switch {
		case a.ok(): // it asked the new owner
			d.note(organisations[i], fmt.Sprint("zombie-", i), parse[row](f.t, a.body).ID, 0, 0)
		case a.failed == nil && a.status != 503:
			f.t.Errorf("the zombie answered %v", a)
		default: // in doubt: done or not, it is done once now
			again, repeats := f.persist(f.nodes[:2], organisations[i], fmt.Sprint("zombie-", i))
			d.note(organisations[i], fmt.Sprint("zombie-", i), parse[row](f.t, again.body).ID, repeats, 0)
		}
	}
}
