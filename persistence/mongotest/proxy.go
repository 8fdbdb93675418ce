package mongotest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// Proxy stands between a client and a server and does what networks do.
type Proxy struct {
	URI string

	upstream string
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	cutAt  int  // the write command to cut the line at, counted down; 0 = none
	lost   bool // that command is carried out and its answer is lost
	down   bool // nothing passes until Heal
	hang   bool // nothing is answered until Heal
	healed *sync.Cond
}

// NewProxy listens for clients of a FerretDB. It ends with the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		URI:      "mongodb://" + l.Addr().String() + "/?directConnection=true",
		upstream: s.address, listener: l, open: make(map[net.Conn]bool),
	}
	p.healed = sync.NewCond(&p.mu)
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.Down()
		p.wait.Wait()
	})
	return p
}

// Cut breaks the line for good at the nth write command from now, before the
// server sees it or, when lost, after it was carried out.
func (p *Proxy) Cut(n int, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutAt, p.lost = n, lost
}

// Hang lets connections stand and answers nothing.
func (p *Proxy) Hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hang = true
}

// Down breaks every connection and refuses new ones.
func (p *Proxy) Down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.hang = true, false
	p.healed.Broadcast()
	for c := range p.open {
		_ = c.Close()
	}
}

// Heal lets everything pass again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.hang, p.cutAt = false, false, 0
	p.healed.Broadcast()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.upstream)
		if err != nil || !p.admit(client, server) {
			_ = client.Close()
			continue
		}
		p.wait.Go(func() {
			defer p.leave(client, server)
			p.serve(client, server)
		})
	}
}

func (p *Proxy) admit(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.down {
			_ = c.Close()
		} else {
			p.open[c] = true
		}
	}
	return !p.down
}

func (p *Proxy) leave(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.open, c)
	}
}

// serve passes one message and its answer after the other.
func (p *Proxy) serve(client, server net.Conn) {
	for {
		asked, err := message(client)
		if err != nil {
			return
		}
		pass, answer := p.judge(asked)
		if pass {
			if _, err := server.Write(asked); err != nil {
				return
			}
			reply, err := message(server)
			if err != nil || answer && !write(client, reply) {
				return
			}
		}
		if !pass || !answer {
			p.Down()
			return
		}
	}
}

func write(c net.Conn, b []byte) bool {
	_, err := c.Write(b)
	return err == nil
}

// judge says whether a message reaches the server and its answer the client.
func (p *Proxy) judge(asked []byte) (pass, answer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.hang {
		p.healed.Wait()
	}
	if p.down {
		return false, false
	}
	if p.cutAt == 0 || !slices.Contains([]string{"insert", "update", "delete"}, commandOf(asked)) {
		return true, true
	}
	p.cutAt--
	return p.cutAt > 0 || p.lost, p.cutAt > 0
}

const (
	headerBytes = 16
	opMessage   = 2013
	mostBytes   = 64 << 20
)

func message(r io.Reader) ([]byte, error) {
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head)
	if n < headerBytes || n > mostBytes {
		return nil, errors.New("not a message")
	}
	whole := append(head, make([]byte, n-headerBytes)...)
	_, err := io.ReadFull(r, whole[headerBytes:])
	return whole, err
}

// commandOf is the first name in a message's body section.
func commandOf(whole []byte) string {
	if len(whole) < headerBytes || binary.LittleEndian.Uint32(whole[12:]) != opMessage {
		return ""
	}
	rest := whole[headerBytes+4:] // the flags
	for len(rest) > 5 && rest[0] == 1 {
		n := int(binary.LittleEndian.Uint32(rest[1:])) + 1 // a sequence of documents
		if n < 5 || n > len(rest) {
			return ""
		}
		rest = rest[n:]
	}
	if len(rest) < 7 || rest[0] != 0 {
		return ""
	}
	name, _, _ := bytes.Cut(rest[6:], []byte{0})
	return string(name)
}
