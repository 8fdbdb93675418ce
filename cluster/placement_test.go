package cluster

import (
	"fmt"
	"math"
	"testing"
)

func named(n int) (members []member) {
	for i := range n {
		name := fmt.Sprint("heard-", i)
		members = append(members, member{ID: name, Name: name})
	}
	return members
}

func shares(p *placement, orgs int) map[string]int {
	count := map[string]int{}
	for i := range orgs {
		count[p.owner(fmt.Sprint("outlet-", i)).Name]++
	}
	return count
}

// TestSharesAreEven: within what chance alone makes of it, five standard
// deviations, for a few nodes with names in a row and for a thousand.
func TestSharesAreEven(t *testing.T) {
	for _, c := range []struct{ nodes, orgs int }{{3, 30_000}, {10, 50_000}, {1000, 100_000}} {
		count := shares(newPlacement(named(c.nodes)), c.orgs)
		mean := float64(c.orgs) / float64(c.nodes)
		for name, n := range count {
			if off := math.Abs(float64(n) - mean); off > 5*math.Sqrt(mean) {
				t.Errorf("%d nodes: %s has %d organisations, %.0f would be even", c.nodes, name, n, mean)
			}
		}
		if len(count) != c.nodes {
			t.Errorf("%d of %d nodes have organisations", len(count), c.nodes)
		}
	}
}

// TestOnlyTheShareOfWhoComesOrGoesMoves, at a thousand nodes too: nothing moves
// between those that stay, so a restart of one node touches a thousandth.
func TestOnlyTheShareOfWhoComesOrGoesMoves(t *testing.T) {
	for _, nodes := range []int{3, 1000} {
		all := named(nodes)
		gone := all[nodes/2].Name
		before, after := newPlacement(all), newPlacement(append(all[:nodes/2:nodes/2], all[nodes/2+1:]...))
		moved, orgs := 0, 50_000
		heirs := map[string]int{}
		for i := range orgs {
			org := fmt.Sprint("outlet-", i)
			was, is := before.owner(org).Name, after.owner(org).Name
			if was == is {
				continue
			}
			if was != gone {
				t.Fatalf("%s moved from %s to %s, but %s went", org, was, is, gone)
			}
			moved++
			heirs[is]++
		}
		if share := float64(orgs) / float64(nodes); float64(moved) > share+5*math.Sqrt(share) {
			t.Errorf("%d nodes: %d organisations moved, the share is %.0f", nodes, moved, share)
		}
		most := 0
		for _, n := range heirs {
			most = max(most, n)
		}
		t.Logf("%d nodes: %d of %d organisations moved to %d others, at most %d to one", nodes, moved, orgs, len(heirs), most)
	}
}

// TestOrderOfMembersDoesNotMatter: nodes hear of each other in any order.
func TestOrderOfMembersDoesNotMatter(t *testing.T) {
	a, b := named(7), []member{}
	for i := range a {
		b = append(b, a[len(a)-1-i])
	}
	p, q := newPlacement(a), newPlacement(b)
	for i := range 1000 {
		if org := fmt.Sprint(i); p.owner(org).Name != q.owner(org).Name {
			t.Fatalf("%s: %s and %s", org, p.owner(org).Name, q.owner(org).Name)
		}
	}
}

func TestWhoSaidGoodbyeHasNothing(t *testing.T) {
	members := named(2)
	members[0].Left = true
	p := newPlacement(members)
	for i := range 100 {
		if m := p.owner(fmt.Sprint(i)); m.Name != "heard-1" {
			t.Fatal(m)
		}
	}
	if m := newPlacement(nil).owner("a"); m != nil {
		t.Errorf("nobody is there, but %v has it", m)
	}
}

func BenchmarkOwnerAmongThousand(b *testing.B) {
	p := newPlacement(named(1000))
	for b.Loop() {
		p.owner("outlet-4711")
	}
}
