package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantRefused checks what every mistake in flags or environment comes to: exit
// code 2, one line that holds the parts, nothing else, and no folder.
func wantRefused(t *testing.T, r ran, data string, parts ...string) {
	t.Helper()
	if r.code != exitUsage || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !contains(r.stderr, append(parts, "heard: ")...) {
		t.Errorf("exit code %d, stdout %q, stderr %q; want one line with %q", r.code, r.stdout, r.stderr, parts)
	}
	if _, err := os.Stat(data); err == nil {
		t.Errorf("left %s behind", data)
	}
}

// takenAddress is one that an engine cannot listen on.
func takenAddress(t *testing.T) string {
	t.Helper()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	return taken.Addr().String()
}

// TestBadFlagsAreOneLineAndStartNothing: with a port that is in use, too, it is
// the flag that is named, since all of them are looked at first.
func TestBadFlagsAreOneLineAndStartNothing(t *testing.T) {
	t.Parallel()
	const secret = " --jwt-secret 0123456789012345678901234567890123456789 "
	taken, folder := takenAddress(t), t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args  string
		parts []string
	}{
		"unknown flag":          {"serve --bogus", []string{"--bogus"}},
		"unknown command":       {"server", []string{"server"}},
		"extra argument":        {"serve now", []string{"now"}},
		"short secret":          {"serve --jwt-secret short", []string{"--jwt-secret", "5 bytes", "32"}},
		"no port":               {"serve --listen localhost", []string{"localhost", "port"}},
		"no such port":          {"serve --listen 127.0.0.1:99999", []string{"99999", "port"}},
		"no such address":       {"serve --listen 127.0.0.256:0", []string{"127.0.0.256"}},
		"port in use":           {"serve --listen " + taken, []string{taken, "in use"}},
		"open sockets for all":  {"serve --allow-insecure-ws --listen 0.0.0.0:0", []string{"--allow-insecure-ws", "loopback"}},
		"open sockets, no host": {"serve --allow-insecure-ws --listen :0", []string{"--allow-insecure-ws", "loopback"}},
		"size without number":   {"serve --min-free lots", []string{"--min-free", "lots"}},
		"size of no unit":       {"serve --min-free 5parsecs", []string{"--min-free", "5parsecs"}},
		"negative size":         {"serve --min-free=-5", []string{"--min-free", "-5"}},
		"no such durability":    {"serve --durability none", []string{"--durability", "durable", "fast"}},
		"fast on servers":       {"serve --durability fast --store redis-mongo", []string{"--durability", "embedded"}},
		"no such store":         {"serve --store sqlite", []string{"--store", "redis-mongo", "embedded"}},
		"secret to be shared":   {"serve --store redis-mongo", []string{"--jwt-secret", "redis-mongo"}},
		"no mongo url":          {"serve --store redis-mongo" + secret + "--mongo-uri nowhere", []string{"--mongo-uri", "mongodb+srv"}},
		"mongo not there":       {"serve --store redis-mongo" + secret + "--listen 127.0.0.1:0 --mongo-uri mongodb://127.0.0.1:1/heard", []string{"--mongo-uri", "127.0.0.1:1"}},
		"no redis url":          {"serve --store redis-mongo" + secret + "--redis-url nowhere", []string{"--redis-url", "redis://"}},
		"no cache url":          {"serve --cache-url nowhere", []string{"--cache-url"}},
		"no certificates":       {"serve --store redis-mongo --cluster" + secret + "--cluster-ca " + file + " --cluster-cert " + file + " --cluster-key " + file, []string{"--cluster-ca", file}},
		"audit, no mongo url":   {"audit --store redis-mongo --mongo-uri nowhere", []string{"--mongo-uri"}},
		"interval without unit": {"serve --flush-interval 5", []string{"--flush-interval"}},
		"interval too long":     {"serve --flush-interval 1h", []string{"--flush-interval", "1h"}},
		"no flush":              {"serve --flush-ops 0", []string{"--flush-ops"}},
		"origin":                {"serve --cors-origins localhost", []string{"localhost"}},
		"log level":             {"serve --log-level loud", []string{"--log-level", "loud"}},
		"log format":            {"serve --log-format xml", []string{"--log-format", "xml"}},
		"role":                  {"token --org a --user u --role chef", []string{"--role", "chef"}},
		"no role":               {"token --org a --user u", []string{"--role"}},
		"org":                   {"token --org a/b --user u --role admin", []string{"--org", "a/b"}},
		"empty user":            {"token --org a --user= --role admin", []string{"--user"}},
		"user with an escape":   {"token --org a --user u\x1b[2J --role admin", []string{"--user", "U+001B", `\x1b`}},
		"name with an escape":   {"token --org a --user u --name n\x1b --role admin", []string{"--name", "U+001B"}},
		"life":                  {"token --org a --user u --role admin --ttl 0s", []string{"--ttl"}},
		"token, short secret":   {"token --org a --user u --role admin --jwt-secret short", []string{"--jwt-secret", "32"}},
		"file to replay":        {"replay /nowhere.ndjson --org a", []string{"/nowhere.ndjson"}},
		"concurrency":           {"replay refusal_test.go --org a --concurrency 0", []string{"--concurrency"}},
		"speed":                 {"replay refusal_test.go --org a --speed=-1", []string{"--speed"}},
		"replay to nowhere":     {"replay refusal_test.go --org a --url nowhere", []string{"--url", "nowhere"}},
		"no such currency":      {"replay refusal_test.go --org a --currency XXQ", []string{"--currency", "XXQ"}},
		"file of bills":         {"bill check /nowhere.json", []string{"/nowhere.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			args := strings.Fields(c.args)
			if args[0] != "bill" && len(args) > 1 {
				args = append(args, "--data", data)
			}
			if args[0] == "serve" && !strings.Contains(c.args, "--listen") {
				args = append(args, "--listen", taken)
			}
			wantRefused(t, runHeard(t, args...), data, c.parts...)
		})
	}
}

