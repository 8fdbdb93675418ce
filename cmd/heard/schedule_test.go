package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Random fault schedules: HEARD_FAULT_SCHEDULES says how many, and
// HEARD_FAULT_SEED the seed of the first, so that other ones run, or a failing
// one again.
const (
	schedulesVariable = "HEARD_FAULT_SCHEDULES"
	seedVariable      = "HEARD_FAULT_SEED"
)

func fromEnvironment(t *testing.T, variable string, otherwise uint64) uint64 {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// TestRandomFaults: nodes die, stop, stand still and come back, and so does
// Redis, while clients place and change orders. Histories are linearizable, the
// log is whole, and nothing acknowledged is lost or there twice.
func TestRandomFaults(t *testing.T) {
	first := fromEnvironment(t, seedVariable, 1)
	for i := range fromEnvironment(t, schedulesVariable, 10) {
		t.Run(strconv.FormatUint(first+i, 10), func(t *testing.T) { randomFaults(t, first+i) })
	}
}

const faultsOfSchedule = 3

func randomFaults(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	t.Parallel()
	f := startFleet(t, lifeUnderFaults)
	organisations := orgs(4)
	h := f.watchOrder("history")
	d := f.order("r", organisations, f.nodes...)
	for range faultsOfSchedule {
		time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond) // of the schedule
		f.fault(random)
		d.each(1)
		f.audit(f.nodes...)
	}
	d.end()
	t.Logf("longest wait for an order %v, most repeats %d", d.longest().Round(time.Millisecond), d.most)
	h.wantLinearizable()
	f.wantAll(f.nodes[0], d)
	f.endAll()
}

// fault makes one thing go wrong and sees to it that it is well again.
func (f *fleet) fault(random *rand.Rand) {
	f.t.Helper()
	n := f.nodes[random.IntN(len(f.nodes))]
	pause := time.Duration(500+random.IntN(3500)) * time.Millisecond
	switch what := random.IntN(5); what {
	case 0:
		f.t.Log("kill -9 ", n.name)
		n.now().kill9()
		f.start(f.t, n)
	case 1:
		f.t.Log("kill -9 and back later ", n.name)
		n.now().kill9()
		time.Sleep(pause)
		f.start(f.t, n)
	case 2:
		f.t.Log("restart ", n.name)
		n.now().term()
		f.start(f.t, n)
	case 3:
		f.t.Log("stand still ", n.name, pause)
		n.now().signal(syscall.SIGSTOP)
		time.Sleep(pause)
		n.now().signal(syscall.SIGCONT)
	case 4:
		f.t.Log("redis stands still ", pause)
		f.redis.Signal(syscall.SIGSTOP)
		time.Sleep(pause)
		f.redis.Signal(syscall.SIGCONT)
	}
	f.settle()
}

// settle starts nodes again that found out that others took them for dead, until
// all see all.
func (f *fleet) settle() {
	f.t.Helper()
	eventually(f.t, 2*patience, "all nodes see all", func() bool {
		for _, n := range f.nodes {
			select {
			case <-n.now().ended:
				if code := n.now().exit(time.Second); code != exitZombie {
					f.t.Errorf("%s ended with %d", n.name, code)
				}
				f.start(f.t, n)
			default:
			}
		}
		for _, n := range f.nodes {
			if n.present(f.t) != len(f.nodes) {
				return false
			}
		}
		return true
	})
}
