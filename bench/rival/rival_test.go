package rival

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"heard/bench/load"
)

func answer(status int, contentType, body string) *fasthttp.Response {
	r := &fasthttp.Response{}
	r.SetStatusCode(status)
	r.Header.SetContentType(contentType)
	r.SetBodyString(body)
	return r
}

// serve starts the bare handler on what went through its JSON.
func serve(t *testing.T, a *Answers) string {
	t.Helper()
	var text bytes.Buffer
	if err := a.Save(&text); err != nil {
		t.Fatal(err)
	}
	back, err := ReadAnswers(&text)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() { _ = ServeBare(ln, back) }()
	return "http://" + ln.Addr().String()
}

func ask(t *testing.T, method, url string) (status int, contentType, body string) {
	t.Helper()
	request, response := &fasthttp.Request{}, &fasthttp.Response{}
	request.Header.SetMethod(method)
	request.SetRequestURI(url)
	if err := fasthttp.Do(request, response); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode(), string(response.Header.ContentType()), string(response.Body())
}

func TestTheBareHandlerAnswersTheSameBytes(t *testing.T) {
	a := &Answers{}
	a.Add("POST", "/api/orders", answer(200, "application/json", `{"order_id":"o-1","long":"order"}`))
	a.Add("POST", "/api/orders", answer(200, "application/json", `{"order_id":"o-2"}`))
	a.Add("GET", "/api/orders/o-1", answer(200, "application/json; charset=utf-8", `{"id":"o-1"}`))
	a.Add("PUT", "/api/orders/o-1/status?status=ready", answer(202, "application/json", `{"message":"ok"}`))
	url := serve(t, a)
	seen := map[string]int{}
	for range 4 {
		_, _, body := ask(t, "POST", url+"/api/orders")
		seen[body]++
	}
	if seen[`{"order_id":"o-1","long":"order"}`] != 2 || seen[`{"order_id":"o-2"}`] != 2 {
		t.Errorf("creates answered %v", seen)
	}
	for _, c := range []struct {
		method, path string
		status       int
		contentType  string
		body         string
	}{
		{"GET", "/api/orders/o-7", 200, "application/json; charset=utf-8", `{"id":"o-1"}`},
		{"PUT", "/api/orders/other/status?status=served", 202, "application/json", `{"message":"ok"}`},
		{"GET", "/api/orders", 404, "", ""},
		{"GET", "/api/orders/o-7/bill", 404, "", ""},
		{"PUT", "/api/orders//status", 404, "", ""},
	} {
		status, contentType, body := ask(t, c.method, url+c.path)
		if status != c.status || body != c.body || c.contentType != "" && contentType != c.contentType {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, status, contentType, body)
		}
	}
}

// TestTheLastAnswersAreKept: what came while the load was prepared may be of
// another length.
func TestTheLastAnswersAreKept(t *testing.T) {
	a := &Answers{}
	a.Add("GET", "/api/menu", answer(200, "application/json", "[]"))
	for range keptAnswers {
		a.Add("GET", "/api/menu", answer(200, "application/json", strings.Repeat("x", 1000)))
	}
	if n := a.MeanBytes("GET", "/api/menu"); n != 1000 {
		t.Errorf("mean of %d bytes", n)
	}
	if n := a.MeanBytes("POST", "/api/orders"); n != 0 {
		t.Errorf("mean of %d bytes of what was never answered", n)
	}
}

func TestAnswersThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", "null", `[{"method":"GET","pattern":"/x"}]`, `[{"method":"GET","bodies":["eA=="]}]`} {
		if _, err := ReadAnswers(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "answers: ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAppendsStayWithinTheirFile(t *testing.T) {
	folder := t.TempDir()
	job, end, err := Appends(folder, 40<<20)
	if err != nil {
		t.Fatal(err)
	}
	w := job.Worker(0)
	for i, want := range []int64{40 << 20, 40 << 20, 40 << 20} { // a second would be more than the file may have
		if _, err := w.Send(load.Turn{}); err != nil {
			t.Fatal(err)
		}
		if n := sizes(t, folder); n != want {
			t.Errorf("after %d appends %d bytes", i+1, n)
		}
	}
	end()
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, _, err := Appends("/no/such/folder", 10); err == nil {
		t.Error("a folder that is not there")
	}
	job, end, err = Appends(folder, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	for range 3 {
		if _, err := job.Worker(0).Send(load.Turn{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := sizes(t, folder); n != 3000 {
		t.Errorf("three appends of 1000 are %d", n)
	}
}

func sizes(t *testing.T, folder string) (sum int64) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", f.Name(), err))
		}
		sum += info.Size()
	}
	return sum
}
