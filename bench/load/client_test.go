package load

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// exchangeWith makes an exchange with an address.
func exchangeWith(t *testing.T, url string, timeout time.Duration) *Exchange {
	t.Helper()
	c, err := NewClient(url, 1, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abandon)
	return c.Exchange("secret-token")
}

func TestRequestsAreWhatTheyShould(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, strings.Join([]string{r.Method, r.URL.String(), r.Header.Get("Authorization"),
			r.Header.Get("Content-Type"), r.Header.Get("Content-Length"), string(body)}, "|"))
		_, _ = w.Write([]byte("yes"))
	}))
	defer server.Close()
	x := exchangeWith(t, server.URL+"/", 10*time.Second)
	for _, r := range []struct{ method, path, body string }{
		{"POST", "/api/orders", `{"a":1}`}, {"GET", "/api/orders/o-1?x=1", ""}, {"PUT", "/api/orders/o-1/status?status=ready", ""},
	} {
		var body []byte
		if r.body != "" {
			body = []byte(r.body)
		}
		if answer, err := x.Do(r.method, r.path, body); err != nil || string(answer) != "yes" {
			t.Errorf("%v: %s %v", r, answer, err)
		}
	}
	want := []string{
		`POST|/api/orders|Bearer secret-token|application/json|7|{"a":1}`,
		"GET|/api/orders/o-1?x=1|Bearer secret-token||", // not the length of the last body: the server would wait for it
		"PUT|/api/orders/o-1/status?status=ready|Bearer secret-token||0",
	}
	for i, w := range want {
		if i >= len(seen) || !strings.HasPrefix(seen[i], w) {
			t.Errorf("sent %q, want %q", seen, want)
			break
		}
	}
}

func TestWhatIsWrongIsSaidShortly(t *testing.T) {
	answers := map[string]func(http.ResponseWriter){
		"/api/orders": func(w http.ResponseWriter) {
			w.WriteHeader(503)
			_, _ = w.Write([]byte(`{"code":"OVERLOADED","detail":"Too much at once","status":503}`))
		},
		"/api/orders/o-7/status": func(w http.ResponseWriter) {
			w.WriteHeader(502)
			_, _ = w.Write([]byte("<html>\n" + strings.Repeat("no ", 200) + "</html>"))
		},
		"/steers": func(w http.ResponseWriter) {
			w.WriteHeader(500)
			_, _ = w.Write([]byte(`{"code":"A\u001b[31mB","detail":"red\u001b[0m\nline"}`))
		},
		"/endless": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99999999999") },
		"/closes": func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w) }))
	defer server.Close()
	x := exchangeWith(t, server.URL, 10*time.Second)
	for path, want := range map[string]Fault{
		"/api/orders":                    {"POST /api/orders: 503 OVERLOADED", "Too much at once", true},
		"/api/orders/o-7/status?status=": {"POST /api/orders/{id}/status: 502", "<html> no no", true},
		"/steers":                        {"POST /steers: 500 A\uFFFD[31mB", "red\uFFFD[0m line", true},
		"/endless":                       {"an answer of more than 64 MiB", "", false},
		"/closes":                        {"connection closed by the server", "", false},
	} {
		_, err := x.Do("POST", path, []byte("{}"))
		f, ok := errors.AsType[*Fault](err)
		if !ok || f.Kind != want.Kind || !strings.HasPrefix(f.Text, want.Text) || len(f.Text) > maxText || f.Answered != want.Answered {
			t.Errorf("%s: %v, want %+v", path, err, want)
		}
	}
}

func TestNoAnswerIsAFault(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchangeWith(t, "http://"+mute.Addr().String(), 50*time.Millisecond).Do("GET", "/", nil); err == nil || err.Error() != "no answer in time" {
		t.Errorf("a mute server: %v", err)
	}
	mute.Close()
	if _, err := exchangeWith(t, "http://"+mute.Addr().String(), time.Minute).Do("GET", "/", nil); err == nil || err.Error() != "connection refused" {
		t.Errorf("no server: %v", err)
	}
	for _, url := range []string{"", "127.0.0.1:8000", "ftp://x", "http://", "http://[::1", "http://:80", "http://there/?x=1", "http://there/#x"} {
		if _, err := NewClient(url, 1, time.Second); err == nil {
			t.Errorf("%q is an URL", url)
		}
	}
}

// TestAbandonCutsWhatHangs would last a minute otherwise.
func TestAbandonCutsWhatHangs(t *testing.T) {
	reached := make(chan struct{})
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(reached); <-release }))
	defer server.Close()
	defer close(release)
	x := exchangeWith(t, server.URL, 10*time.Minute)
	ended := make(chan error, 1)
	go func() {
		_, err := x.Do("GET", "/", nil)
		ended <- err
	}()
	<-reached
	x.client.Abandon()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("an abandoned request succeeded")
		}
	case <-time.After(time.Minute):
		t.Fatal("still under way")
	}
	if _, err := x.Do("GET", "/", nil); err == nil {
		t.Error("an abandoned client connects again")
	}
}
