// Package cluster spreads organisations over nodes: any node answers for any of
// them. Membership is a registry in the Redis the journal needs, placement a
// pure function of the members, and requests go between nodes over protoactor's
// remoting.
//
// It is routing, never a lock. Who may write an organisation's log is decided
// by the fence in the journal; a node that is mistaken about the members costs
// time and no order.
package cluster
