package main

import (
	"fmt"
	"testing"
	"time"
)

// soldOut puts an item on the menu that is sold out for a while, and answers until when.
func (e *engine) soldOut(d time.Duration) (until time.Time) {
	e.t.Helper()
	if a := e.do("POST", "/api/menu", `{"id":"chai","name":"Chai","price":10}`); !a.ok() {
		e.t.Fatal(a)
	}
	until = time.Now().Add(d)
	body := fmt.Sprintf(`{"item_ids":["chai"],"until":%q}`, until.UTC().Format("2006-01-02T15:04:05.000Z"))
	if a := e.do("POST", "/api/menu/86", body); !a.ok() {
		e.t.Fatal(a)
	}
	return until
}

// wantEndedOnce looks into the log: the clock brought the item back, once.
func (e *engine) wantEndedOnce() {
	e.t.Helper()
	a := e.do("GET", "/api/events", "")
	if !a.ok() {
		e.t.Fatal(a)
	}
	ended := 0
	for _, event := range parse[[]struct {
		Event string
		By    struct{ ID, Role string }
		Data  struct{ Back bool }
	}](e.t, a.body) {
		if event.Event == "menu.86" && event.Data.Back && event.By.ID == "system" && event.By.Role == "system" {
			ended++
		}
	}
	if ended != 1 {
		e.t.Errorf("ended %d times: %s", ended, a.body)
	}
}

// A screen that asks for nothing is told when the time has come.
func TestScreenIsToldThatAnEightySixEnded(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	s := e.socket("/ws?token="+e.token, nil)
	s.want("snapshot_end", "")
	e.soldOut(time.Second)
	s.want("menu_updated", `"seq":1,`)
	s.want("menu_updated", `"seq":2,`)
	s.want("menu_updated", `"seq":3,`)
	e.wantEndedOnce()
	e.term()
	e.wantClean()
}

// The engine is dead when the time comes, and killed again when it has ended it.
func TestEightySixEndsOnceOverKills(t *testing.T) {
	t.Parallel()
	e := startEngine(t, t.TempDir())
	until := e.soldOut(time.Second)
	e.kill9()
	time.Sleep(time.Until(until))
	for range 3 {
		e = e.restart()
		e.wantEndedOnce() // before the first answer
		e.kill9()
	}
	e.wantClean()
}

// The node that has the organisation dies before the time.
func TestEightySixEndsOnceInAFleet(t *testing.T) {
	t.Parallel()
	f := startFleet(t, lifeUnderFaults)
	organisations, untils := orgs(4), map[string]time.Time{}
	for i, org := range organisations {
		untils[org] = f.nodes[i%len(f.nodes)].of(f, org).soldOut(time.Second)
	}
	f.dies(nil)
	for i, org := range organisations {
		time.Sleep(time.Until(untils[org]))
		f.nodes[i%2].of(f, org).wantEndedOnce()
	}
	f.start(t, f.nodes[2])
	f.wantMembers(f.nodes...)
	for _, org := range organisations {
		f.nodes[2].of(f, org).wantEndedOnce()
	}
	f.endAll()
}
