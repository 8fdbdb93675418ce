package dashboard

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"heard/transport/auth"
	"heard/transport/rest"
)

// serve starts a server with nothing but the dashboard.
func serve(t *testing.T) func(path string, headers ...string) (*http.Response, string) {
	t.Helper()
	verify, err := auth.NewVerifier(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	server, err := rest.New(rest.Options{Routes: Routes(), Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	t.Cleanup(func() { server.Shutdown(t.Context()) })
	return func(path string, headers ...string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest("GET", "http://"+server.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
}

var link = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// Every page is the same document, under a policy that lets nothing in from
// elsewhere, and everything it names is there and may be kept for ever.
func TestPagesAreWhole(t *testing.T) {
	get := serve(t)
	for _, at := range Pages() {
		res, body := get(at)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" || strings.Contains(body, "{{") {
			t.Fatalf("%s: %d %s\n%s", at, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", at, csp)
		}
		if res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v", at, res.Header)
		}
		for _, m := range link.FindAllStringSubmatch(body, -1) {
			if res, _ := get(m[1]); res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %s", m[1], res.StatusCode, res.Header.Get("Cache-Control"))
			}
		}
	}
}

func TestAssetsAreNotSentTwice(t *testing.T) {
	get := serve(t)
	for _, at := range []string{"/", "/heard.js", "/heard/link.js"} {
		res, body := get(at)
		tag := res.Header.Get("ETag")
		if again, empty := get(at, "If-None-Match", tag); tag == "" || again.StatusCode != 304 || empty != "" {
			t.Errorf("%s: %q, then %d", at, tag, again.StatusCode)
		}
		zipped, small := get(at, "Accept-Encoding", "gzip")
		if zipped.Header.Get("Content-Encoding") != "gzip" || len(small) >= len(body) {
			t.Errorf("%s: not compressed", at)
			continue
		}
		r, err := gzip.NewReader(strings.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := io.ReadAll(r); err != nil || string(whole) != body {
			t.Errorf("%s: compressed it is another file: %v", at, err)
		}
	}
}

func TestAnotherVersionsNameIsNotKept(t *testing.T) {
	get := serve(t)
	if res, _ := get("/assets/0123456789ab/pages/app.js"); res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %s", res.StatusCode, res.Header.Get("Cache-Control"))
	}
}

func TestNothingElseIsServed(t *testing.T) {
	get := serve(t)
	for _, at := range []string{"/assets/x/", "/assets/x/dashboard.go", "/assets/x/../dashboard.go", "/assets/x/%2e%2e/dashboard.go", "/heard/../dashboard.go", "/heard/", "/nowhere", "/assets/x/browsertest/package.json"} {
		if res, body := get(at); res.StatusCode != 404 {
			t.Errorf("%s: %d %.80s", at, res.StatusCode, body)
		}
	}
}

// No file of ours names another host: the first paint needs this port alone.
// And markup is never made from text.
func TestFilesStayInTheHouse(t *testing.T) {
	other := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]{2,}|@import|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`)
	svg := strings.NewReplacer("http://www.w3.org/2000/svg", "")
	walk(t, func(name, text string) {
		if !strings.HasPrefix(name, "vendor/") {
			if found := other.FindString(svg.Replace(text)); found != "" {
				t.Errorf("%s: %s", name, found)
			}
		}
	})
}

func TestScriptsAreShort(t *testing.T) {
	walk(t, func(name, text string) {
		if lines := strings.Count(text, "\n"); path.Ext(name) == ".js" && !strings.HasPrefix(name, "vendor/") && lines > 400 {
			t.Errorf("%s has %d lines, at most 400", name, lines)
		}
	})
}

func TestVendoredFilesCarryTheirLicence(t *testing.T) {
	text, err := fs.ReadFile(files, "vendor/uplot/LICENSE")
	if err != nil || !bytes.Contains(text, []byte("MIT License")) {
		t.Errorf("%v %s", err, text)
	}
	if _, err := os.Stat("browsertest/node_modules/uplot"); err != nil {
		t.Skip("SKIP: comparing with the package: browsertest/node_modules is not there, run make deps")
	}
	for _, name := range []string{"dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE"} {
		theirs, err := os.ReadFile("browsertest/node_modules/uplot/" + name)
		ours, err2 := fs.ReadFile(files, "vendor/uplot/"+path.Base(name))
		if err != nil || err2 != nil || !bytes.Equal(theirs, ours) {
			t.Errorf("%s is not what the pinned package has: %v %v", name, err, err2)
		}
	}
}

func walk(t *testing.T, see func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		see(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
