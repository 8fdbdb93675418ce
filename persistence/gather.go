package persistence

import "fmt"

// A gathered window is large enough at this many entries or bytes.
const (
	gatheredEntries = 500
	gatheredBytes   = 8 << 20
)

// Gathering makes windows of what a Fold follows, for those who write an
// organisation's documents anew. The zero value is ready.
type Gathering struct {
	window Window
	docs   map[string]*Document // the newest image of each order
	state  bool                 // the organisation's own state changed
	bytes  int
}

// Add takes an entry in, and reports whether the window is large enough.
func (g *Gathering) Add(e Entry, part *Followed) (enough bool) {
	if g.docs == nil {
		g.docs = map[string]*Document{}
	}
	for _, doc := range part.Docs {
		g.docs[doc.ID] = doc
		g.bytes += len(doc.Body)
	}
	w := &g.window
	w.Entries = append(w.Entries, e)
	w.Events = append(w.Events, part.Events...)
	w.Keys = append(w.Keys, part.Keys...)
	w.Through, w.AtMS = Chain{Seq: e.Last, Hash: part.Hash}, part.AtMS
	g.bytes += len(e.Data)
	g.state = g.state || part.Outlet != nil
	return len(w.Entries) >= gatheredEntries || g.bytes >= gatheredBytes
}

// Find is the newest image of an order that was taken in since the last window.
func (g *Gathering) Find(id string) *Document { return g.docs[id] }

// Take removes the window; nil = nothing was taken in.
func (g *Gathering) Take(org string, epoch uint64, f *Fold) (*Window, error) {
	w := g.window
	if len(w.Entries) == 0 {
		return nil, nil
	}
	w.Org, w.Epoch = org, epoch
	for _, doc := range g.docs {
		w.Orders = append(w.Orders, *doc)
	}
	if g.state {
		snapshot, err := f.Outlet.Snapshot()
		if err != nil {
			return nil, fmt.Errorf("encode the organisation: %w", err)
		}
		w.Outlet = snapshot
	}
	*g = Gathering{}
	return &w, nil
}
