package cluster

//go:generate protoc --go_out=. --go_opt=paths=source_relative wire.proto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"heard/domain"
	"heard/domain/order"
	"heard/domain/outlet"
)

// What one node asks another.
const (
	askCommand   = "command"
	askQuery     = "query"
	askLog       = "log"
	askActive    = "active"
	askFollow    = "follow"
	askPositions = "positions"
	askSummary   = "summary"
	tellUnfollow = "unfollow"
)

// What comes back, and what followers are sent.
const (
	saysReply     = "reply"
	saysAnswer    = "answer"
	saysRecords   = "records"
	saysImages    = "images"
	saysSeq       = "seq"
	saysPositions = "positions"
	saysSummary   = "summary"
	saysError     = "error"
	feedRecords   = "feed.records"
	feedMoved     = "feed.moved"
)

// person is an identity with the moment its token was issued, which the log
// does not keep and a revocation needs.
type person struct {
	User     string      `json:"id"`
	Name     string      `json:"name,omitempty"`
	Role     domain.Role `json:"role"`
	IssuedAt int64       `json:"iat,omitempty"`
}

// requestHead is a command's request; the body is the command.
type requestHead struct {
	Org         string  `json:"org"`
	By          person  `json:"by"`
	Key         string  `json:"key,omitempty"`
	Fingerprint []byte  `json:"asked,omitempty"`
	IfMatch     *uint64 `json:"if_match,omitempty"`
	Order       string  `json:"order,omitempty"`
	Bytes       int     `json:"bytes,omitempty"`
	Kind        string  `json:"kind"`
	PatienceMS  int64   `json:"patience_ms"`
}

// queryHead is a read; the body is the command to price, where there is one.
type queryHead struct {
	Query      domain.Query `json:"query"` // without who and command
	By         person       `json:"by"`
	Kind       string       `json:"kind,omitempty"`
	PatienceMS int64        `json:"patience_ms"`
	Most       int          `json:"most,omitempty"`   // log, active
	Below      uint64       `json:"below,omitempty"`  // active
	Follow     uint64       `json:"follow,omitempty"` // number of the asking node's subscription
}

type (
	replyHead struct {
		Version  uint64   `json:"version"`
		Replayed bool     `json:"replayed,omitempty"`
		Ignored  []string `json:"ignored,omitempty"`
	}
	answerHead struct {
		Tag        string   `json:"tag,omitempty"`
		Next       uint64   `json:"next,omitempty"`
		NextMS     int64    `json:"next_ms,omitempty"`
		AsOf       uint64   `json:"as_of,omitempty"`
		Incomplete bool     `json:"incomplete,omitempty"`
		Ignored    []string `json:"ignored,omitempty"`
	}
	seqHead struct {
		Seq uint64 `json:"seq"`
	}
	feedHead struct {
		Follow uint64 `json:"follow"`
	}
	// positionsHead lists subscriptions of the asking node, and comes back with the
	// sequences their logs stand at; -1 = not followed here.
	positionsHead struct {
		Follows []uint64 `json:"follows,omitempty"`
		Seqs    []int64  `json:"seqs,omitempty"`
	}
)

func wire(kind string, head any, body []byte) *Wire {
	text, err := json.Marshal(head)
	domain.Assert(err == nil, "message %s does not encode: %v", kind, err)
	return &Wire{Kind: kind, Head: text, Body: body}
}

func personOf(by domain.Identity) person { return person(by) }

func wireRequest(r *domain.Request, patienceMS int64) *Wire {
	h := requestHead{
		Org: r.Org, By: personOf(r.By), Key: r.Key, Order: r.Order, Bytes: r.Bytes, Kind: r.Command.Kind(), PatienceMS: patienceMS,
		Fingerprint: r.Fingerprint[:],
	}
	if r.IfMatch.Set {
		h.IfMatch = &r.IfMatch.Value
	}
	return wire(askCommand, h, encodeCommand(r.Command))
}

func encodeCommand(c domain.Command) []byte {
	text, err := json.Marshal(c)
	domain.Assert(err == nil, "command %s does not encode: %v", c.Kind(), err)
	return text
}

// errUnknownKind is what an older node answers to what a newer one asks: the
// client repeats, and comes to another node or a later one.
func errUnknownKind(what string) *domain.Error {
	return domain.Refuse(domain.NotLeader, fmt.Sprintf("The node that has the organisation does not know %q yet; repeat the request", what))
}

var knownCommands = func() map[string]func() domain.Command {
	all := order.Commands()
	maps.Copy(all, outlet.Commands())
	return all
}()

