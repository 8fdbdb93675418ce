package main

import (
	"net/netip"

	"heard/transport/rest"
)

// limitFlags bound what clients may cost. docs/LIMITS.md lists every limit.
type limitFlags struct {
	ConnectionsPerAddress int      `help:"Connections one address may hold; 0 = three quarters of all." default:"0"`
	TrustedProxies        []string `help:"Addresses or networks of proxies in front: their connections are not counted for one address." placeholder:"10.0.0.0/8"`
	MaxBodies             byteSize `help:"Bytes of requests over 64 KiB that are held at once; more are 503." default:"128MiB"`
	MaxAnswers            byteSize `help:"Bytes of answers over 64 KiB that wait for slow readers at once; more are 503." default:"256MiB"`
	WriteBudget           byteSize `help:"What one organisation may write to the log in a minute beyond eight times what it sends; 0 = no limit." default:"256MiB"`
	RateUser              float64  `help:"Requests a second of one user, more are 429; 0 = no limit." default:"0"`
	RateOrganisation      float64  `help:"Likewise of one organisation." default:"0"`
	RateAddress           float64  `help:"Likewise of one address, without a good token." default:"0"`
}

const (
	maxPerAddress = 1_000_000
	maxRate       = 1_000_000 // requests a second
)

// limits are the server's; an error names the flag.
func (f *limitFlags) limits() (rest.Limits, error) {
	l := rest.Limits{
		PerAddress: f.ConnectionsPerAddress, BodiesInFlight: int(f.MaxBodies), AnswersInFlight: int(f.MaxAnswers),
		Rates: rest.Rates{User: f.RateUser, Organisation: f.RateOrganisation, Address: f.RateAddress},
	}
	for _, text := range f.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if address, other := netip.ParseAddr(text); err != nil && other == nil {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return l, usage("--trusted-proxies %s: want an address or a network, like 10.0.0.0/8", text)
		}
		l.Proxies = append(l.Proxies, network)
	}
	if f.ConnectionsPerAddress < 0 || f.ConnectionsPerAddress > maxPerAddress {
		return l, usage("--connections-per-address %d: must be 0 to %d", f.ConnectionsPerAddress, maxPerAddress)
	}
	for name, n := range map[string]float64{"rate-user": f.RateUser, "rate-organisation": f.RateOrganisation, "rate-address": f.RateAddress} {
		if !(n >= 0 && n <= maxRate) { // no number is neither
			return l, usage("--%s %v: must be 0 to %d", name, n, maxRate)
		}
	}
	for name, n := range map[string]byteSize{"max-bodies": f.MaxBodies, "max-answers": f.MaxAnswers} {
		if n < 16<<20 {
			return l, usage("--%s: must be at least 16MiB", name)
		}
	}
	return l, nil
}
