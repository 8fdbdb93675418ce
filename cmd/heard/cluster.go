package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"time"

	"heard/actors"
	"heard/cluster"
	"heard/domain"
	"heard/persistence/redisjournal"
	"heard/transport"
)

// clusterFlags make an engine one of several nodes.
type clusterFlags struct {
	Cluster       bool          `help:"Be one of several nodes that share Redis and MongoDB; needs --store redis-mongo."`
	NodeName      string        `help:"Name of this node: unique, and the same after a restart. Default: the host's name."`
	Advertise     string        `help:"host:port where other nodes reach this one." default:"127.0.0.1:8001"`
	ClusterListen string        `help:"host:port to listen on for other nodes. Default: that of --advertise."`
	ClusterCA     string        `name:"cluster-ca" help:"PEM file: the authority of all nodes' certificates (heard cluster certs). Needed beyond loopback."`
	ClusterCert   string        `help:"PEM file: this node's certificate."`
	ClusterKey    string        `help:"PEM file: its key."`
	ClusterLife   time.Duration `help:"A node that gives no sign for this long is taken for dead." default:"2s"`
}

// exitZombie is the exit code of a process that others have declared dead: start
// it again, it is a new member then.
const exitZombie = 7

// exitError ends the process with a code of its own.
type exitError struct {
	error
	code int
}

// front is what transports talk to: the engine, or the node that finds the one
// that has the organisation.
type front interface {
	transport.Engine
	transport.Reads
	transport.Live
	transport.Health
}

// checkCluster refuses what could not work, or would be open to everybody.
func (c *serveCommand) checkCluster() error {
	if !c.Cluster {
		return c.refuseAlone()
	}
	if c.Store != redisMongo {
		return usage("--cluster: needs --store redis-mongo, which nodes share")
	}
	if c.NodeName == "" {
		name, err := os.Hostname()
		if err != nil {
			return usage("--node-name: %w", err)
		}
		c.NodeName = name
	}
	if len(c.NodeName) > 253 || domain.CheckForeignID("name", c.NodeName) != nil {
		return usage("--node-name %q: must be a text of at most 253 bytes", c.NodeName)
	}
	if c.ClusterLife < 500*time.Millisecond || c.ClusterLife > time.Minute {
		return usage("--cluster-life %s: must be 500ms to 1m", c.ClusterLife)
	}
	for flag, address := range map[string]string{"--advertise": c.Advertise, "--cluster-listen": c.ClusterListen} {
		if err := c.checkAddress(flag, address); err != nil {
			return err
		}
	}
	if (c.ClusterCert == "") != (c.ClusterCA == "") || (c.ClusterKey == "") != (c.ClusterCA == "") {
		return usage("--cluster-ca, --cluster-cert and --cluster-key belong together")
	}
	return nil
}

// refuseAlone: an engine that was meant to be a node and forgot to say so would
// take its organisations from the nodes of the same store.
func (c *serveCommand) refuseAlone() error {
	for flag, value := range map[string]string{
		"--node-name": c.NodeName, "--cluster-listen": c.ClusterListen,
		"--cluster-ca": c.ClusterCA, "--cluster-cert": c.ClusterCert, "--cluster-key": c.ClusterKey,
	} {
		if value != "" {
			return usage("%s is of a node: add --cluster", flag)
		}
	}
	return nil
}

func (c *serveCommand) checkAddress(flag, address string) error {
	if address == "" && flag != "--advertise" {
		return nil
	}
	host, port, err := cluster.SplitAddress(address)
	if err != nil {
		return usage("%s %q: %w", flag, address, err)
	}
	ip := net.ParseIP(host)
	if flag == "--advertise" && (ip != nil && ip.IsUnspecified() || port == 0 && c.ClusterListen != "") {
		return usage("%s %s: other nodes cannot reach that", flag, address)
	}
	if loopback := host == "localhost" || ip != nil && ip.IsLoopback(); !loopback && c.ClusterCA == "" {
		return usage("%s %s: beyond loopback nodes need certificates: --cluster-ca, --cluster-cert, --cluster-key (heard cluster certs makes them)", flag, address)
	}
	return nil
}

// node makes this process's part of the cluster; nil when there is none. Its
// registry is beside the journal, named by the history it shares.
func (c *serveCommand) node(ctx context.Context, b *backend, log *slog.Logger) (*cluster.Node, error) {
	if !c.Cluster {
		return nil, nil
	}
	var certificates *cluster.Certificates
	if c.ClusterCA != "" {
		var err error
		if certificates, err = cluster.LoadCertificates(c.ClusterCA, c.ClusterCert, c.ClusterKey); err != nil {
			return nil, usage("--cluster-ca, --cluster-cert, --cluster-key: %w", err)
		}
	}
	history, err := b.journal.History(ctx)
	if err != nil {
		return nil, err
	}
	client, err := redisjournal.Connect(c.RedisURL)
	if err != nil {
		return nil, usage("--redis-url: %w", err)
	}
	b.close = append(b.close, client.Close)
	node, err := cluster.New(cluster.Options{
		Name: c.NodeName, Advertise: c.Advertise, Listen: c.ClusterListen, Redis: client, Registry: history,
		Certificates: certificates, Life: c.ClusterLife, Log: log,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return node, nil
}

// own tells an engine's options which organisations the node should have.
func own(o *actors.Options, node *cluster.Node, b *backend) {
	if node != nil {
		o.Ownership = &actors.Ownership{Fences: b.fences, Owns: node.Owns, Moving: node.Moving}
	}
}

// frontOf is the node that has joined, or the engine where there is none.
func frontOf(node *cluster.Node, engine *actors.Engine, log *slog.Logger) (front, error) {
	if node == nil {
		return engine, nil
	}
	if err := node.Start(engine, func() cluster.Summary { return summaryOf(engine) }); err != nil {
		return nil, usageError{err}
	}
	log.Info("joined the cluster", "node", node.Name(), "address", node.Address())
	return node, nil
}

// lostOf never speaks where there is no cluster.
func lostOf(node *cluster.Node) <-chan struct{} {
	if node == nil {
		return nil
	}
	return node.Lost()
}

var errZombie = exitError{errors.New("others took this node for dead and have its organisations; start it again"), exitZombie}

// handOver gives the organisations to the other nodes.
func handOver(ctx context.Context, node *cluster.Node, log *slog.Logger) {
	if node == nil {
		return
	}
	if err := node.Leave(ctx); err != nil {
		log.Warn("left without a word; other nodes wait until this one is missed", "error", err)
	}
}

// stopNode ends the node before its engine.
func stopNode(ctx context.Context, node *cluster.Node) {
	if node != nil {
		node.Stop(ctx)
	}
}
