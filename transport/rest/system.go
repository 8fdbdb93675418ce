package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/valyala/fasthttp"

	"heard/domain"
)

// HealthStatus is the answer of /healthz and /readyz.
type HealthStatus struct {
	Status   string   `json:"status"`
	Degraded []string `json:"degraded,omitempty"` // what is away though writes are taken
}

const systemTag = "system"

// systemRoutes are what operators and developers ask for. None needs a token
// and none shows what an organisation owns.
func (s *Server) systemRoutes() []Route {
	tags := []string{systemTag}
	fresh := []string{fasthttp.HeaderCacheControl}
	away := []domain.Code{domain.JournalUnavailable, domain.StoreUnavailable, domain.NotLeader, domain.Draining, domain.Overloaded}
	metrics := s.metrics.handler()
	showDocs := docs()
	return []Route{
		{ID: "getHealth", Method: "GET", Path: "/healthz", Summary: "Is the process alive?", Tags: tags, Public: true, Gives: fresh, Answer: HealthStatus{}, Handle: s.healthz},
		{ID: "getReadiness", Method: "GET", Path: "/readyz", Summary: "Can it take writes? 503 with the reason when not; degraded names what else is away", Tags: tags, Public: true, Gives: fresh, Codes: away, Answer: HealthStatus{}, Handle: s.readyz},
		{ID: "getMetrics", Method: "GET", Path: "/metrics", Summary: "Prometheus metrics", Tags: tags, Public: true, Answer: "", Media: "text/plain", Handle: func(x *Exchange) error { metrics(x.Ctx); return nil }},
		{ID: "getOpenAPI", Method: "GET", Path: "/openapi.json", Summary: "This document", Tags: tags, Public: true, Takes: []string{fasthttp.HeaderIfNoneMatch}, Gives: []string{fasthttp.HeaderETag}, Answer: json.RawMessage{},
			Query: []Param{{Name: "version", About: "Of OpenAPI; 3.0 is for generators that read no newer one.", Values: Versions()}}, Handle: s.openAPI},
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

// Document is the OpenAPI document, 3.1 or 3.0. It is the same for the life of the
// process.
func (s *Server) Document(version string) ([]byte, error) {
	document, known := s.documents[version]
	if !known {
		return nil, domain.Blame(domain.ValidationError, "version", "must be "+strings.Join(Versions(), " or "))
	}
	return document() // an error is a mistake in the table, which the tests find
}

func (s *Server) openAPI(x *Exchange) error {
	version, err := x.QueryText("version")
	if err != nil {
		return err
	}
	if version == "" {
		version = Versions()[0]
	}
	document, err := s.Document(version)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(document)
	x.WriteJSON(document, hex.EncodeToString(sum[:8]))
	return nil
}
