package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// screen watches an organisation, at one node after the other: it comes back
// with its position, as clients do.
type screen struct {
	f     *fleet
	org   string
	nodes []*node
	stop  chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	epoch  string
	last   uint64 // sequence of the newest event it was shown
	visits int    // nodes it was at
}

func (f *fleet) screen(org string, nodes ...*node) *screen {
	s := &screen{f: f, org: org, nodes: nodes, stop: make(chan struct{})}
	s.ended.Go(func() {
		for at := 0; ; at++ {
			select {
			case <-s.stop:
				return
			default:
				s.visit(s.nodes[at%len(s.nodes)])
			}
		}
	})
	return s
}

// visit watches at a node until the connection ends.
func (s *screen) visit(n *node) {
	at := n.of(s.f, s.org)
	address := "ws://" + at.address + "/ws?token=" + at.token
	s.mu.Lock()
	if s.epoch != "" {
		address += fmt.Sprintf("&epoch=%s&seq=%d", s.epoch, s.last)
	}
	s.mu.Unlock()
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		time.Sleep(50 * time.Millisecond)
		return
	}
	defer conn.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-s.stop:
			conn.Close()
		case <-done:
		}
	}()
	s.mu.Lock()
	s.visits++
	s.mu.Unlock()
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		s.take(text)
	}
}

func (s *screen) take(text []byte) {
	var frame struct {
		Type, Epoch string
		Seq         uint64
	}
	if err := json.Unmarshal(text, &frame); err != nil {
		s.f.t.Error(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case frame.Type == "connection_established" && s.epoch == "":
		s.epoch = frame.Epoch
	case frame.Type == "resync_required":
		s.f.t.Errorf("the screen of %s was told to start again at %d: %s", s.org, s.last, text)
	case frame.Type == "order_update" && strings.Contains(string(text), `"event"`):
		if frame.Seq != s.last+1 || frame.Epoch != s.epoch {
			s.f.t.Errorf("the screen of %s was shown %d of %s after %d of %s", s.org, frame.Seq, frame.Epoch, s.last, s.epoch)
		}
		s.last = frame.Seq
	}
}

// wantAll waits until the screen was shown everything up to a sequence.
func (s *screen) wantAll(last uint64) {
	s.f.t.Helper()
	eventually(s.f.t, patience, "the screen of "+s.org+" is shown everything", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.last >= last
	})
	close(s.stop)
	s.ended.Wait()
}

// withCertificates makes certificates with the command and names them to nodes.
func (f *fleet) withCertificates(t *testing.T) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "certs")
	if r := runHeard(t, "cluster", "certs", "--out", folder, "n1", "n2", "n3"); r.code != 0 || len(lines(r.stdout)) != 8 {
		t.Fatalf("%+v", r)
	}
	for _, n := range f.nodes {
		n.args = append(n.args, "--cluster-ca", filepath.Join(folder, "ca.pem"),
			"--cluster-cert", filepath.Join(folder, n.name+".pem"), "--cluster-key", filepath.Join(folder, n.name+"-key.pem"))
	}
}

// TestRollingRestartUnderLoad: every node stops and starts again while orders
// are placed, with certificates between nodes. No order is lost or there twice,
// nobody has to repeat more than three times, and screens miss nothing.
func TestRollingRestartUnderLoad(t *testing.T) {
	t.Parallel()
	f := newFleet(t, lifeOfTest)
	f.withCertificates(t)
	f.startAll(t)
	organisations := orgs(4)
	d := f.order("r", organisations, f.nodes...)
	var screens []*screen
	for i, org := range organisations {
		screens = append(screens, f.screen(org, f.nodes[i%fleetSize], f.nodes[(i+1)%fleetSize], f.nodes[(i+2)%fleetSize]))
	}
	for _, n := range f.nodes {
		d.each(1)
		n.now().term()
		f.start(t, n)
		f.wantMembers(f.nodes...)
	}
	d.each(1)
	d.end()
	t.Logf("rolling restart: longest wait for an order %v, most repeats %d", d.longest().Round(time.Millisecond), d.most)
	if d.most > 3 {
		t.Errorf("an order was repeated %d times", d.most)
	}
	visits := 0
	for i, org := range organisations {
		screens[i].wantAll(uint64(len(d.acked[org])))
		visits += screens[i].visits
	}
	if visits < 2*len(organisations) {
		t.Errorf("%d screens were at %d nodes: none was sent away by a restart", len(organisations), visits)
	}
	f.wantAll(f.nodes[0], d)
	f.endAll()
}