func decodeCommand(kind string, body []byte) (domain.Command, error) {
	fresh, known := knownCommands[kind]
	if !known {
		return nil, errUnknownKind(kind)
	}
	c := fresh()
	if err := json.Unmarshal(body, c); err != nil {
		return nil, fmt.Errorf("command %s: %w", kind, err)
	}
	return c, nil
}

func (h *requestHead) request(body []byte) (*domain.Request, error) {
	c, err := decodeCommand(h.Kind, body)
	if err != nil {
		return nil, err
	}
	r := &domain.Request{Org: h.Org, By: domain.Identity(h.By), Key: h.Key, Order: h.Order, Bytes: h.Bytes, Command: c}
	copy(r.Fingerprint[:], h.Fingerprint)
	if h.IfMatch != nil {
		r.IfMatch = domain.Some(*h.IfMatch)
	}
	return r, nil
}

func wireQuery(kind string, q *domain.Query, h queryHead) *Wire {
	h.Query, h.By = *q, personOf(q.By)
	var body []byte
	if q.Command != nil {
		h.Kind, body = q.Command.Kind(), encodeCommand(q.Command)
		h.Query.Command = nil
	}
	return wire(kind, h, body)
}

func (h *queryHead) query(body []byte) (*domain.Query, error) {
	q := h.Query
	q.By = domain.Identity(h.By)
	var err error
	if h.Kind != "" {
		q.Command, err = decodeCommand(h.Kind, body)
	}
	return &q, err
}

func wireReply(r *domain.Reply) *Wire {
	return wire(saysReply, replyHead{r.Version, r.Replayed, r.Ignored}, r.Body)
}

func (h *replyHead) reply(body []byte) domain.Reply {
	return domain.Reply{Body: body, Version: h.Version, Replayed: h.Replayed, Ignored: h.Ignored}
}

func wireAnswer(a *domain.Answer) *Wire {
	return wire(saysAnswer, answerHead{a.Tag, a.Next, a.NextMS, a.AsOf, a.Incomplete, a.Ignored}, a.Body)
}

func (h *answerHead) answer(body []byte) domain.Answer {
	return domain.Answer{Body: body, Tag: h.Tag, Next: h.Next, NextMS: h.NextMS, AsOf: h.AsOf, Incomplete: h.Incomplete, Ignored: h.Ignored}
}

func wireError(err error) *Wire { return wire(saysError, domain.AsError(err), nil) }

func readError(w *Wire) error {
	e := &domain.Error{}
	if err := json.Unmarshal(w.Head, e); err != nil {
		return fmt.Errorf("error of another node: %w", err)
	}
	return e
}

// expect reads an answer's head, or the error that came instead.
func expect(w *Wire, kind string, head any) error {
	switch {
	case w.GetKind() == saysError:
		return readError(w)
	case w.GetKind() != kind:
		return fmt.Errorf("%w: %q where %q belongs", errStrange, w.GetKind(), kind)
	case head == nil:
		return nil
	}
	if err := json.Unmarshal(w.Head, head); err != nil {
		return fmt.Errorf("%w: %w", errStrange, err)
	}
	return nil
}

// errStrange says that another node spoke another language.
var errStrange = errors.New("answer of another node is not understood")

// appendRecords puts records into a message, the image beside each: it is large
// and JSON already.
func (x *Wire) appendRecords(records []domain.Record) *Wire {
	for i := range records {
		r := records[i]
		image := r.Image
		r.Image = nil
		text, err := json.Marshal(r)
		domain.Assert(err == nil, "record does not encode: %v", err)
		x.Parts = append(x.Parts, text, image)
	}
	return x
}

func (x *Wire) records() ([]domain.Record, error) {
	records := make([]domain.Record, len(x.Parts)/2)
	for i := range records {
		if err := json.Unmarshal(x.Parts[2*i], &records[i]); err != nil {
			return nil, fmt.Errorf("%w: record: %w", errStrange, err)
		}
		if image := x.Parts[2*i+1]; len(image) > 0 {
			records[i].Image = image
		}
	}
	return records, nil
}

func (x *Wire) appendImages(images []domain.Image) *Wire {
	for i := range images {
		image := images[i]
		body := image.Body
		image.Body = nil
		text, err := json.Marshal(image)
		domain.Assert(err == nil, "image does not encode: %v", err)
		x.Parts = append(x.Parts, text, body)
	}
	return x
}

func (x *Wire) images() ([]domain.Image, error) {
	images := make([]domain.Image, len(x.Parts)/2)
	for i := range images {
		if err := json.Unmarshal(x.Parts[2*i], &images[i]); err != nil {
			return nil, fmt.Errorf("%w: image: %w", errStrange, err)
		}
		images[i].Body = x.Parts[2*i+1]
	}
	return images, nil
}
