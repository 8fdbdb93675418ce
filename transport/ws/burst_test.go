package ws_test

import (
	"fmt"
	"strings"
	"testing"

	"heard/domain"
	"heard/transport/ws"
)

// burst places a thousand orders as one record.
func (k *kitchen) burst(token string) {
	k.t.Helper()
	row := `{"table_id":"t-1","items":[{"name":"Dosa","quantity":1,"price":10}]}`
	k.ok(token, "POST", "/api/orders/batch", "["+strings.Repeat(row+",", 999)+row+"]")
}

// TestBatchOfAThousandCutsNobody: a thousand frames at once are more than a
// socket's queue holds. Who reads a moment later gets them all, in order, and is
// live afterwards; so does every audience.
func TestBatchOfAThousandCutsNobody(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "w", domain.Waiter)
	var screens []*screen
	for i, role := range []domain.Role{domain.Waiter, domain.Kitchen, domain.Manager} {
		s := k.narrow(fmt.Sprintf("/ws?token=%s", k.token("bistro", fmt.Sprint("s", i), role)), 64<<10)
		s.open()
		screens = append(screens, s)
	}
	room := k.connect("bistro", "r", domain.Staff, "")
	room.open()
	room.subscribe("table:t-1")
	screens = append(screens, room)
	k.burst(token)
	k.burst(token)
	for _, s := range screens { // only now: none has read anything
		s.through(2000)
	}
	k.place(token, "t-1")
	for _, s := range screens {
		if f := s.event(); f.Seq != 2001 {
			t.Errorf("after the batches comes %d", f.Seq)
		}
	}
	k.waitFor("all live, none cut", func(s ws.Stats) bool { return s.Cut == 0 && s.Active == int64(len(screens)) })
}

// TestBatchOverASocket: the same body, the same answer; the frames come as well.
func TestBatchOverASocket(t *testing.T) {
	k := open(t)
	s := k.connect("bistro", "w", domain.Waiter, "")
	s.open()
	row := `{"items":[{"name":"Dosa","quantity":1,"price":10}]}`
	body := `{"orders":[` + row + `,{"items":[]},` + row + `]}`
	status, _, answer := s.command("c1", "POST", "/api/orders/batch", `{"Idempotency-Key":"b1"}`, body)
	if status != 200 || strings.Count(answer, `"order_id"`) != 4 || strings.Count(answer, `"code":"EMPTY_ORDER"`) != 1 {
		t.Errorf("%d %s", status, answer)
	}
	_, head, again := s.command("c2", "POST", "/api/orders/batch", `{"Idempotency-Key":"b1"}`, body)
	if again != answer || head["idempotent-replayed"] != "true" {
		t.Errorf("again %v %s", head, again)
	}
}
