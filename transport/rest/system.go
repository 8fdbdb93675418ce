package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/swaggest/swgui/v5emb"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"heard/domain"
)

// HealthStatus is the answer of /healthz and /readyz.
type HealthStatus struct {
	Status   string   `json:"status"`
	Degraded []string `json:"degraded,omitempty"` // what is away though writes are taken
}

// systemRoutes are what operators and developers ask for. None needs a token
// and none shows what an organisation owns.
func (s *Server) systemRoutes() []Route {
	tags := []string{"system"}
	metrics := s.metrics.handler()
	docs := fasthttpadaptor.NewFastHTTPHandler(v5emb.New("heard", "/openapi.json", "/docs"))
	showDocs := func(x *Exchange) error { docs(x.Ctx); return nil }
	return []Route{
		{Method: "GET", Path: "/healthz", Summary: "Is the process alive?", Tags: tags, Public: true, Answer: HealthStatus{}, Handle: s.healthz},
		{Method: "GET", Path: "/readyz", Summary: "Can it take writes? 503 with the reason when not; degraded names what else is away", Tags: tags, Public: true, Answer: HealthStatus{}, Handle: s.readyz},
		{Method: "GET", Path: "/metrics", Summary: "Prometheus metrics", Tags: tags, Public: true, Handle: func(x *Exchange) error { metrics(x.Ctx); return nil }},
		{Method: "GET", Path: "/openapi.json", Summary: "This document", Tags: tags, Public: true, Handle: s.openAPI()},
		{Method: "GET", Path: "/docs", Public: true, Hidden: true, Handle: showDocs},
		{Method: "GET", Path: "/docs/{asset:*}", Public: true, Hidden: true, Handle: showDocs},
	}
}

// healthz says nothing about stores: an orchestrator that restarts a process
// because its store is away makes things worse.
func (s *Server) healthz(x *Exchange) error {
	x.Ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	x.WriteJSON([]byte(`{"status":"ok"}`), "")
	return nil
}

func (s *Server) readyz(x *Exchange) error {
	x.Ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	if s.health != nil {
		if err := s.health.Ready(); err != nil {
			return notReady(err)
		}
	}
	status := HealthStatus{Status: "ready"}
	if s.degraded != nil {
		status.Degraded = s.degraded()
	}
	body, err := json.Marshal(status)
	if err != nil {
		return err
	}
	x.WriteJSON(body, "")
	return nil
}

// notReady keeps a code such as DRAINING; any other reason is the journal's,
// and its text is for operators.
func notReady(err error) error {
	if e := domain.AsError(err); e.Code != domain.Internal {
		return e
	}
	return domain.Refuse(domain.JournalUnavailable, "Not ready: "+cut(err.Error()))
}

// openAPI serves the document. It is the same for the life of the process.
func (s *Server) openAPI() func(*Exchange) error {
	return func(x *Exchange) error {
		document, err := s.document()
		if err != nil {
			return err // a mistake in the table, which the tests find
		}
		sum := sha256.Sum256(document)
		x.WriteJSON(document, hex.EncodeToString(sum[:8]))
		return nil
	}
}
