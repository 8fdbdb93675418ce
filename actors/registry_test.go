package actors

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// TestNarrowRegistryKeepsWhoIsThere: those who were registered before are found,
// and so are those who come.
func TestNarrowRegistryKeepsWhoIsThere(t *testing.T) {
	system := actor.NewActorSystem()
	before := map[string]any{}
	for _, part := range system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for id, process := range part.Items() {
			before[id] = process
		}
	}
	if len(before) == 0 {
		t.Fatal("nobody was there")
	}
	narrowRegistry(system)
	if n := len(system.ProcessRegistry.LocalPIDs.LocalPIDs); n != 1 {
		t.Errorf("%d maps", n)
	}
	for id, process := range before {
		if now, found := system.ProcessRegistry.GetLocal(id); !found || now != process {
			t.Errorf("%s is lost", id)
		}
	}
	pid := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if c.Sender() != nil {
			c.Respond("heard")
		}
	}))
	if answer, err := system.Root.RequestFuture(pid, "order", -1).Result(); answer != "heard" || err != nil {
		t.Errorf("%v, %v", answer, err)
	}
	if err := system.Root.StopFuture(pid).Wait(); err != nil {
		t.Error(err)
	}
	if _, found := system.ProcessRegistry.GetLocal(pid.Id); found {
		t.Error("it is there after it stopped")
	}
}
