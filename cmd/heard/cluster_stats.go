package main

import (
	"context"

	"heard/actors"
	"heard/cluster"
)

// clusterStats are the figures of performance-stats.cluster.
func clusterStats(node *cluster.Node, s *actors.Stats) object {
	if node == nil {
		return object{}
	}
	n := node.Stats()
	return object{
		"node": n.Node, "address": n.Address, "nodes": nodesOf(node, n.Members), "organisations": s.Organisations,
		"moves_out": s.Released, "takeovers": s.Silences, "fenced": s.Fenced, "fence_checks": s.Checks, "membership_changes": n.Views,
		"remote_requests": n.Sent, "remote_failed": n.Failed, "remote_waiting": n.Waiting, "remote_served": n.Taken, "retries": n.Retries,
		"remote_p50_ms": n.P50MS, "remote_p99_ms": n.P99MS, "remote_avg_ms": perMS(n.SentNS, n.Sent-n.Failed),
		"followed": n.Follows, "followed_elsewhere": n.Remote, "followers": n.Watchers, "refollowed": n.Refollows,
	}
}

// nodeRow is a node as a dashboard shows it.
type nodeRow struct {
	cluster.Member
	*cluster.Summary      // nil when it did not answer
	Answers          bool `json:"answers"`
}

// nodesOf are all nodes with what they say of themselves.
func nodesOf(node *cluster.Node, members []cluster.Member) []nodeRow {
	said := node.Survey(context.Background())
	rows := make([]nodeRow, len(members))
	for i, m := range members {
		rows[i].Member = m
		if s, ok := said[m.Name]; ok && !m.Left {
			rows[i].Summary, rows[i].Answers = &s, true
		}
	}
	return rows
}

func summaryOf(engine *actors.Engine) cluster.Summary {
	s := engine.Stats()
	return cluster.Summary{Organisations: s.Organisations, MovesOut: s.Released, Takeovers: s.Silences, Fenced: s.Fenced}
}

// clusterFigures are those of Prometheus.
func clusterFigures(node *cluster.Node) []figure {
	if node == nil {
		return nil
	}
	of := func(read func(*cluster.Stats) float64) func(*actors.Stats) float64 {
		return func(*actors.Stats) float64 { s := node.Stats(); return read(&s) }
	}
	return []figure{
		gauge("cluster_nodes", "Nodes this one sees, itself too.", of(func(s *cluster.Stats) float64 { return float64(s.Present()) })),
		counter("cluster_membership_changes_total", "Changes of the nodes this one saw.", of(func(s *cluster.Stats) float64 { return float64(s.Views) })),
		counter("cluster_moves_out_total", "Organisations given up to other nodes.", func(s *actors.Stats) float64 { return float64(s.Released) }),
		counter("cluster_takeovers_total", "Organisations taken over from a node that did not give them up.", func(s *actors.Stats) float64 { return float64(s.Silences) }),
		counter("cluster_fence_checks_total", "Batched looks at the fences.", func(s *actors.Stats) float64 { return float64(s.Checks) }),
		counter("cluster_remote_requests_total", "Requests sent to other nodes.", of(func(s *cluster.Stats) float64 { return float64(s.Sent) })),
		counter("cluster_remote_failed_total", "Of them, without an answer.", of(func(s *cluster.Stats) float64 { return float64(s.Failed) })),
		counter("cluster_remote_seconds_total", "Time that answered ones took.", of(func(s *cluster.Stats) float64 { return float64(s.SentNS) / 1e9 })),
		gauge("cluster_remote_waiting", "Requests that wait for other nodes.", of(func(s *cluster.Stats) float64 { return float64(s.Waiting) })),
		counter("cluster_remote_served_total", "Requests of other nodes.", of(func(s *cluster.Stats) float64 { return float64(s.Taken) })),
		counter("cluster_retries_total", "Tries beyond the first, while organisations moved.", of(func(s *cluster.Stats) float64 { return float64(s.Retries) })),
		gauge("cluster_followed_elsewhere", "Organisations of other nodes that sockets here watch.", of(func(s *cluster.Stats) float64 { return float64(s.Remote) })),
		gauge("cluster_followers", "Followers on other nodes.", of(func(s *cluster.Stats) float64 { return float64(s.Watchers) })),
	}
}
