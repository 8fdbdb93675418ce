package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The nodes of these tests live in network namespaces of their own, joined by a
// bridge, so that the kernel can cut any of them from any other.
const (
	bridge = "heardtest0"
	subnet = "10.99.37."
	hub    = subnet + "254" // where the servers are reached
)

func namespace(i int) string { return fmt.Sprint("heardtest", i+1) }
func hostOf(i int) string    { return fmt.Sprint(subnet, i+1) }
func cutFrom(i int) []string { return []string{"INPUT", "-s", hostOf(i), "-j", "DROP"} }
func cutAway(p string) []string {
	return []string{"OUTPUT", "-p", "tcp", "-d", hub, "--dport", p, "-j", "DROP"}
}

// command runs a program that must succeed.
func command(t *testing.T, line ...string) {
	t.Helper()
	if out, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", line, err, out)
	}
}

// network is a fleet in namespaces.
type network struct {
	*fleet
	redisPort, mongoPort string
}

// startNetwork needs root, ip and iptables.
func startNetwork(t *testing.T) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIP: network namespaces need root")
	}
	for _, tool := range []string{"ip", "iptables"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIP: %s is not installed (apt-get install iproute2 iptables)", tool)
		}
	}
	removeNetwork() // of a run that did not end well
	t.Cleanup(removeNetwork)
	for _, line := range [][]string{
		{"ip", "netns", "add", namespace(0)},
		{"ip", "netns", "exec", namespace(0), "iptables", "-S"},
		{"ip", "link", "add", bridge, "type", "bridge"},
	} {
		if out, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
			t.Skipf("SKIP: no network namespaces here: %v: %s", line, out)
		}
	}
	command(t, "ip", "addr", "add", hub+"/24", "dev", bridge)
	command(t, "ip", "link", "set", bridge, "up")
	for i := range fleetSize {
		ns, outside := namespace(i), fmt.Sprint("heardtest-v", i+1)
		if i > 0 {
			command(t, "ip", "netns", "add", ns)
		}
		command(t, "ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", ns)
		command(t, "ip", "link", "set", outside, "master", bridge, "up")
		command(t, "ip", "-n", ns, "addr", "add", hostOf(i)+"/24", "dev", "eth0")
		command(t, "ip", "-n", ns, "link", "set", "eth0", "up")
		command(t, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	n := &network{fleet: newFleet(t, lifeUnderFaults)}
	n.think = 1500 * time.Millisecond
	n.redisPort, n.mongoPort = n.forward(t, "--redis-url"), n.forward(t, "--mongo-uri")
	for i, node := range n.nodes {
		node.under, node.listen = []string{"ip", "netns", "exec", namespace(i)}, hostOf(i)+":8000"
		node.args = n.serve("--cluster", "--cluster-life", lifeUnderFaults, "--node-name", node.name, "--advertise", hostOf(i)+":8001")
	}
	n.withCertificates(t)
	n.startAll(t)
	return n
}

func removeNetwork() {
	for i := range fleetSize {
		_ = exec.Command("ip", "netns", "del", namespace(i)).Run()
	}
	_ = exec.Command("ip", "link", "del", bridge).Run()
}

// forward makes a server that listens on loopback reachable from the bridge, and
// changes the flag that names it. It answers the port.
func (n *network) forward(t *testing.T, flag string) string {
	t.Helper()
	l, err := net.Listen("tcp", hub+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var inner string
	for i := range n.flags {
		if n.flags[i] != flag {
			continue
		}
		before, rest, _ := strings.Cut(n.flags[i+1], "://")
		end := strings.Index(rest, "/")
		inner = rest[:end]
		n.outer = append(n.outer, flag, before+"://"+l.Addr().String()+rest[end:])
	}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", inner)
			if err != nil {
				from.Close()
				continue
			}
			go func() { _, _ = io.Copy(to, from); to.Close() }()
			go func() { _, _ = io.Copy(from, to); from.Close() }()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// serve names the servers as the namespaces reach them.
func (n *network) serve(args ...string) []string {
	line := append([]string{"--store", "redis-mongo", "--jwt-secret", n.secret, "--mongo-bulk", "10"}, n.outer...)
	return append(line, args...)
}

// cut adds rules to a node's firewall; heal takes them away.
func (n *network) cut(i int, rules ...[]string)  { n.firewall(i, "-A", rules) }
func (n *network) heal(i int, rules ...[]string) { n.firewall(i, "-D", rules) }

func (n *network) firewall(i int, what string, rules [][]string) {
	n.t.Helper()
	for _, rule := range rules {
		command(n.t, append([]string{"ip", "netns", "exec", namespace(i), "iptables", what}, rule...)...)
	}
}

// served asks every node for every organisation and answers, by node, how
// many were served; whatever is not served must be a 503 that says when to come
// again.
func (n *network) served(round string, organisations []string) (served [fleetSize]int) {
	n.t.Helper()
	answers := make([]answer, fleetSize*len(organisations))
	together(len(answers), func(k int) {
		i, org := k%fleetSize, organisations[k/fleetSize]
		answers[k] = n.nodes[i].of(n.fleet, org).do("GET", "/api/orders?limit=1&_="+round, "")
	})
	for k, a := range answers {
		switch {
		case a.ok():
			served[k%fleetSize]++
		case a.failed != nil || a.status != 503 || a.header.Get("Retry-After") == "":
			n.t.Errorf("%s: node %d: %v", round, k%fleetSize+1, a)
		}
	}
	return served
}

// TestPartitions: whoever reaches the journal serves, the others answer 503, and
// nothing that was acknowledged is lost, doubled or taken back.
func TestPartitions(t *testing.T) {
	t.Parallel()
	n := startNetwork(t)
	organisations := orgs(5)
	all := len(organisations)

	// One node is cut from everything: the others have its organisations.
	lonely := [][]string{cutAway(n.redisPort), cutAway(n.mongoPort), cutFrom(0), cutFrom(1)}
	h := n.watchOrder("history")
	d := n.order("full", organisations, n.nodes[0], n.nodes[1])
	d.each(1)
	n.cut(2, lonely...)
	n.wantMembers(n.nodes[:2]...)
	d.each(1)
	if s := n.served("full", organisations); s[0] != all || s[1] != all || s[2] != 0 {
		t.Errorf("full partition: served %v of %d", s, all)
	}
	t.Logf("full partition: longest wait for an order %v", d.longest().Round(time.Millisecond))
	n.heal(2, lonely...)
	if code := n.nodes[2].now().exit(patience); code != exitZombie {
		t.Errorf("the node that was cut off ended with %d", code)
	}
	n.start(t, n.nodes[2])
	n.wantMembers(n.nodes...)
	d.each(1)
	n.audit(n.nodes...)
	d.end()

	// Two nodes cannot hear each other; the third and the journal they can. Then
	// one direction alone, and one that comes and goes.
	e := n.order("oneway", organisations, n.nodes[1])
	n.cut(0, cutFrom(2))
	n.cut(2, cutFrom(0))
	e.each(1)
	if s := n.served("between", organisations); s[1] != all || s[0] == 0 || s[2] == 0 || s[0]+s[2] > 2*all-1 {
		t.Errorf("partition between two: served %v of %d", s, all)
	}
	n.heal(2, cutFrom(0))
	e.each(1)
	for range 4 {
		n.heal(0, cutFrom(2))
		time.Sleep(700 * time.Millisecond) // the fault itself takes time
		n.cut(0, cutFrom(2))
		time.Sleep(700 * time.Millisecond)
	}
	e.each(1)
	n.heal(0, cutFrom(2))
	eventually(t, patience, "all serve all again", func() bool {
		s := n.served("healed", organisations)
		return s[0]+s[1]+s[2] == fleetSize*all
	})
	e.each(1)
	n.audit(n.nodes...)
	e.end()
	h.wantLinearizable()
	n.wantAll(n.nodes[2], d, e)
	n.endAll()
}
