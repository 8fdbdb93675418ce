package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"heard/persistence/mongostore"
	"heard/persistence/pebblestore"
	"heard/persistence/redisjournal"
	"heard/transport/auth"
)

// dataFlags say where the data is and which secret signs tokens.
type dataFlags struct {
	Data      string `help:"Folder of the embedded store and of the generated secret." default:"./data" type:"path"`
	JWTSecret string `name:"jwt-secret" help:"Secret of the tokens (HS256), at least 32 bytes. Default: generated into the data folder."`
}

// given is the secret that there is, nil where none was made yet. It makes none.
func (f *dataFlags) given() ([]byte, error) {
	if f.JWTSecret != "" {
		if err := auth.CheckSecret([]byte(f.JWTSecret)); err != nil {
			return nil, usage("--jwt-secret: %w", err)
		}
		return []byte(f.JWTSecret), nil
	}
	if err := checkFolder("--data", f.Data); err != nil {
		return nil, err
	}
	secret, err := auth.LoadSecret(f.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usageError{err}
	}
	return secret, nil
}

// secret is the one given, else one that is made into the data folder.
func (f *dataFlags) secret() ([]byte, error) {
	secret, err := f.given()
	if err != nil || secret != nil {
		return secret, err
	}
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return nil, usage("--data: %w", err)
	}
	if secret, err = auth.LoadOrCreateSecret(f.Data); err != nil {
		return nil, usageError{err}
	}
	return secret, nil
}

// checkFolder refuses a path where there is no folder and none can be made.
func checkFolder(flag, path string) error {
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return usage("%s %s: %s is no folder", flag, path, at)
		}
		if err == nil || at == filepath.Dir(at) {
			return nil
		}
	}
}

// What --store may say.
const (
	embedded   = "embedded"
	redisMongo = "redis-mongo"
)

// storeFlags choose and open the store.
type storeFlags struct {
	Store string `help:"Where orders are kept: embedded (a folder) or redis-mongo (journal in Redis, documents in MongoDB)." enum:"embedded,redis-mongo" default:"embedded"`
	serverFlags
}

// serverFlags say where the servers of redis-mongo are.
type serverFlags struct {
	RedisURL      string `name:"redis-url" help:"Journal: redis://host:port/0, rediss://, several hosts with ?master_name=NAME (Sentinel) or ?cluster=true." default:"redis://127.0.0.1:6379/0"`
	RedisReplicas int    `name:"redis-replicas" help:"Replicas that must have an order before it is answered; 0 = one, where there is any."`
	RedisUnsafe   bool   `name:"redis-unsafe" help:"Start on a Redis whose settings lose orders on a crash; for trying out."`
	MongoURI      string `name:"mongo-uri" help:"Documents: mongodb://host:port/database." default:"mongodb://127.0.0.1:27017/heard"`
	MongoBulk     int    `name:"mongo-bulk" help:"Most statements of one bulk." default:"500" hidden:""`
}

// checkNumbers refuses what no server could do.
func (f *serverFlags) checkNumbers() error {
	if f.RedisReplicas < 0 || f.RedisReplicas > 100 {
		return usage("--redis-replicas %d: must be 0 to 100", f.RedisReplicas)
	}
	if f.MongoBulk < 1 || f.MongoBulk > 100_000 {
		return usage("--mongo-bulk %d: must be 1 to 100000", f.MongoBulk)
	}
	return nil
}

// check refuses what could not work, before anything is opened.
func (f *serverFlags) check() error {
	if err := f.checkNumbers(); err != nil {
		return err
	}
	if err := redisjournal.CheckURL(f.RedisURL); err != nil {
		return usage("--redis-url: %w", err)
	}
	if err := mongostore.CheckURI(f.MongoURI); err != nil {
		return usage("--mongo-uri: %w", err)
	}
	return nil
}

// check refuses what could not work; servers that are not asked may be anything.
func (f *storeFlags) check() error {
	if f.Store == embedded {
		return f.checkNumbers()
	}
	return f.serverFlags.check()
}

// cacheFlags bound the cache in front of the store.
type cacheFlags struct {
	CacheURL     string `name:"cache-url" help:"Second cache tier, shared by nodes: a Redis of its own (maxmemory-policy allkeys-lru). Default: none."`
	CacheEntries int    `name:"cache-entries" help:"Entries of the first cache tier." default:"10000"`
}

// open opens the store as flags say. readOnly is for tools that only look: they
// make nothing where nothing is.
func (f *storeFlags) open(ctx context.Context, data string, log *slog.Logger, readOnly bool) (*backend, error) {
	if f.Store == redisMongo {
		return f.openRedisMongo(ctx, log, readOnly)
	}
	return openEmbedded(data, log, pebblestore.Options{ReadOnly: readOnly})
}

// logFlags shape the log.
type logFlags struct {
	LogFormat string `help:"text or json; default: text on a terminal, else json." enum:"text,json," default:""`
	LogLevel  string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
}

func (f *logFlags) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(f.LogLevel))); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: readableDurations}
	if f.LogFormat == "text" || f.LogFormat == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// readableDurations writes 1.5s where JSON would have 1500000000.
func readableDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// byteSize reads sizes: 256MiB, 1GB, 4096.
type byteSize int64

// UnmarshalText reads a size.
func (b *byteSize) UnmarshalText(text []byte) error {
	number, unit := string(text), ""
	if i := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		number, unit = number[:i], strings.TrimSpace(number[i:])
	}
	var n int64
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil {
		return fmt.Errorf("%q is not a size like 256MiB", text)
	}
	scale := map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}[unit]
	if scale == 0 || n > 1<<62/scale {
		return fmt.Errorf("%q is not a size like 256MiB", text)
	}
	*b = byteSize(n * scale)
	return nil
}
