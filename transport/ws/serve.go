package ws

import (
	"errors"
	"time"

	"heard/domain"
	"heard/transport/auth"
)

// run lets a socket in, or closes it with the reason.
func (s *socket) run(asked *request) {
	g := s.gateway
	defer func() {
		if g.recovered("admit", recover()) {
			s.finish()
		}
	}()
	err := s.admit(asked)
	if err == nil {
		go s.listen() // on a stack of its own, which never grew
		return
	}
	s.ended(err)
	s.finish()
}

// admit finds out who the client is and brings it to its organisation. Nothing
// is sent before that.
func (s *socket) admit(asked *request) error {
	g := s.gateway
	who, err := s.prove(asked)
	if err != nil {
		return err
	}
	if part := asked.path.differs(&who); part != "" && !s.insecure {
		return &closing{closeForbidden, "path does not match the token: another " + part}
	}
	s.is(who)
	o := g.enter(who.Org)
	s.org = o
	select {
	case <-o.ready:
	case <-g.stop:
		return &closing{closeRestart, "restart"}
	}
	if o.failure != nil {
		return tryLater(o.failure)
	}
	if !o.register(s) {
		g.stats.refused.Add(1)
		return &closing{closeTryLater, "too many sockets of this organisation"}
	}
	// Registered first: a revocation is seen here or there.
	if err := o.allowed(s.identity()); err != nil {
		return err
	}
	o.start(s, asked.full, asked.resume)
	return nil
}

// allowed asks the organisation whether the identity's tokens were revoked.
func (o *organisation) allowed(by domain.Identity) error {
	ctx, cancel := o.gateway.patience()
	defer cancel()
	q := o.system(0)
	q.By = by
	if _, err := o.gateway.live.Active(ctx, q, 1, 1); err != nil {
		if e := domain.AsError(err); e.Code == domain.Unauthenticated {
			return &closing{closeNoToken, e.Detail}
		}
		return tryLater(err)
	}
	return nil
}

func tryLater(error) error { return &closing{closeTryLater, "try again later"} }

// prove verifies the token of the handshake, or that of the first frame.
func (s *socket) prove(asked *request) (auth.Subject, error) {
	g := s.gateway
	if asked.insecure {
		who, err := asked.path.believed()
		if err != nil {
			return who, err
		}
		s.insecure = true
		s.expiresMS.Store(1<<62 - 1)
		who.ExpiresMS = 1<<62 - 1
		return who, nil
	}
	if asked.token != "" {
		return g.verified(asked.token)
	}
	if g.unknown.Add(1) > int64(g.limits.Sockets/2) {
		g.unknown.Add(-1)
		g.stats.refused.Add(1)
		return auth.Subject{}, &closing{closeTryLater, "too many sockets without a token"}
	}
	defer g.unknown.Add(-1)
	return s.firstFrame(asked)
}

func (g *Gateway) verified(token string) (auth.Subject, error) {
	who, err := g.verify.Verify([]byte(token), time.Now())
	if err != nil {
		return who, &closing{closeNoToken, domain.AsError(err).Detail}
	}
	return who, nil
}

// firstFrame waits for {"type":"auth"}.
func (s *socket) firstFrame(asked *request) (auth.Subject, error) {
	none := &closing{closeNoToken, "no token"}
	if err := s.conn.SetReadDeadline(time.Now().Add(s.gateway.limits.AuthTimeout)); err != nil {
		return auth.Subject{}, err
	}
	text, err := s.next()
	if err != nil {
		if timeout := (interface{ Timeout() bool })(nil); errors.As(err, &timeout) && timeout.Timeout() {
			return auth.Subject{}, none
		}
		return auth.Subject{}, err
	}
	m, err := parse(text)
	if err != nil || m.Type != "auth" || m.Token == "" {
		return auth.Subject{}, none
	}
	who, err := s.gateway.verified(m.Token)
	if err != nil {
		return who, err
	}
	if m.Seq != nil {
		asked.resume = &position{m.Epoch, *m.Seq}
	}
	return who, s.conn.SetReadDeadline(time.Time{})
}

// listen is the socket's one goroutine: it reads until the end.
func (s *socket) listen() {
	defer func() {
		s.gateway.recovered("read", recover())
		s.finish()
	}()
	for {
		text, err := s.next()
		if err != nil {
			s.ended(err)
			return
		}
		s.gateway.stats.received.Add(1)
		if string(text) == `{"type":"ping"}` { // what every client sends most
			s.send(item{b: pong()})
			continue
		}
		s.dispatch(text)
	}
}

// ended answers the end of reading: with a close code where it is the client's
// doing, and with patience, so that the client sees it.
func (s *socket) ended(err error) {
	if c := (*closing)(nil); errors.As(err, &c) {
		s.shut(c.code, c.reason)
	} else if !errors.Is(err, errClosed) && !s.ending() {
		return
	}
	s.discard()
}

// finish takes the socket out of everything. Only its own goroutine calls it.
func (s *socket) finish() {
	g := s.gateway
	defer g.running.Done()
	if s.org != nil {
		s.org.unregister(s)
	}
	s.kill()
	if s.org != nil {
		g.leave(s.org, s.org.failed())
	}
	g.open.Add(-1)
}

// failed reports whether the organisation could not be followed.
func (o *organisation) failed() bool {
	select {
	case <-o.ready:
		return o.failure != nil
	default:
		return false
	}
}
