package actors

import (
	"sync"

	"heard/domain"
)

// feed tells followers what became durable, in the order of the log.
type feed struct {
	mu        sync.RWMutex
	followers map[string]map[*follower]struct{}
}

type follower struct {
	see   func([]domain.Record)
	moved func()
}

// Watch calls see with every batch of an organisation that becomes durable from
// now on, in order. see runs on the organisation's actor: it must not block and
// must not keep the records' order images longer than it needs. moved is called
// the same way when another node has taken the organisation over: see will be
// told nothing more. stop ends both.
func (e *Engine) Watch(org string, see func([]domain.Record), moved func()) (stop func()) {
	f := &follower{see, moved}
	e.feed.mu.Lock()
	defer e.feed.mu.Unlock()
	if e.feed.followers == nil {
		e.feed.followers = map[string]map[*follower]struct{}{}
	}
	if e.feed.followers[org] == nil {
		e.feed.followers[org] = map[*follower]struct{}{}
	}
	e.feed.followers[org][f] = struct{}{}
	return func() {
		e.feed.mu.Lock()
		defer e.feed.mu.Unlock()
		delete(e.feed.followers[org], f)
		if len(e.feed.followers[org]) == 0 {
			delete(e.feed.followers, org)
		}
	}
}

func (f *feed) publish(org string, records []domain.Record) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for follower := range f.followers[org] {
		follower.see(records)
	}
}

func (f *feed) moved(org string) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for follower := range f.followers[org] {
		follower.moved()
	}
}
