package ws

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"

	"heard/domain"
	"heard/transport/auth"
	"heard/transport/rest"
)

// subprotocol announces a token as the next protocol in the list: browsers can
// send no other header. Only this name is echoed, never the token.
const subprotocol = "bearer"

// request is what a handshake asked for.
type request struct {
	token    string // "" = none
	path     *place // nil = /ws
	insecure bool   // may start without a token
	full     bool   // whole orders in the snapshot
	resume   *position
}

// place is what the path names. It is believed only where the token says the
// same.
type place struct{ org, user, role string }

// position is a place in a log: what a client has got already.
type position struct {
	epoch string
	seq   uint64
}

func (g *Gateway) request(x *rest.Exchange, r *http.Request) *request {
	q := &request{token: tokenOf(x, r)}
	if _, named := x.Ctx.UserValue("org_id").(string); named {
		q.path = &place{x.PathParameter("org_id"), x.PathParameter("user_id"), x.PathParameter("user_role")}
	}
	args := x.Ctx.QueryArgs()
	q.full = string(args.Peek("snapshot")) == "full"
	if seq := string(args.Peek("seq")); seq != "" {
		n, err := strconv.ParseUint(seq, 10, 64)
		q.resume = &position{string(args.Peek("epoch")), n}
		if err != nil {
			q.resume.epoch = "" // of no log
		}
	}
	q.insecure = g.insecure && q.token == "" && q.path != nil && loopbackHost(r.Host)
	return q
}

// tokenOf finds a token in the subprotocols, the query or the Authorization
// header.
func tokenOf(x *rest.Exchange, r *http.Request) string {
	offered := websocket.Subprotocols(r)
	for i, name := range offered {
		if name == subprotocol && i+1 < len(offered) {
			return offered[i+1]
		}
	}
	if token := x.Ctx.QueryArgs().Peek("token"); len(token) > 0 {
		return string(token)
	}
	return string(x.Token())
}

// loopbackHost refuses pages that were rebound to this machine by a foreign name.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// differs names what the path says otherwise than the token; "" = nothing.
func (p *place) differs(who *auth.Subject) string {
	switch {
	case p == nil:
	case p.org != who.Org:
		return "organisation"
	case p.user != who.Identity.User:
		return "user"
	case p.role != string(who.Identity.Role):
		return "role"
	}
	return ""
}

// believed is the identity of a socket without a token, or what is wrong with
// the path. A role that we do not know is refused: no view of an order is
// meant for it.
func (p *place) believed() (auth.Subject, error) {
	role := domain.Role(strings.ToLower(p.role))
	switch {
	case unset(p.org) || unset(p.user) || unset(p.role):
		return auth.Subject{}, &closing{closeForbidden, "path has undefined or null: the page does not know who it is"}
	case !domain.ValidID(p.org) || domain.CheckForeignID("user", p.user) != nil:
		return auth.Subject{}, &closing{closeForbidden, "path is not an organisation, user and role"}
	case !role.Known():
		return auth.Subject{}, &closing{closeForbidden, "path names an unknown role"}
	}
	return auth.Subject{Org: p.org, Identity: domain.Identity{User: p.user, Name: p.user, Role: role}}, nil
}

// unset is what JavaScript writes into an address for a variable that is not
// set. Taken as a name it would be an organisation without orders, for ever.
func unset(part string) bool { return part == "undefined" || part == "null" }
