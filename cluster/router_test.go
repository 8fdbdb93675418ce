package cluster

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"heard/domain"
)

func quietOptions(advertise string) Options {
	return Options{Name: "n1", Advertise: advertise, Registry: "test", Log: slog.New(slog.DiscardHandler)}
}

// TestRequestThatNobodyGotIsCounted: the figure is what tells of a node that
// cannot be reached.
func TestRequestThatNobodyGotIsCounted(t *testing.T) {
	n, err := New(quietOptions("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	n.cluster.IdentityLookup, n.lookup.cluster = n.lookup, n.cluster
	n.where.Store(&placements{now: newPlacement([]member{{ID: "2", Name: "n2", Host: "127.0.0.1", Port: 1}})})
	ctx, end := context.WithCancel(t.Context())
	end()
	if _, err := n.Read(ctx, &domain.Query{Org: "o"}); err == nil {
		t.Error("answered by nobody")
	}
	if s := n.Stats(); s.Failed != 1 || s.Sent != 1 {
		t.Errorf("%+v", s)
	}
}

// TestLastWordArrives: the other node's patience ends before that for its answer.
func TestLastWordArrives(t *testing.T) {
	ctx, end := context.WithTimeout(t.Context(), time.Hour)
	defer end()
	if ms := patienceMS(ctx); ms < (50*time.Minute).Milliseconds() || ms > (55*time.Minute).Milliseconds() {
		t.Error(ms)
	}
}