// TestStrangersAreNotServed: a node without a certificate of the authority gets
// no answer from the others, and they none from it.
func TestStrangersAreNotServed(t *testing.T) {
	t.Parallel()
	f := newFleet(t, lifeOfTest)
	f.withCertificates(t)
	strange := f.nodes[2]
	strange.args = strange.args[:len(strange.args)-6] // plain
	f.start(t, f.nodes[0])
	f.start(t, f.nodes[1:]...)
	for _, n := range f.nodes { // the registry is not what keeps strangers out
		if _, known := n.now().stderr.find(`"nodes":["n1","n2","n3"]`, patience, n.now().ended); !known {
			t.Errorf("%s does not know of all", n.name)
		}
	}
	organisations := orgs(4)
	answers := make([]answer, len(organisations)*fleetSize)
	together(len(answers), func(i int) {
		answers[i] = f.nodes[i%fleetSize].of(f, organisations[i/fleetSize]).create("k")
	})
	refused := 0
	for i, org := range organisations {
		placed := 0
		for _, a := range answers[i*fleetSize : (i+1)*fleetSize] {
			switch {
			case a.ok():
				placed++
			case a.status == 503 && a.header.Get("Retry-After") != "":
				refused++
			default:
				t.Errorf("%s: %v", org, a)
			}
		}
		if placed == fleetSize {
			t.Errorf("%s was served across the stranger", org)
		}
	}
	if refused == 0 {
		t.Error("nobody was refused")
	}
	if _, told := f.nodes[0].now().stderr.find("certificates do not fit", patience, f.nodes[0].now().ended); !told {
		t.Error("the log does not say why")
	}
	for _, n := range f.nodes {
		n.now().kill9()
	}
}

// TestClusterFlagsThatCannotBe are one line and start nothing.
func TestClusterFlagsThatCannotBe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if r := runHeard(t, "cluster", "certs", "--out", folder, "n1"); r.code != 0 {
		t.Fatal(r)
	}
	if r := runHeard(t, "cluster", "certs", "--out", folder, "../x"); r.code != 2 || !strings.Contains(r.stderr, "../x") {
		t.Error(r)
	}
	production := []string{"--store", "redis-mongo", "--jwt-secret", strings.Repeat("s", 32), "--cluster"}
	pem := func(name string) string { return filepath.Join(folder, name+".pem") }
	for says, args := range map[string][]string{
		"--store redis-mongo":           {"--cluster", "--jwt-secret", strings.Repeat("s", 32)},
		"--jwt-secret: must be given":   {"--cluster", "--store", "redis-mongo"},
		"--advertise \"x\"":             append(production, "--advertise", "x"),
		"beyond loopback nodes need":    append(production, "--advertise", "10.0.0.1:8001"),
		"--cluster-listen 0.0.0.0:8001": append(production, "--cluster-listen", "0.0.0.0:8001"),
		"other nodes cannot reach that": append(production, "--advertise", "0.0.0.0:8001"),
		"belong together":               append(production, "--cluster-ca", pem("ca")),
		"--cluster-life 1ms":            append(production, "--cluster-life", "1ms"),
		"--node-name":                   append(production, "--node-name", strings.Repeat("n", 254)),
		"--node-name is of a node":      append(production[:4:4], "--node-name", "n1"),
		"--cluster-ca is of a node":     append(production[:4:4], "--cluster-ca", pem("ca")),
		"--mongo-uri: ":                 append(production, "--mongo-uri", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"),
	} {
		r := runHeard(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", folder}, args...)...)
		if r.code != 2 || !strings.Contains(r.stderr, says) || len(lines(r.stderr)) != 1 || r.stdout != "" {
			t.Errorf("%v\nwant %s\ngot %d %s%s", args, says, r.code, r.stdout, r.stderr)
		}
	}
}
