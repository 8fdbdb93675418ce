package cluster

import (
	"net"
	"strconv"
)

// member is a process of the cluster. It never comes back: a restarted node is
// another member of the same name.
type member struct {
	ID   string `json:"id"` // of the process
	Name string `json:"name"`
	Host string `json:"host"` // where other nodes reach it
	Port int    `json:"port"`
	Left bool   `json:"left,omitempty"` // said goodbye: it has nothing any more but may be finishing
}

func (m *member) address() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// placement says which member has an organisation. It is a pure function of the
// members' names (rendezvous hashing): every node comes to the same answer
// without asking, and a node that comes or goes moves only its own share.
type placement struct {
	members []member
	seeds   []uint64 // of members
}

func newPlacement(members []member) *placement {
	p := &placement{}
	for _, m := range members {
		if !m.Left {
			p.members, p.seeds = append(p.members, m), append(p.seeds, hash(m.Name))
		}
	}
	return p
}

// owner is the member with the highest score for an organisation; nil when there
// is none.
func (p *placement) owner(org string) *member {
	key, best, found := hash(org), uint64(0), -1
	for i, seed := range p.seeds {
		if score := mix(key ^ seed); found < 0 || score > best {
			best, found = score, i
		}
	}
	if found < 0 {
		return nil
	}
	return &p.members[found]
}

// hash is FNV-1a with a finish: without it, names that differ in the last
// character get shares as uneven as 50, 25, 25.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is splitmix64's finish: every bit of the result depends on every bit.
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}
