// Package rival holds what an engine is measured against in the same run: things
// that do less than an order engine must, so that nothing is faster than they
// are. They are made of what a client of the public protocol has seen.
package rival

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/valyala/fasthttp"

	"heard/bench/load"
)

// keptAnswers is how many answers of a kind are kept, the last ones: they are of
// different lengths where the requests are.
const keptAnswers = 64

// Answers are what a server answered to a load, by kind of request.
type Answers struct {
	mu    sync.Mutex
	kinds []kind
}

// A kind of request, such as PUT /api/orders/{id}/status.
type kind struct {
	Method      string   `json:"method"`
	Pattern     string   `json:"pattern"`
	Status      int      `json:"status"`
	ContentType string   `json:"content_type"`
	Bodies      [][]byte `json:"bodies"`

	seen int
}

// Add keeps a copy of an answer; it is a Client's Answered.
func (a *Answers) Add(method, path string, answer *fasthttp.Response) {
	pattern := load.Pattern(path)
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.kinds, func(k kind) bool { return k.Method == method && k.Pattern == pattern })
	if i < 0 {
		i = len(a.kinds)
		a.kinds = append(a.kinds, kind{Method: method, Pattern: pattern})
	}
	k := &a.kinds[i]
	k.Status, k.ContentType = answer.StatusCode(), string(answer.Header.ContentType())
	body := slices.Clone(answer.Body())
	if len(k.Bodies) < keptAnswers {
		k.Bodies = append(k.Bodies, body)
	} else {
		k.Bodies[k.seen%keptAnswers] = body
	}
	k.seen++
}

// MeanBytes is the mean length of the answers to one kind of request; 0 = there
// was none.
func (a *Answers) MeanBytes(method, pattern string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.kinds {
		if k.Method == method && k.Pattern == pattern {
			sum := 0
			for _, b := range k.Bodies {
				sum += len(b)
			}
			return sum / len(k.Bodies)
		}
	}
	return 0
}

// Save writes them as JSON.
func (a *Answers) Save(w io.Writer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return json.MarshalWrite(w, a.kinds)
}

// ReadAnswers reads what Save wrote.
func ReadAnswers(r io.Reader) (*Answers, error) {
	a := &Answers{}
	if err := json.UnmarshalRead(r, &a.kinds); err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	for i, k := range a.kinds {
		if k.Method == "" || !strings.HasPrefix(k.Pattern, "/") || len(k.Bodies) == 0 {
			return nil, fmt.Errorf("answers: number %d has no method, pattern or body", i)
		}
	}
	if len(a.kinds) == 0 {
		return nil, fmt.Errorf("answers: there are none")
	}
	return a, nil
}
