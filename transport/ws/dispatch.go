package ws

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"heard/domain"
)

// incoming is a client's message. Types we do not know, and members we do not
// know, are ignored: older and newer clients send other things.
type incoming struct {
	Type    string            `json:"type"`
	Token   string            `json:"token"`
	Epoch   string            `json:"epoch"`
	Seq     *uint64           `json:"seq"`
	Rooms   []string          `json:"rooms"`
	ID      jsontext.Value    `json:"id"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    jsontext.Value    `json:"body"`
}

func parse(text []byte) (*incoming, error) {
	m := &incoming{}
	err := json.Unmarshal(text, m)
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) && strings.HasPrefix(string(e.JSONPointer), "/body/") {
		*m = incoming{} // a body is REST's to refuse, in its own words
		err = json.Unmarshal(text, m, jsontext.AllowDuplicateNames(true))
	}
	return m, err
}

// malformed answers what is no message; by the id where it tells one, since who
// sent a command waits for that.
func (s *socket) malformed(text []byte) {
	var named struct {
		Type string         `json:"type"`
		ID   jsontext.Value `json:"id"`
	}
	_ = json.Unmarshal(text, &named, jsontext.AllowDuplicateNames(true)) // as far as it goes
	if named.Type == "command" && isCommandID(named.ID) {
		s.refuse(&incoming{ID: named.ID}, domain.Refuse(domain.BadRequest, "Malformed command: not JSON, a member that is there twice, or one of the wrong type"))
		return
	}
	s.send(item{b: failed(domain.BadRequest, "Not a message: it must be a JSON object with a type")})
}

// dispatch does what a message asks for.
func (s *socket) dispatch(text []byte) {
	if s.ending() {
		return
	}
	m, err := parse(text)
	if err != nil {
		s.malformed(text)
		return
	}
	switch m.Type {
	case "ping":
		s.send(item{b: pong()})
	case "subscribe", "unsubscribe":
		if len(m.Rooms) == 0 { // taken as it stands it would silence the screen
			s.send(item{b: failed(domain.ValidationError, m.Type+" needs rooms")})
			return
		}
		s.changeRooms(m.Type == "subscribe", m.Rooms)
	case "resume":
		if m.Seq == nil {
			s.send(item{b: failed(domain.ValidationError, "resume needs epoch and seq")})
			return
		}
		s.org.resume(s, &position{m.Epoch, *m.Seq})
	case "auth":
		s.renew(m.Token)
	case "command":
		s.command(m)
	}
}

// renew takes a newer token of the same identity.
func (s *socket) renew(token string) {
	who, err := s.gateway.verified(token)
	switch {
	case s.insecure:
		s.send(item{b: failed(domain.Forbidden, "This socket was let in without a token: connect again with one")})
	case err != nil:
		c := err.(*closing)
		s.shut(c.code, c.reason)
	case who.Org != s.org.id || who.Identity.User != s.user || who.Identity.Role != s.role:
		s.shut(closeForbidden, "token of another identity")
	case s.org.allowed(who.Identity) != nil:
		s.shut(closeNoToken, "Token revoked")
	default:
		s.org.mu.Lock()
		s.issuedMS = who.Identity.IssuedAt
		s.org.mu.Unlock()
		s.expiresMS.Store(who.ExpiresMS)
	}
}

// changeRooms moves the socket to another audience. The first subscribe takes
// the place of the default, the whole organisation.
func (s *socket) changeRooms(add bool, names []string) {
	for i, name := range names {
		kind, value, ok := room(name)
		if !ok {
			s.send(item{b: failed(domain.ValidationError, fmt.Sprintf("Unknown room %q", cutText(name)))})
			return
		}
		names[i] = roomName(kind, value)
	}
	if !s.org.move(s, add, names) {
		s.send(item{b: failed(domain.ValidationError, fmt.Sprintf("At most %d rooms", maxRooms))})
	}
}

// cutText bounds what is repeated of a client's own text. Never inside a rune.
func cutText(text string) string {
	for i := range text {
		if i > 100 {
			return text[:i] + "…"
		}
	}
	return text
}

// expired reports whether the socket's token has run out.
func (s *socket) expired(now time.Time) bool { return s.expiresMS.Load() <= now.UnixMilli() }
