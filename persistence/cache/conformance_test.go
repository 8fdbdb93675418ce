package cache

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/redis/go-redis/v9"

	"heard/persistence"
	"heard/persistence/conformance"
	"heard/persistence/pebblestore"
)

// archived is a cached store whose archive is its journal.
type archived struct {
	*Store
	persistence.Journal
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	histories := 0
	run := func(client redis.UniversalClient, o Options) func(*testing.T) {
		return func(t *testing.T) {
			conformance.RunStore(t, func(t *testing.T) (persistence.Store, func() persistence.Store) {
				histories++ // each store is another history, though all are in one Redis
				o := o
				o.L2, o.History = client, fmt.Sprint("history-", histories)
				fs := vfs.NewMem()
				var db *pebblestore.DB
				open := func() persistence.Store {
					if db != nil {
						if err := db.Close(); err != nil {
							t.Fatal(err)
						}
					}
					var err error
					if db, err = pebblestore.Open(pebblestore.Options{Dir: "db", FS: fs, CacheBytes: 8 << 20}); err != nil {
						t.Fatal(err)
					}
					return archived{start(t, o).Over(db), db}
				}
				t.Cleanup(func() { _ = db.Close() })
				return open(), open
			})
		}
	}
	t.Run("memory", run(nil, Options{}))
	t.Run("redis", run(connect(t, redisServer(t)), Options{}))
	// An L1 that holds nothing for long makes L2 answer.
	t.Run("redis, small memory", run(connect(t, redisServer(t)), Options{MaxEntries: 1}))
}
