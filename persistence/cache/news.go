package cache

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// news is what a node tells the others of an Apply, on the channel heard:inv.
type news struct {
	Node       string            `json:"node"`
	Org        string            `json:"org"`
	Through    uint64            `json:"through"`
	Generation uint64            `json:"generation,omitempty"` // 0 = unchanged
	Orders     map[string]uint64 `json:"orders,omitempty"`     // id → version
	All        bool              `json:"all,omitempty"`        // too many to name
}

func (c *Cache) newsOf(t *turn) []byte {
	n := news{Node: c.node, Org: t.org, Through: t.to.through, Generation: t.to.generation}
	if n.All = len(t.touched) > mostDropped; !n.All {
		n.Orders = t.touched
	}
	text, err := json.Marshal(&n)
	if err != nil {
		panic(err) // strings and numbers
	}
	return text
}

const (
	silence     = 5 * time.Second // then the connection is asked whether it is alive
	resubscribe = 200 * time.Millisecond
)

// listen follows the other nodes' news. The owner of an organisation does not
// need them: nobody else applies its windows, and whoever takes it over drops
// what it kept (Store.Load). They keep the nodes right that owned it before, and
// need not be certain: a Redis Cluster may lose some between its nodes.
func (c *Cache) listen(ctx context.Context) {
	defer close(c.stopped)
	for {
		c.listenOnce(ctx)
		if !sleep(ctx, resubscribe) {
			return
		}
	}
}

// listenOnce follows one subscription until it breaks.
func (c *Cache) listenOnce(ctx context.Context) {
	sub := c.options.L2.Subscribe(ctx, c.shared.channel())
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { sub.Close() })()
	asked := false
	for {
		message, err := sub.ReceiveTimeout(ctx, silence)
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout() && !asked:
			if sub.Ping(ctx) != nil {
				return
			}
			asked = true
			continue
		case err != nil:
			return
		}
		asked = false
		switch m := message.(type) {
		case *redis.Subscription: // what was said before it is lost
			c.memory.forgetAll()
			c.subscribed.Add(1)
		case *redis.Message:
			c.hear(m.Payload)
		}
	}
}

func (c *Cache) hear(text string) {
	var n news
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		c.options.Log.Warn("news from another node cannot be read", "error", err)
		c.memory.forgetAll()
		return
	}
	if n.Node == c.node {
		return
	}
	c.positions.moved(n.Org, position{n.Through, n.Generation})
	if n.All {
		c.memory.forget(n.Org)
		return
	}
	for id, version := range n.Orders {
		c.memory.dropOlder(n.Org, id, version)
	}
}
