package outlet

import (
	"fmt"
	"testing"

	"heard/domain"
)

// What is due is brought back, all of it together and once; the rest stays.
func TestClockEndsWhatIsDue(t *testing.T) {
	sold := func(id string, until int64) Item { return Item{ID: id, Name: id, SoldOut: true, SoldOutUntil: until} }
	o := New()
	o.Menu = NewMenu(7, []Item{sold("past", 900), sold("now", 1000), sold("later", 1001), sold("open", 0), {ID: "there", Name: "there"}})
	m := &Meta{By: domain.System(), At: 1000, Seq: 8}
	if at := o.Menu.NextEnd(); at != 900 {
		t.Errorf("the next ends at %d", at)
	}
	d, refusal := Decide(o, EndEightySix{}, m)
	if refusal != nil || fmt.Sprint(d.Event) != "{[past now] 0 true}" || d.Next.Menu.Version != 8 || d.Next.Menu.NextEnd() != 1001 {
		t.Fatalf("%v %+v", refusal, d)
	}
	for id, available := range map[string]bool{"past": true, "now": true, "later": false, "open": false, "there": true} {
		if item, _ := d.Next.Menu.Find(id); item.Available(1000) != available || item.SoldOut == available {
			t.Errorf("%+v", item)
		}
	}
	if again, refusal := Decide(d.Next, EndEightySix{}, m); refusal != nil || again.Event != nil || again.Next != d.Next {
		t.Errorf("again: %v %+v", refusal, again)
	}
}

// No token can have the role that the clock acts under.
func TestNobodyIsTheSystem(t *testing.T) {
	if by := domain.System(); by.Role.Known() || by.OneOf(domain.Roles()...) {
		t.Errorf("%+v", by)
	}
	if _, is := Commands()[EndEightySix{}.Kind()]; is {
		t.Error("a node could be sent what only its own clock gives")
	}
}
