package dashboard

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "worker-src 'self'") || !strings.Contains(csp, "manifest-src 'self'") || strings.Contains(csp, "unsafe") {
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

// The worker lies over all pages and keeps every file of this version and
// nothing else, and a browser asks for it again at each load.
func TestTheWorkerKeepsThisVersionsFilesAlone(t *testing.T) {
	get := serve(t)
	res, body := get("/worker.js")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || res.Header.Get("Cache-Control") != "no-cache" || strings.Contains(body, "{{") {
		t.Fatalf("%d %v\n%.300s", res.StatusCode, res.Header, body)
	}
	named := func(name string) []string {
		found := regexp.MustCompile(`const ` + name + ` = "([^"]*)"`).FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("%s is not in the worker", name)
		}
		return strings.Fields(found[1])
	}
	if got := named("pages"); !slices.Equal(got, Pages()) {
		t.Errorf("pages %q", got)
	}
	kept, version := named("files"), named("version")[0]
	for _, at := range kept {
		if res, _ := get(at); res.StatusCode != 200 || !strings.HasPrefix(at, "/assets/"+version+"/") || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", at, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
	walk(t, func(name, _ string) {
		if isPlain := name != "pages/index.html" && name != "pages/worker.js" && name != "pages/heard.webmanifest"; isPlain != slices.Contains(kept, "/assets/"+version+"/"+name) {
			t.Errorf("%s: kept %t", name, !isPlain)
		}
	})
}

func TestAnotherByteIsAnotherVersion(t *testing.T) {
	from := fstest.MapFS{"pages/index.html": {Data: []byte("{{assets}}")}, "pages/worker.js": {Data: []byte("{{version}}")}, "pages/heard.webmanifest": {Data: []byte("{}")}}
	before, err := load(from)
	if err != nil {
		t.Fatal(err)
	}
	from["pages/worker.js"] = &fstest.MapFile{Data: []byte("{{version}};")}
	after, err := load(from)
	if err != nil || after.version == before.version {
		t.Fatalf("%v %v", err, after)
	}
	if string(after.named["/worker.js"].plain) != after.version+";" {
		t.Errorf("%s", after.named["/worker.js"].plain)
	}
}

func TestTheManifestNamesIconsThatAreThere(t *testing.T) {
	get := serve(t)
	res, body := get("/manifest.webmanifest")
	var manifest struct {
		StartURL, Display string
		Icons             []struct{ Src, Type string }
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, "start_url", "StartURL")), &manifest); err != nil || res.Header.Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("%v %v", err, res.Header)
	}
	if manifest.StartURL != "/" || manifest.Display != "standalone" || len(manifest.Icons) < 3 {
		t.Errorf("%+v", manifest)
	}
	for _, icon := range manifest.Icons {
		if res, _ := get(icon.Src); res.StatusCode != 200 || res.Header.Get("Content-Type") != icon.Type {
			t.Errorf("%+v: %d %s", icon, res.StatusCode, res.Header.Get("Content-Type"))
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
