package actors

import "github.com/asynkron/protoactor-go/actor"

// narrowRegistry makes protoactor's registry of actors one map of 32 parts. It
// makes 1,024 of them: 107,000 pieces of memory that every garbage collection
// has to look at, as many as 27,000 open orders are.
func narrowRegistry(system *actor.ActorSystem) {
	registry := system.ProcessRegistry.LocalPIDs
	one := registry.LocalPIDs[:1:1]
	for _, other := range registry.LocalPIDs[1:] {
		if other.IsEmpty() {
			continue
		}
		for id, process := range other.Items() {
			one[0].Set(id, process)
		}
	}
	registry.LocalPIDs = append(one[:0:0], one...) // the others are let go of
}
