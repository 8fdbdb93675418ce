// Package dashboard serves the pages of a restaurant and the JavaScript client
// they are made with. Everything is in the binary: no build step, no other host.
// It knows nothing of orders; the pages are clients of the public interface.
package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"path"
	"slices"
	"strings"

	"heard/domain"
	"heard/transport/rest"
)

//go:embed heard.js heard pages vendor
var files embed.FS

// Pages are the paths under which the one document is served; its script shows
// the page of that name.
func Pages() []string { return []string{"/", "/board", "/kitchen", "/pad", "/performance"} }

const (
	// policy lets the page load and connect to where it came from and nowhere
	// else: what slipped into a customer's name cannot become a script.
	policy = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; worker-src 'self'; manifest-src 'self'"

	// Assets live under a name made of all their bytes, so they never change;
	// what has a lasting name is asked for again.
	forever  = "public, max-age=31536000, immutable"
	askAgain = "no-cache"
)

// filled are the files that name others, by the path they are served at too:
// they keep that name over all versions, so a browser asks for them again.
var filled = map[string]string{"/": "pages/index.html", "/worker.js": "pages/worker.js", "/manifest.webmanifest": "pages/heard.webmanifest"}

var noAsset = domain.Refuse(domain.NotFound, "Not Found")

// asset is a file, ready to be sent.
type asset struct {
	kind   string
	tag    string
	plain  []byte
	zipped []byte // nil where it would save nothing
}

// site is every asset by its path below the package.
type site struct {
	version string
	assets  map[string]*asset
	named   map[string]*asset // by path: what is in filled
}

// Routes is what the dashboard adds to the server's table.
func Routes() []rest.Route {
	s, err := load(files)
	if err != nil {
		panic(err) // the files are part of the binary
	}
	routes := []rest.Route{
		s.route("/heard.js", func(x *rest.Exchange) error { return s.send(x, s.assets["heard.js"], askAgain) }),
		s.route("/heard/{file:*}", func(x *rest.Exchange) error { return s.send(x, s.assets["heard/"+file(x)], askAgain) }),
		s.route("/assets/{version}/{file:*}", s.versioned),
	}
	for _, at := range Pages() {
		routes = append(routes, s.route(at, func(x *rest.Exchange) error { return s.document(x, "/") }))
	}
	for at := range filled {
		if at != "/" {
			routes = append(routes, s.route(at, func(x *rest.Exchange) error { return s.document(x, at) }))
		}
	}
	return routes
}

func (*site) route(at string, handle func(*rest.Exchange) error) rest.Route {
	return rest.Route{Method: "GET", Path: at, Public: true, Hidden: true, Handle: handle}
}

func file(x *rest.Exchange) string {
	name, _ := x.Ctx.UserValue("file").(string)
	return name
}

// versioned serves any version's name: a page that was loaded before an upgrade
// gets the files there are, and must not keep them under the old name.
func (s *site) versioned(x *rest.Exchange) error {
	keep := askAgain
	if x.Ctx.UserValue("version") == s.version {
		keep = forever
	}
	return s.send(x, s.assets[file(x)], keep)
}

func (s *site) document(x *rest.Exchange, at string) error {
	h := &x.Ctx.Response.Header
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer") // the address may hold a token
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	return s.send(x, s.named[at], askAgain)
}

func (*site) send(x *rest.Exchange, a *asset, keep string) error {
	if a == nil {
		return noAsset
	}
	h := &x.Ctx.Response.Header
	h.Set("Cache-Control", keep)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
	body := a.plain
	if a.zipped != nil && x.Ctx.Request.Header.HasAcceptEncoding("gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	x.WriteJSON(body, a.tag)
	h.SetContentType(a.kind)
	return nil
}

// load reads every file once. The document names the assets' version, and the
// worker all of them.
func load(from fs.FS) (*site, error) {
	s := &site{assets: map[string]*asset{}, named: map[string]*asset{}}
	bodies, all := map[string][]byte{}, sha256.New()
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		bodies[name] = body
		fmt.Fprintf(all, "%s %d\n%s", name, len(body), body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the dashboard's files: %w", err)
	}
	s.version = hex.EncodeToString(all.Sum(nil)[:6])
	under := "/assets/" + s.version
	var names []string
	for name, body := range bodies {
		if s.assets[name], err = pack(name, body); err != nil {
			return nil, err
		}
		if !slices.Contains(slices.Collect(maps.Values(filled)), name) {
			names = append(names, under+"/"+name)
		}
	}
	slices.Sort(names)
	places := strings.NewReplacer("{{assets}}", under, "{{version}}", s.version, "{{pages}}", strings.Join(Pages(), " "), "{{files}}", strings.Join(names, " "))
	for at, name := range filled {
		if s.named[at], err = pack(name, []byte(places.Replace(string(bodies[name])))); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func pack(name string, body []byte) (*asset, error) {
	sum := sha256.Sum256(body)
	a := &asset{kind: kind(name), tag: hex.EncodeToString(sum[:8]), plain: body}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if zipped.Len() < len(body)*9/10 {
		a.zipped = zipped.Bytes()
	}
	return a, nil
}

// kind does not ask the machine's own table for what we have: a page whose
// scripts came as text/plain would stay empty.
func kind(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case "":
		return "text/plain; charset=utf-8"
	default:
		if t := mime.TypeByExtension(ext); t != "" && !strings.HasPrefix(t, "text/html") {
			return t
		}
		return "application/octet-stream"
	}
}
