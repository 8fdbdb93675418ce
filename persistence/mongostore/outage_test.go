package mongostore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"heard/domain"
	"heard/persistence"
	"heard/persistence/mongostore"
	"heard/persistence/mongotest"
)

// TestOutageIsUnavailableInTime says so for every call, whether the server
// refuses connections or takes them and answers nothing; then it heals.
func TestOutageIsUnavailableInTime(t *testing.T) {
	server := mongotest.Ferret(t)
	proxy := mongotest.NewProxy(t, server)
	store := open(t, server, proxy.URI, server.Database())
	h := newHistory(1, "a", 4, 12)
	w := h.window(0, len(h.entries))
	const limit = 300 * time.Millisecond
	calls := map[string]func(context.Context) error{
		"apply":     func(ctx context.Context) error { return store.Apply(ctx, []persistence.Window{w}) },
		"load":      func(ctx context.Context) error { _, err := store.Load(ctx, "a"); return err },
		"order":     func(ctx context.Context) error { _, err := store.Order(ctx, "a", "o1"); return err },
		"timeline":  func(ctx context.Context) error { _, err := store.Timeline(ctx, "a", "o1"); return err },
		"watermark": func(ctx context.Context) error { _, err := store.Watermark(ctx, "a"); return err },
		"list":      func(ctx context.Context) error { return list(ctx, store) },
		"archive": func(ctx context.Context) error {
			return store.Archive(ctx, "a", 0, func(persistence.Entry) error { return nil })
		},
		"organisations": func(ctx context.Context) error { _, err := store.Organisations(ctx, "", 1); return err },
		"history":       func(ctx context.Context) error { _, err := store.History(ctx); return err },
		"menu":          func(ctx context.Context) error { _, _, err := store.InitialMenu(ctx, "a"); return err },
	}
	for trouble, cause := range map[string]func(){"down": proxy.Down, "hanging": proxy.Hang} {
		cause()
		for name, call := range calls {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			start := time.Now()
			err := call(ctx)
			cancel()
			if !errors.Is(err, persistence.ErrUnavailable) {
				t.Errorf("%s while the server is %s: %v", name, trouble, err)
			}
			if took := time.Since(start); took > patience {
				t.Errorf("%s while the server is %s took %v", name, trouble, took)
			}
		}
		proxy.Down() // ends connections that hang
		proxy.Heal()
		apply(t, store, w)
		h.checkAll(t, store)
	}
}

func list(ctx context.Context, s *mongostore.Store) error {
	_, err := s.Orders(ctx, persistence.Selection{Org: "a", Filter: domain.Filter{LimitRows: 5}})
	return err
}

func TestOpenWithoutServerIsUnavailable(t *testing.T) {
	start := time.Now()
	_, err := mongostore.Open(t.Context(), mongostore.Options{URI: "mongodb://127.0.0.1:1/heard?directConnection=true"})
	if !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("opened without a server: %v", err)
	}
	if took := time.Since(start); took > patience {
		t.Errorf("gave up after %v", took)
	}
	if _, err := mongostore.Open(t.Context(), mongostore.Options{URI: "postgres://127.0.0.1"}); err == nil || errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("a URI that is none: %v", err)
	}
}
