package actors

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"heard/domain"
	"heard/domain/order"
)

// large is an order of about so many bytes.
func large(bytes int) *order.Create {
	note := strings.Repeat("n", domain.MaxTextRunes)
	c := &order.Create{}
	for range bytes / (len(note) + 250) {
		c.Items = append(c.Items, order.ItemRequest{Name: "Pizza", Quantity: amount("1"), Price: amount("10"), Notes: note})
	}
	return c
}

func TestSmallChangesToALargeOrderMeetALimit(t *testing.T) {
	const perMinute = 1 << 20
	m := &machine{}
	k := open(t, vfs.NewMem(), m.options, func(o *Options) { o.WritePerMinute = perMinute })
	create := large(100 << 10)
	id := k.body(k.do(domain.Request{Bytes: 100 << 10, Command: create}))["id"].(string)
	change := func() error {
		_, err := k.do(domain.Request{Bytes: 50, Order: id, Command: &order.SetDiscount{DiscountType: ptr("amount"), DiscountValue: amount(string(rune('1' + m.passed.Load()%9)))}, By: manager})
		m.passed.Add(1)
		return err
	}
	n := 0
	for ; n < 100; n++ {
		if err := change(); err != nil {
			if code := domain.AsError(err).Code; code != domain.RateLimited {
				t.Fatal(err)
			}
			break
		}
	}
	if n < 5 || n > 15 {
		t.Errorf("%d changes of 100 KiB fit into %d bytes a minute", n, perMinute)
	}
	if _, err := k.do(domain.Request{Org: "other", Command: &order.Create{Items: []order.ItemRequest{pizza("1")}}}); err != nil {
		t.Errorf("another organisation: %v", err)
	}
	m.passed.Add(int64(time.Minute))
	if err := change(); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestOrdinaryCommandsAreNotCharged(t *testing.T) {
	b := budget{perMinute: 1, left: 1}
	b.charge(2300, 180) // an order of two lines, with its event
	b.charge(1900, 30)  // its next status
	if b.left != 1 {
		t.Errorf("%d bytes were charged", 1-b.left)
	}
}

func TestAnOrderHasALimitAsJSON(t *testing.T) {
	k := open(t, vfs.NewMem())
	id := k.body(k.do(domain.Request{Command: large(200 << 10)}))["id"].(string)
	_, err := k.do(domain.Request{Order: id, Command: &order.AddItems{Items: large(200 << 10).Items}})
	if e := domain.AsError(err); e == nil || e.Code != domain.ValidationError || e.Fields[0].Field != "items" {
		t.Errorf("an order of 400 KiB: %v", err)
	}
	escaped := large(200 << 10)
	for i := range escaped.Items {
		escaped.Items[i].Notes = strings.Repeat("<", domain.MaxTextRunes) // six bytes each
	}
	if _, err := k.do(domain.Request{Command: escaped}); domain.AsError(err) == nil {
		t.Error("an order that is long only as JSON is taken")
	}
	k.body(k.do(domain.Request{Order: id, Command: &order.SetStatus{Status: "preparing"}})) // it can go on
}

// TestTheLoudestIsRefusedFirst while space is scarce, and nobody else.
func TestTheLoudestIsRefusedFirst(t *testing.T) {
	var scarce atomic.Bool
	k := open(t, vfs.NewMem(), func(o *Options) { o.Scarce = scarce.Load })
	place := func(org string, c *order.Create) error {
		_, err := k.do(domain.Request{Org: org, Command: c})
		return err
	}
	small := &order.Create{Items: []order.ItemRequest{pizza("1")}}
	for range 10 {
		if err := place("loud", large(200<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := place("quiet", small); err != nil {
		t.Fatal(err)
	}
	k.weigh()
	if err := place("loud", small); err != nil {
		t.Errorf("with room enough: %v", err)
	}
	scarce.Store(true)
	k.weigh()
	if err := place("loud", small); domain.AsError(err) == nil || domain.AsError(err).Code != domain.JournalUnavailable {
		t.Errorf("the loudest: %v", err)
	}
	if err := place("quiet", small); err != nil {
		t.Errorf("the other: %v", err)
	}
	scarce.Store(false)
	k.weigh()
	if err := place("loud", small); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func ptr(text string) *string { return &text }
