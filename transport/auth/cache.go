package auth

import (
	"hash/maphash"
	"sync"
)

// maxCached bounds the verified tokens that are kept, about 20 MB.
const maxCached = 50_000

// cacheShards keeps requests on many cores from waiting for one lock.
const cacheShards = 16

type cache struct {
	seed   maphash.Seed
	limit  int // per shard
	shards [cacheShards]shard
}

type shard struct {
	mu     sync.RWMutex
	tokens map[string]Subject
}

func (c *cache) init(limit int) {
	c.seed = maphash.MakeSeed()
	c.limit = limit / cacheShards
	for i := range c.shards {
		c.shards[i].tokens = map[string]Subject{}
	}
}

// get does not allocate. An expired token is dropped; checking it again gives
// the client the right refusal.
func (c *cache) get(token []byte, nowMS int64) (Subject, bool) {
	s := &c.shards[maphash.Bytes(c.seed, token)%cacheShards]
	s.mu.RLock()
	subject, ok := s.tokens[string(token)]
	s.mu.RUnlock()
	if ok && subject.ExpiresMS <= nowMS {
		s.mu.Lock()
		delete(s.tokens, string(token))
		s.mu.Unlock()
		return Subject{}, false
	}
	return subject, ok
}

func (c *cache) put(token string, subject Subject, nowMS int64) {
	s := &c.shards[maphash.String(c.seed, token)%cacheShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) >= c.limit {
		s.makeRoom(nowMS)
	}
	s.tokens[token] = subject
}

// makeRoom drops what expired among a few tokens picked by the map's random
// order, and at least one token: a full cache costs a verification, no more.
func (s *shard) makeRoom(nowMS int64) {
	const look = 8
	seen, dropped := 0, 0
	for token, subject := range s.tokens {
		if seen++; seen > look {
			break
		}
		if subject.ExpiresMS <= nowMS {
			delete(s.tokens, token)
			dropped++
		}
	}
	for token := range s.tokens {
		if dropped > 0 {
			return
		}
		delete(s.tokens, token)
		dropped++
	}
}

func (c *cache) size() int {
	n := 0
	for i := range c.shards {
		c.shards[i].mu.RLock()
		n += len(c.shards[i].tokens)
		c.shards[i].mu.RUnlock()
	}
	return n
}
