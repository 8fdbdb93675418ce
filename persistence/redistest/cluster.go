package redistest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

const (
	busOffset = 10_000 // from a node's port to the one it talks to other nodes on
	slots     = 16_384
)

// Cluster is a Redis Cluster of masters that share the slots evenly.
type Cluster struct {
	Nodes []*Server
}

// StartCluster starts a cluster of n masters and waits until every node says it works.
func StartCluster(t testing.TB, n int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{}
	for i := range n {
		s := Start(t, append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "5000"}, args...)...)
		s.Do(fmt.Sprint("CLUSTER ADDSLOTSRANGE ", i*slots/n, " ", (i+1)*slots/n-1))
		c.Nodes = append(c.Nodes, s)
	}
	for _, s := range c.Nodes[1:] {
		s.Do(fmt.Sprint("CLUSTER MEET 127.0.0.1 ", c.Nodes[0].port))
	}
	for _, s := range c.Nodes {
		s.Until("cluster forms", func(r *redis.Client) bool {
			info := r.ClusterInfo(context.Background()).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprint("cluster_known_nodes:", n))
		})
	}
	return c
}

// StartReplica adds a replica of a cluster's node.
func (c *Cluster) StartReplica(t testing.TB, of *Server, args ...string) *Server {
	t.Helper()
	s := Start(t, append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "5000"}, args...)...)
	s.Do(fmt.Sprint("CLUSTER MEET 127.0.0.1 ", of.port))
	id := of.Do("CLUSTER MYID").(string)
	s.Until("replica joins", func(r *redis.Client) bool {
		return r.ClusterReplicate(context.Background(), id).Err() == nil
	})
	s.UntilFollows()
	return s
}

// URL names the cluster for a client.
func (c *Cluster) URL() string {
	addresses := make([]string, len(c.Nodes))
	for i, s := range c.Nodes {
		addresses[i] = s.Addr()
	}
	return "redis://" + strings.Join(addresses, ",") + "/?cluster=true"
}

// Move gives the slot of a key, with all keys in it, to another master, as an
// operator does while clients go on.
func (c *Cluster) Move(t testing.TB, key string) {
	t.Helper()
	slot := c.Nodes[0].Do("CLUSTER KEYSLOT " + key).(int64)
	from := slices.IndexFunc(c.Nodes, func(s *Server) bool {
		return s.Client().Exists(context.Background(), key).Val() == 1
	})
	if from < 0 {
		t.Fatalf("no node has key %s", key)
	}
	source, target := c.Nodes[from], c.Nodes[(from+1)%len(c.Nodes)]
	sourceID, targetID := source.Do("CLUSTER MYID"), target.Do("CLUSTER MYID")
	target.Do(fmt.Sprint("CLUSTER SETSLOT ", slot, " IMPORTING ", sourceID))
	source.Do(fmt.Sprint("CLUSTER SETSLOT ", slot, " MIGRATING ", targetID))
	for {
		keys := source.Do(fmt.Sprint("CLUSTER GETKEYSINSLOT ", slot, " 10")).([]any)
		if len(keys) == 0 {
			break
		}
		migrate := append([]any{"MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS"}, keys...)
		if err := source.Client().Do(context.Background(), migrate...).Err(); err != nil {
			t.Fatalf("migrate %v: %v", keys, err)
		}
	}
	for _, s := range []*Server{target, source} {
		s.Do(fmt.Sprint("CLUSTER SETSLOT ", slot, " NODE ", targetID))
	}
}
