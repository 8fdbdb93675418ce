package cluster

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"heard/domain"
)

// stats are a node's counters. They only grow.
type stats struct {
	taken, sent, failed, retries, views, refollows atomic.Int64
	sentNS                                         atomic.Int64

	mu        sync.Mutex
	histogram [2]*hdrhistogram.Histogram // µs; this minute and the one before
	turned    time.Time
}

// Stats is a moment's picture of a node.
type Stats struct {
	Node      string
	Address   string
	Members   []Member
	Taken     int64 // requests of other nodes
	Sent      int64 // requests to other nodes
	Failed    int64 // of them, without an answer
	Retries   int64
	Waiting   int64 // for other nodes
	SentNS    int64
	P50MS     float64 // of requests to other nodes, the last one to two minutes
	P99MS     float64
	Views     int64 // changes of the members
	Follows   int64 // organisations followed here
	Remote    int64 // of them, on other nodes
	Watchers  int64 // followers on other nodes
	Refollows int64 // organisations followed again because they moved
}

// Member is another node as this one sees it.
type Member struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Self    bool   `json:"self,omitempty"`
	Left    bool   `json:"left,omitempty"` // said goodbye
}

// Present counts the members that did not say goodbye.
func (s *Stats) Present() (n int) {
	for _, m := range s.Members {
		if !m.Left {
			n++
		}
	}
	return n
}

const histogramWindow = time.Minute

func (s *stats) asked(took time.Duration, err error) {
	s.sent.Add(1)
	var refusal *domain.Error
	if err != nil && !errors.As(err, &refusal) {
		s.failed.Add(1)
		return
	}
	s.sentNS.Add(took.Nanoseconds())
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.histogram[0] == nil || now.Sub(s.turned) > histogramWindow {
		s.histogram[1], s.turned = s.histogram[0], now
		s.histogram[0] = hdrhistogram.New(1, 60_000_000, 2)
	}
	_ = s.histogram[0].RecordValue(took.Microseconds()) // beyond a minute nobody waited
}

func (s *stats) latency() (p50, p99 float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := hdrhistogram.New(1, 60_000_000, 2)
	for _, h := range s.histogram {
		if h != nil {
			all.Merge(h)
		}
	}
	return float64(all.ValueAtQuantile(50)) / 1000, float64(all.ValueAtQuantile(99)) / 1000
}

// Stats reads the counters.
func (n *Node) Stats() Stats {
	s := Stats{
		Node: n.name, Address: n.Address(), Taken: n.stats.taken.Load(), Sent: n.stats.sent.Load(), Failed: n.stats.failed.Load(),
		Retries: n.stats.retries.Load(), Waiting: int64(n.exchange.waitingFor()), SentNS: n.stats.sentNS.Load(), Views: n.stats.views.Load(),
		Watchers: int64(n.watchers.count()), Refollows: n.stats.refollows.Load(),
	}
	s.P50MS, s.P99MS = n.stats.latency()
	s.Follows, s.Remote = n.follows.count()
	for _, m := range n.where.Load().members {
		s.Members = append(s.Members, Member{m.Name, m.address(), n.isSelf(&m), m.Left})
	}
	return s
}
