package cache

// Tier is one tier's share of the requests.
type Tier struct {
	Hits, Misses int64
	AverageMS    float64 // of a look-up in this tier that was timed; 0 = none was
}

// Stats is a moment's picture. L1.Hits + L2.Hits + L3.Hits + Joined is Requests,
// save for what is under way or was loaded again.
type Stats struct {
	Requests  int64
	L1, L2    Tier
	L3        Tier  // Hits are loads; a Store has no misses
	Joined    int64 // waited for another caller's load
	AverageMS float64

	L1Size, L1Capacity  int   // entries
	L1Bytes             int64 // weight: at least an entry's share of the capacity each
	L1CapacityBytes     int64
	L2Used, L2Up        bool  // is there an L2; does it answer
	L2Errors, L2Skipped int64 // calls that failed; look-ups that did not ask it
	L2Refused           int64 // fills that came too late
	Subscriptions       int64 // to other nodes' news; each begins with an empty L1
}

// Stats reads the counters. Times of L1 are of one hit in 64.
func (c *Cache) Stats() Stats {
	m := c.memory
	s := Stats{
		Requests: m.requests.Load(), Joined: c.joined.Load(), Subscriptions: c.subscribed.Load(),
		L1:     Tier{Hits: m.hits.Load(), Misses: m.misses.Load(), AverageMS: averageMS(m.timedNS.Load(), m.timed.Load())},
		L3:     Tier{Hits: c.loads.Load(), AverageMS: averageMS(c.loadNS.Load(), c.loads.Load())},
		L1Size: m.entries.EstimatedSize(), L1Capacity: m.most,
		L1Bytes: int64(m.entries.WeightedSize()), L1CapacityBytes: int64(m.entries.GetMaximum()),
	}
	if l2 := c.shared; l2 != nil {
		s.L2 = Tier{Hits: l2.hits.Load(), Misses: l2.misses.Load()}
		s.L2.AverageMS = averageMS(l2.askedNS.Load(), l2.asked.Load())
		s.L2Used, s.L2Up = true, !l2.outage.down.Load()
		s.L2Errors, s.L2Skipped, s.L2Refused = l2.errors.Load(), l2.skipped.Load(), l2.refused.Load()
	}
	missMS := float64(c.missNS.Load()) / 1e6
	if s.Requests > 0 {
		s.AverageMS = (missMS + s.L1.AverageMS*float64(s.L1.Hits)) / float64(s.Requests)
	}
	return s
}

func averageMS(ns, count int64) float64 {
	if count == 0 {
		return 0
	}
	return float64(ns) / float64(count) / 1e6
}
