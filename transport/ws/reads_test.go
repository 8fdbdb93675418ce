package ws_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
	"heard/transport/ws"
)

// TestReadsOfASocketWaitForEachOther: who asks for six lists and reads none makes
// the process hold one.
func TestReadsOfASocketWaitForEachOther(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "w", domain.Waiter)
	k.fill(token, 400)
	one := int64(len(k.ok(token, "GET", "/api/orders", "")))
	s := k.narrow("/ws?token="+token, 32<<10)
	s.open()
	const asked = 6
	for i := range asked {
		s.send(fmt.Sprintf(`{"type":"command","id":"r%d","method":"GET","path":"/api/orders"}`, i))
	}
	k.waitFor("an answer waits", func(s ws.Stats) bool { return s.ReplyBytes > 0 && s.Stalled > 0 })
	if n := k.gateway.Stats().ReplyBytes; n > one {
		t.Errorf("%d bytes of answers wait, one has %d", n, one)
	}
	for i := range asked {
		f := s.want("reply")
		if !strings.HasPrefix(string(f.Data), fmt.Sprintf(`{"id":"r%d","status":200,`, i)) {
			t.Fatalf("answer %d: %.100s", i, f.text)
		}
	}
	k.waitFor("all is given back", func(s ws.Stats) bool { return s.ReplyBytes == 0 })
	for i := range asked {
		s.send(fmt.Sprintf(`{"type":"command","id":"q%d","method":"GET","path":"/api/orders"}`, i))
	}
	k.waitFor("an answer waits", func(s ws.Stats) bool { return s.ReplyBytes > 0 })
	s.conn.Close()
	k.waitFor("given back by a socket that went away", func(s ws.Stats) bool { return s.ReplyBytes == 0 && s.Active == 0 })
}
