package actors

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/persistence"
)

// fill puts keys of a user into a window, as many as it may have.
func fillKeys(w *keyWindow, user string, at int64) (n int) {
	for w.users.admit(user, 1, len(w.seqs), maxKeys, errKeysFull, "keys") == nil {
		var hash domain.Fingerprint
		binary.BigEndian.PutUint64(hash[:], uint64(len(w.seqs)+1))
		w.add(persistence.KeyRow{Hash: hash, Seq: uint64(len(w.seqs) + 1), AtMS: at}, user)
		n++
	}
	return n
}

func TestNobodyCanTakeAllKeysOfAnOrganisation(t *testing.T) {
	w := newKeyWindow()
	at := noon.UnixMilli()
	if n := fillKeys(&w, "kitchen", at); n != maxKeys/2 {
		t.Errorf("one user may have %d keys", n)
	}
	refusal := w.users.admit("kitchen", 1, len(w.seqs), maxKeys, errKeysFull, "keys")
	if refusal == nil || refusal.Code != domain.RateLimited {
		t.Errorf("who has half of them: %v", refusal)
	}
	if n := fillKeys(&w, "waiter", at); n != maxKeys/4 {
		t.Errorf("the next user may have %d keys", n)
	}
	if n := w.forget(at + persistence.KeyLifeMS); n != 0 {
		t.Errorf("%d keys forgotten before their time", n)
	}
	if n := w.forget(at + persistence.KeyLifeMS + 1); n != maxKeys*3/4 || len(w.users) != 0 || len(w.seqs) != 0 {
		t.Errorf("%d keys forgotten, %d left, of %d users", n, len(w.seqs), len(w.users))
	}
}

func TestOneWhoFloodsLeavesTheOthersTheirKeysAndOrders(t *testing.T) {
	k := open(t, vfs.NewMem())
	a := newOrgActor(k.Engine, &org{id: "bistro"})
	fillKeys(&a.keys, "flood", k.nowMS())
	a.openCount, a.openOf["flood"] = maxOpenOrders/2, maxOpenOrders/2
	for what, refused := range map[string]*domain.Error{"key": a.roomForKey("flood"), "order": a.roomForOrders("flood", 1)} {
		if refused == nil || refused.Code != domain.RateLimited {
			t.Errorf("the one who floods gets a %s: %v", what, refused)
		}
	}
	if refused := a.roomForKey("other"); refused != nil {
		t.Errorf("another's key: %v", refused)
	}
	if refused := a.roomForOrders("other", 1000); refused != nil {
		t.Errorf("another's thousand orders: %v", refused)
	}
	if refused := a.roomForOrders("other", maxOpenOrders/2+1); refused != errTooManyOpen {
		t.Errorf("more than there is room for: %v", refused)
	}
	k.Engine.keys.Store(maxProcessKeys)
	if refused := a.roomForKey("other"); refused != errKeysFull {
		t.Errorf("with the keys of the process used up: %v", refused)
	}
}

// TestOpenOrdersCountForWhoPlacedThem, also after a restart, until they close.
func TestOpenOrdersCountForWhoPlacedThem(t *testing.T) {
	k := open(t, vfs.NewMem())
	id := k.place("")["id"].(string)
	k.place("")
	k = k.reopen()
	k.place("")
	k.body(k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "completed"}}))
	for _, o := range k.organisations() {
		if n := o.open.Load(); n != 2 {
			t.Errorf("%d open orders", n)
		}
		o.keys.Store(maxKeys * 3 / 4)
		o.open.Store(maxOpenOrders * 3 / 4)
	}
	if all := k.Degraded(); len(all) != 2 {
		t.Errorf("nothing says that the windows are three quarters full: %q", all)
	}
}

// TestAKeyWithNothingToDoIsForgottenSoon, and those of effects are not, in memory,
// in the store and after a restart.
func TestAKeyWithNothingToDoIsForgottenSoon(t *testing.T) {
	k, m := onMachine(t)
	id := k.place("made")["id"].(string)
	same := func() domain.Reply {
		t.Helper()
		reply, err := k.do(domain.Request{Key: "same", Order: id, Command: &order.SetStatus{Status: "pending"}})
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	same()
	m.wait(k, 10*time.Minute)
	if !same().Replayed {
		t.Error("forgotten after ten minutes")
	}
	k.close()
	k = open(t, k.fs, m.options)
	if !same().Replayed {
		t.Error("forgotten with a restart")
	}
	m.wait(k, 6*time.Minute)
	k.place("") // moves the log's own time
	k.sweepNow()
	if same().Replayed {
		t.Error("known after sixteen minutes")
	}
	k.place("made")
	if n := len(k.list(domain.Filter{})); n != 2 {
		t.Errorf("%d orders: the key of an effect was forgotten too", n)
	}
	if n := k.Engine.keys.Load(); n != 2 {
		t.Errorf("%d keys in memory", n)
	}
}

func TestARevokedUserOfTheLogIsTheOneOfItsClock(t *testing.T) {
	o := outlet.New()
	d, refusal := outlet.Decide(o, &outlet.Revoke{Sub: "u"}, &outlet.Meta{By: admin, At: 5000, Clock: 3000, Seq: 1})
	if refusal != nil || d.Next.Revoked["u"] != 3000 {
		t.Errorf("%v, tokens before %d", refusal, d.Next.Revoked["u"])
	}
}
