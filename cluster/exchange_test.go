package cluster

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"

	"heard/domain"
)

func bareSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
}

// TestWaitsEndWithThePeer, and only those for that peer; what nobody got is told
// from what was lost.
func TestWaitsEndWithThePeer(t *testing.T) {
	system := bareSystem()
	x := newExchange(system)
	silent := system.Root.Spawn(actor.PropsFromFunc(func(actor.Context) {}))
	echo := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if w, ok := c.Message().(*Wire); ok {
			c.Send(c.Sender(), w)
		}
	}))
	if _, err := x.ask(t.Context(), system.NewLocalPID("nobody"), &Wire{}); !errors.Is(err, errUndelivered) {
		t.Errorf("to nobody: %v", err)
	}
	lost := make(chan error, 1)
	go func() {
		_, err := x.ask(context.Background(), silent, &Wire{})
		lost <- err
	}()
	for x.waitingFor() == 0 {
		time.Sleep(time.Millisecond)
	}
	system.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: "another:1"})
	if answer, err := x.ask(t.Context(), echo, &Wire{Kind: "a"}); err != nil || answer.Kind != "a" {
		t.Errorf("%v %v", answer, err)
	}
	if x.waitingFor() != 1 {
		t.Error("the loss of one node ended the wait for another")
	}
	system.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: system.Address()})
	if err := <-lost; !errors.Is(err, errLost) {
		t.Errorf("after the peer went: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.ask(ctx, silent, &Wire{}); !errors.Is(err, errLost) {
		t.Errorf("after patience ended: %v", err)
	}
	x.mu.Lock()
	x.peers[silent.Address] = maxPeerWaiting
	x.mu.Unlock()
	if _, err := x.ask(t.Context(), silent, &Wire{}); !errors.Is(err, errPeerBusy) {
		t.Errorf("with too much waiting: %v", err)
	}
}

// broken is an engine that panics.
type broken struct{ Local }

func (broken) Execute(context.Context, *domain.Request) (domain.Reply, error) { panic("bug") }

// TestWhatAnotherNodeSendsEndsNothing: unknown kinds, nonsense and bugs become
// error values.
func TestWhatAnotherNodeSendsEndsNothing(t *testing.T) {
	n := &Node{log: slog.New(slog.DiscardHandler), local: broken{}}
	n.watchers = &watchers{node: n, byID: map[watcherKey]*watcher{}}
	from := actor.NewPID("another:1", exchangeName)
	for what, c := range map[string]struct {
		w    *Wire
		code domain.Code
	}{
		"a kind of tomorrow":    {&Wire{Kind: "tomorrow"}, domain.NotLeader},
		"a command of tomorrow": {wire(askCommand, requestHead{Kind: "order.levitate"}, []byte(`{}`)), domain.NotLeader},
		"a read of tomorrow":    {wire(askQuery, queryHead{Kind: "order.levitate"}, []byte(`{}`)), domain.NotLeader},
		"nonsense":              {&Wire{Kind: askCommand, Head: []byte("{")}, domain.Internal},
		"nothing":               {&Wire{}, domain.NotLeader},
		"what panics":           {wire(askCommand, requestHead{Kind: "order.cancel"}, []byte(`{}`)), domain.OutcomeUnknown},
	} {
		err := expect(n.answer(c.w, from), saysReply, nil)
		if !errors.Is(err, &domain.Error{Code: c.code}) {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	answer := n.answer(wire(askPositions, positionsHead{Follows: []uint64{7}}, nil), from)
	var h positionsHead
	if err := expect(answer, saysPositions, &h); err != nil || len(h.Seqs) != 1 || h.Seqs[0] != -1 {
		t.Errorf("%v %v", h, err)
	}
}

// TestCertificatesOfStrangersAreRefused at the start, and each with a clear word.
func TestCertificatesOfStrangersAreRefused(t *testing.T) {
	ours, theirs := t.TempDir(), t.TempDir()
	for _, folder := range []string{ours, theirs} {
		a, made, err := OpenAuthority(folder)
		if err != nil || !made {
			t.Fatal(err)
		}
		if err := a.Issue(folder, "n1", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	in := func(folder, name string) string { return filepath.Join(folder, name) }
	if _, err := LoadCertificates(in(ours, AuthorityCert), in(ours, "n1.pem"), in(ours, "n1-key.pem")); err != nil {
		t.Error(err)
	}
	again, made, err := OpenAuthority(ours)
	if err != nil || made {
		t.Fatalf("made %v, %v", made, err)
	}
	if err := again.Issue(ours, "old", -2*time.Hour); err != nil {
		t.Fatal(err)
	}
	for says, files := range map[string][3]string{
		"unknown authority":   {in(ours, AuthorityCert), in(theirs, "n1.pem"), in(theirs, "n1-key.pem")},
		"expired":             {in(ours, AuthorityCert), in(ours, "old.pem"), in(ours, "old-key.pem")},
		"private key":         {in(ours, AuthorityCert), in(ours, "n1.pem"), in(theirs, "n1-key.pem")},
		"no certificate in":   {in(ours, AuthorityKey), in(ours, "n1.pem"), in(ours, "n1-key.pem")},
		"no such file":        {in(ours, "none.pem"), in(ours, "n1.pem"), in(ours, "n1-key.pem")},
		"node.heard.internal": {in(ours, AuthorityCert), in(ours, AuthorityCert), in(ours, AuthorityKey)},
	} {
		if _, err := LoadCertificates(files[0], files[1], files[2]); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}
