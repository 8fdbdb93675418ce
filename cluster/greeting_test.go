package cluster

import (
	"strings"
	"testing"
)

// TestAddressOfAnotherIsRefused: nobody would reach what such a node owns. Where
// nobody answers the network may be to blame.
func TestAddressOfAnotherIsRefused(t *testing.T) {
	n, err := New(quietOptions("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.checkAddress((&peer{id: n.system.ID}).listen(t)); err != nil {
		t.Errorf("its own address: %v", err)
	}
	if err := n.checkAddress((&peer{id: "another"}).listen(t)); err == nil || !strings.Contains(err.Error(), "another node answers") {
		t.Errorf("another node's address: %v", err)
	}
	if err := n.checkAddress("127.0.0.1:1"); err != nil {
		t.Errorf("nobody's address: %v", err)
	}
}
