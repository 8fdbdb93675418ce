package rest

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// addresses counts connections by where they come from, so that one machine cannot
// hold them all. Of IPv6, where one client has many addresses, a /64 counts as one.
type addresses struct {
	most    int            // connections of one address
	proxies []netip.Prefix // carry many clients: not counted
	refused atomic.Int64

	mu   sync.Mutex
	open map[netip.Addr]int
}

// enter counts a connection, and answers what it was counted under, or false when
// there are too many from there.
func (a *addresses) enter(from net.Addr) (netip.Addr, bool) {
	tcp, ok := from.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, true
	}
	address := tcp.AddrPort().Addr().Unmap().WithZone("")
	if slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return netip.Addr{}, true
	}
	if address.Is6() {
		address = netip.PrefixFrom(address, 64).Masked().Addr()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[address] >= a.most {
		a.refused.Add(1)
		return netip.Addr{}, false
	}
	a.open[address]++
	return address, true
}

func (a *addresses) leave(address netip.Addr) {
	if !address.IsValid() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[address]--; a.open[address] <= 0 {
		delete(a.open, address)
	}
}
