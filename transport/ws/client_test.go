package ws_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heard/domain"
)

// frame is a message as a client reads it.
type frame struct {
	Type      string          `json:"type"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Timestamp string          `json:"timestamp"`
	Seq       uint64          `json:"seq"`
	Prev      uint64          `json:"prev"`
	Epoch     string          `json:"epoch"`
	Version   uint64          `json:"version"`
	Snapshot  bool            `json:"snapshot"`

	text string
}

// order is the data of an order_update.
type order struct {
	ID      string `json:"id"`
	OrderID string `json:"order_id"`
	Status  string `json:"status"`
	Version uint64 `json:"version"`
	Table   string `json:"table_id"`
}

func (f *frame) order(t testing.TB) (o order) {
	t.Helper()
	if err := json.Unmarshal(f.Data, &o); err != nil || f.Type != "order_update" {
		t.Fatalf("no order: %s", f.text)
	}
	if o.ID == "" || o.ID != o.OrderID || o.Status == "" || o.Version == 0 || o.Version != f.Version {
		t.Errorf("an order_update must name id, order_id, status and version: %s", f.text)
	}
	return o
}

// screen is a client that is connected.
type screen struct {
	t    testing.TB
	k    *kitchen
	conn *websocket.Conn

	epoch string
	last  uint64 // sequence of what was received last
	skip  string // types that next leaves out
}

// connect opens a socket by URL; the query is appended.
func (k *kitchen) connect(org, user string, role domain.Role, query string) *screen {
	k.t.Helper()
	path := fmt.Sprintf("/ws/%s/%s/%s?token=%s", org, url.PathEscape(user), role, url.QueryEscape(k.token(org, user, role)))
	return k.dial(path+query, nil)
}

func (k *kitchen) dial(path string, header http.Header) *screen {
	k.t.Helper()
	s, err := k.tryDial(path, header)
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

func (k *kitchen) tryDial(path string, header http.Header) (*screen, error) {
	conn, res, err := websocket.DefaultDialer.Dial("ws://"+k.address+path, header)
	if err != nil {
		if res != nil {
			err = fmt.Errorf("%w: %d", err, res.StatusCode)
		}
		return nil, err
	}
	k.t.Cleanup(func() { conn.Close() })
	return &screen{t: k.t, k: k, conn: conn, skip: "presence"}, nil
}

// read is the next frame, or the error that ended the socket.
func (s *screen) read(within time.Duration) (*frame, error) {
	s.conn.SetReadDeadline(time.Now().Add(within))
	for {
		_, text, err := s.conn.ReadMessage()
		if err != nil {
			return nil, err
		}
		f := &frame{text: string(text)}
		if err := json.Unmarshal(text, f); err != nil {
			return nil, fmt.Errorf("%w in %s", err, text)
		}
		if f.Type == "" || f.Timestamp == "" || len(f.Data) == 0 {
			return nil, fmt.Errorf("a frame must have type, timestamp and data: %s", text)
		}
		if !strings.Contains(s.skip, f.Type) {
			return f, nil
		}
	}
}

func (s *screen) next() *frame {
	s.t.Helper()
	f, err := s.read(patience)
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	return f
}

// want is the next frame, which must be of a type.
func (s *screen) want(kind string) *frame {
	s.t.Helper()
	f := s.next()
	if f.Type != kind {
		s.t.Fatalf("got %.300s, want %s", f.text, kind)
	}
	return f
}

// open reads up to the end of the snapshot and answers what it said of orders.
func (s *screen) open() map[string]order {
	s.t.Helper()
	f := s.want("connection_established")
	if s.epoch = f.Epoch; f.Epoch == "" {
		s.t.Fatalf("no epoch: %s", f.text)
	}
	return s.snapshot()
}

func (s *screen) snapshot() map[string]order {
	s.t.Helper()
	orders := map[string]order{}
	for {
		f := s.next()
		if f.Type == "snapshot_end" {
			s.last = f.Seq
			return orders
		}
		if !f.Snapshot {
			s.t.Fatalf("in the snapshot: %s", f.text)
		}
		o := f.order(s.t)
		if _, twice := orders[o.ID]; twice {
			s.t.Errorf("twice in a snapshot: %s", f.text)
		}
		orders[o.ID] = o
	}
}

// event is the next live or replayed frame of the log; prev must be what came
// before.
func (s *screen) event() *frame {
	s.t.Helper()
	f := s.next()
	if f.Seq == 0 || f.Event == "" {
		s.t.Fatalf("no event: %.300s", f.text)
	}
	if f.Prev != s.last || f.Seq <= s.last {
		s.t.Fatalf("gap or duplicate after %d: %.200s", s.last, f.text)
	}
	if s.epoch != "" && f.Epoch != s.epoch {
		s.t.Fatalf("epoch %s, want %s", f.Epoch, s.epoch)
	}
	s.last = f.Seq
	return f
}

// through reads events up to a sequence.
func (s *screen) through(seq uint64) {
	s.t.Helper()
	for s.last < seq {
		s.event()
	}
}

// silent expects nothing for a moment but an answer to a ping, which tells that
// what was sent before has been dealt with.
func (s *screen) silent() {
	s.t.Helper()
	s.send(`{"type":"ping"}`)
	s.want("pong")
}

func (s *screen) send(text string) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// closed expects the socket to end with a code, after any frames.
func (s *screen) closed(code int) *websocket.CloseError {
	s.t.Helper()
	for {
		_, err := s.read(patience)
		if err == nil {
			continue
		}
		e := (*websocket.CloseError)(nil)
		if !errors.As(err, &e) || e.Code != code {
			s.t.Fatalf("ended with %v, want %d", err, code)
		}
		return e
	}
}

// command sends a command and answers its reply's data.
func (s *screen) command(id, method, path, headers, body string) (status int, head map[string]string, answer string) {
	s.t.Helper()
	s.send(fmt.Sprintf(`{"type":"command","id":%q,"method":%q,"path":%q,"headers":%s,"body":%s}`, id, method, path, headers, body))
	for {
		f := s.next()
		if f.Type != "reply" {
			continue
		}
		var r struct {
			ID      string            `json:"id"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		}
		if err := json.Unmarshal(f.Data, &r); err != nil || r.ID != id {
			s.t.Fatalf("reply to %s: %s", id, f.text)
		}
		return r.Status, r.Headers, string(r.Body)
	}
}
