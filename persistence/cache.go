package persistence

import "context"

// CacheKind says what a cached value is, and with that how long it is kept.
type CacheKind string

// What callers keep in a Cache themselves.
const (
	CacheMenu     CacheKind = "menu"
	CacheSettings CacheKind = "settings"
)

// Cache keeps bytes that were costly to make.
type Cache interface {
	// Cached returns what is kept under the key, else what load makes. The key must
	// name everything the bytes depend on, a version first of all: a new version is
	// another key, so nothing is ever stale and nothing needs to be invalidated.
	// Callers that come together share one load. The only errors are load's and
	// ctx's. The bytes are shared: they must not be changed.
	Cached(ctx context.Context, kind CacheKind, key string, load func() ([]byte, error)) ([]byte, error)
}
