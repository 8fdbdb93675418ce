package limits

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sort"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/valyala/fasthttp"

	"heard/bench/rival"
)

// bareEnv makes the test binary the bare handler: it answers these bytes.
const bareEnv = "HEARD_BENCH_BARE"

func TestMain(m *testing.M) {
	if body, bare := os.LookupEnv(bareEnv); bare {
		serveBare([]byte(body))
		return
	}
	switch os.Getenv(peerEnv) {
	case "gorilla":
		servePeer(rival.Gorilla)
	case "bare":
		servePeer(bareLoop)
	}
	debug.SetGCPercent(1000) // the load's own garbage must not cost the server its processor
	os.Exit(m.Run())
}

func serveBare(body []byte) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening http://%s\n", ln.Addr())
	panic(fasthttp.Serve(ln, func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType("application/json")
		ctx.SetBody(body)
	}))
}

var orderBody = []byte(`{"table_id":"t-4","table_number":4,"items":[{"menu_item_id":"item1","name":"Paneer Tikka","quantity":2,"price":290},{"menu_item_id":"item2","name":"Garlic Naan","quantity":3,"price":70.5},{"menu_item_id":"item3","name":"Sweet Lassi","quantity":1,"price":90}]}`)

// engine builds the binary and starts it with a token.
func engine(b *testing.B) (p *Process, binary, data, token string) {
	b.Helper()
	binary = filepath.Join(b.TempDir(), "heard")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/heard").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	data = filepath.Join(b.TempDir(), "data")
	p = start(b, binary, data)
	return p, binary, data, mint(b, "bench", "admin")
}

// secret signs all tokens here: the program would take 20 ms for each.
const secret = "a secret of benchmarks, 32 bytes or more"

func mint(b *testing.B, org, role string) string {
	b.Helper()
	now := time.Now().Unix()
	claims := jwt.MapClaims{"sub": "u1", "org": org, "role": role, "iat": now, "exp": now + 12*3600}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		b.Fatal(err)
	}
	return token
}

func start(b *testing.B, binary, data string) *Process {
	b.Helper()
	p, err := StartProcess(binary, nil, "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn", "--jwt-secret", secret)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Kill() })
	return p
}

func call(b *testing.B, method, url, token string, body []byte) []byte {
	b.Helper()
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	request.SetRequestURI(url)
	request.Header.SetMethod(method)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.SetContentType("application/json")
	request.SetBody(body)
	if err := fasthttp.Do(request, response); err != nil || response.StatusCode() != 200 {
		b.Fatalf("%s %s: %v %d %s", method, url, err, response.StatusCode(), response.Body())
	}
	return response.Body()
}

func orderID(b *testing.B, p *Process, token string) string {
	b.Helper()
	var order struct{ ID string }
	if err := json.Unmarshal(call(b, "POST", p.URL+"/api/orders", token, orderBody), &order); err != nil {
		b.Fatal(err)
	}
	return order.ID
}

func mustRun(b *testing.B, l *Load, d time.Duration, rate float64) *Result {
	b.Helper()
	r, err := l.Run(d, rate)
	if err != nil || r.Errors > 0 {
		b.Fatalf("%v, %d errors of %d", err, r.Errors, r.Requests)
	}
	return r
}

func median(v []float64) float64 {
	sort.Float64s(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// BenchmarkDurableCreates compares durable creates with the bare handler that
// answers the same bytes: pairs in ABBA order, the median of the pairs' ratios;
// then the latency at half the peak, in an open loop.
func BenchmarkDurableCreates(b *testing.B) {
	for _, connections := range []int{64, 256} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) { compareCreates(b, connections, 6, 1500*time.Millisecond) })
	}
}