// TestFlagsHaveTwinsInTheEnvironment: the twin counts, and the flag wins.
func TestFlagsHaveTwinsInTheEnvironment(t *testing.T) {
	taken := takenAddress(t)
	for twin, part := range map[string]string{
		"HEARD_LISTEN=nowhere": "nowhere", "HEARD_JWT_SECRET=short": "32 ", "HEARD_MIN_FREE=lots": "lots", "HEARD_STORE=sqlite": "sqlite",
		"HEARD_FLUSH_INTERVAL=2h": "2h", "HEARD_FLUSH_OPS=0": "0", "HEARD_LOG_LEVEL=loud": "loud", "HEARD_CORS_ORIGINS=localhost": "localhost",
	} {
		t.Run(twin, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			wantRefused(t, runHeardWith(t, []string{"HEARD_LISTEN=" + taken, twin, "HEARD_DATA=" + data}, "serve"), data, part)
		})
	}
	data := t.TempDir() // with another secret, which must not count
	if err := os.WriteFile(filepath.Join(data, "jwt-secret"), []byte(strings.Repeat("o", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environment("HEARD_LISTEN="+taken, "HEARD_MIN_FREE=1000000TiB", "HEARD_DATA="+data, "HEARD_LOG_LEVEL=error", "HEARD_JWT_SECRET=short")
	e := adopt(t, start(t, env, server, "serve", "--listen", "127.0.0.1:0", "--jwt-secret", strings.Repeat("s", 32)), data)
	if _, err := os.Stat(filepath.Join(data, "store")); err != nil {
		t.Errorf("HEARD_DATA: %v", err)
	}
	if said := e.stderr.String(); said != "" {
		t.Errorf("HEARD_LOG_LEVEL=error, and yet: %s", said)
	}
	if a := e.do("GET", "/readyz", ""); a.status != 503 {
		t.Errorf("HEARD_MIN_FREE: %v", a)
	}
	token := runHeard(t, "token", "--jwt-secret", strings.Repeat("s", 32), "--org", "bistro", "--user", "u", "--role", "waiter")
	e.token = strings.TrimSpace(token.stdout)
	if a := e.do("GET", "/api/orders", ""); !a.ok() {
		t.Errorf("a token of the flag's secret: %v", a)
	}
	e.term()
}

func TestTwoEnginesCannotShareAFolder(t *testing.T) {
	e := startEngine(t, t.TempDir())
	created := e.create("k")
	began := runHeard(t, "serve", "--listen", "127.0.0.1:0", "--data", e.data)
	wantRefused(t, began, filepath.Join(e.data, "nothing"), e.data, "another heard")
	if again := e.create("k"); !created.ok() || string(again.body) != string(created.body) {
		t.Errorf("the first engine: %v, then %v", created, again)
	}
	if r := runHeard(t, "audit", "--data", e.data); r.code == 0 || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("audit beside a running engine: %+v", r)
	}
	if e.wantReady(); e.do("GET", "/api/orders", "").status != 200 {
		t.Error("the first engine was disturbed")
	}
}

func (e *engine) wantReady() {
	e.t.Helper()
	if a := e.do("GET", "/readyz", ""); !a.ok() {
		e.t.Errorf("readyz: %v", a)
	}
}

func TestSecretThatOthersMayReadIsRefused(t *testing.T) {
	data := t.TempDir()
	token := []string{"token", "--data", data, "--org", "a", "--user", "u", "--role", "admin"}
	startEngine(t, data).term() // makes one
	if err := os.RemoveAll(filepath.Join(data, "store")); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(data, "jwt-secret")
	info, err := os.Stat(secret)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v of the secret that was made: %v", info.Mode(), err)
	}
	store := filepath.Join(data, "store")
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604} {
		if err := os.Chmod(secret, mode); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, runHeard(t, "serve", "--listen", "127.0.0.1:0", "--data", data), store, secret, "read by others")
		wantRefused(t, runHeard(t, token...), store, secret)
	}
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, runHeard(t, "serve", "--listen", "127.0.0.1:0", "--data", data), store, secret, "32")
}

// TestFolderThatCannotBeIsRefused: a file stands where the folder should be.
func TestFolderThatCannotBeIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{file, filepath.Join(file, "data")} {
		for _, more := range [][]string{nil, {"--jwt-secret", strings.Repeat("s", 32)}} {
			args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, more...)
			wantRefused(t, runHeard(t, args...), filepath.Join(data, "store"), "--data", file)
		}
	}
}