func compareCreates(b *testing.B, connections, pairs int, each time.Duration) {
	p, _, _, token := engine(b)
	answer := call(b, "POST", p.URL+"/api/orders", token, orderBody)
	bare, err := StartProcess(os.Args[0], []string{bareEnv + "=" + string(answer)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = bare.Kill() }()
	ours := &Load{URL: p.URL + "/api/orders", Token: token, Body: orderBody, Connections: connections}
	theirs := &Load{URL: bare.URL + "/api/orders", Token: token, Body: orderBody, Connections: connections}
	mustRun(b, ours, time.Second, 0) // warm up
	var ratios, rates, cpu, bareCPU []float64
	for b.Loop() {
		for pair := range pairs {
			var r [2]float64
			for i := range 2 {
				which := (pair + i) % 2 // A B, B A, …
				load, process, costs := ours, p, &cpu
				if which == 1 {
					load, process, costs = theirs, bare, &bareCPU
				}
				before, _ := process.CPU()
				result := mustRun(b, load, each, 0)
				after, _ := process.CPU()
				r[which] = result.PerSecond()
				*costs = append(*costs, float64((after-before).Microseconds())/float64(result.Requests))
			}
			ratios, rates = append(ratios, r[0]/r[1]), append(rates, r[0])
		}
	}
	peak := median(rates)
	half := mustRun(b, ours, 3*time.Second, peak/2)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(peak, "creates/s")
	b.ReportMetric(median(ratios), "of-bare")
	b.ReportMetric(median(cpu)-median(bareCPU), "cpu-µs-beyond-bare")
	b.ReportMetric(half.MS(50), "p50-ms-at-half")
	b.ReportMetric(half.MS(99), "p99-ms-at-half")
	c := stats(b, p, token)
	b.ReportMetric(1000*c.Journal.Fsyncs/c.Actors.Commands, "fsyncs/1000-creates")
	b.ReportMetric(c.Journal.FsyncP99MS, "fsync-p99-ms")
}

// counted is what the engine itself counted since its start.
type counted struct {
	Journal struct {
		Fsyncs     float64
		FsyncP99MS float64 `json:"fsync_p99_ms"`
	}
	Actors struct{ Commands float64 }
	Batch  struct {
		Pending int64 `json:"pending_operations"`
	} `json:"batch_processor"`
	Websocket struct {
		Stalled, Overflows int64
		Pages              int64 `json:"snapshot_pages"`
		Shared             int64 `json:"shared_chunks"`
	}
}

func stats(b *testing.B, p *Process, token string) (c counted) {
	b.Helper()
	if err := json.Unmarshal(call(b, "GET", p.URL+"/api/admin/performance-stats", token, nil), &c); err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkRestart kills the engine with 100,000 open orders in 100
// organisations and times the new process to its first answer.
func BenchmarkRestart(b *testing.B) {
	const orders, organisations = 100_000, 100
	p, binary, data, token := engine(b)
	var tokens []string
	for i := range organisations {
		tokens = append(tokens, mint(b, fmt.Sprintf("bench-%d", i), "admin"))
	}
	before, _ := p.ResidentBytes()
	for _, t := range tokens {
		fill(b, p.URL, t, orders/organisations)
	}
	after, _ := p.ResidentBytes()
	call(b, "GET", p.URL+"/healthz", token, nil)
	var took []float64
	for b.Loop() {
		if err := p.Kill(); err != nil {
			b.Fatal(err)
		}
		started := time.Now()
		p = start(b, binary, data)
		call(b, "GET", p.URL+"/api/orders?limit=1", tokens[0], nil)
		took = append(took, time.Since(started).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "s-to-first-answer")
	b.ReportMetric(float64(after-before)/orders, "RSS-bytes/order")
}

// fill places orders on 64 connections.
func fill(b *testing.B, url, token string, orders int) {
	load := &Load{URL: url + "/api/orders", Token: token, Body: orderBody, Connections: 64}
	for done := int64(0); done < int64(orders); {
		r := mustRun(b, load, 20*time.Millisecond, 0)
		done += r.Requests
	}
}
