package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/auth"
	"heard/transport/rest/described"
)

// person is a client with a token.
type person struct {
	k     *kitchen
	token string
}

// as is a person of the test's organisation.
func (k *kitchen) as(role domain.Role) *person { k.t.Helper(); return k.user(string(role)+"-1", role) }

func (k *kitchen) user(user string, role domain.Role) *person {
	k.t.Helper()
	return k.issued(user, role, time.Now())
}

func (k *kitchen) issued(user string, role domain.Role, at time.Time) *person {
	k.t.Helper()
	token, err := auth.Mint(secret, domain.Identity{User: user, Name: "Name of " + user, Role: role}, k.org, time.Hour, at)
	if err != nil {
		k.t.Fatal(err)
	}
	return &person{k, token}
}

// answer is what came back.
type answer struct {
	*http.Response
	t       testing.TB
	asked   string
	body    string
	problem problem
}

type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      domain.Code    `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []domain.Field `json:"errors"`
}

// do sends a request; headers are name, value, name, value.
func (p *person) do(method, path, body string, headers ...string) answer {
	p.k.t.Helper()
	a, err := p.try(method, path, body, headers...)
	if err != nil {
		p.k.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// try is do for goroutines other than the test's.
func (p *person) try(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, "http://"+p.k.server.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.k.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	if err := wire.Check(&described.Exchange{
		Method: method, Path: path, Sent: []byte(body), Status: res.StatusCode, Answer: res.Header, Got: text,
	}); err != nil {
		p.k.t.Error(err)
	}
	a := answer{Response: res, t: p.k.t, body: string(text), asked: fmt.Sprintf("%s %s %.300s", method, path, body)}
	if res.Header.Get("Content-Type") == "application/problem+json" && method != "HEAD" {
		if err := json.Unmarshal(text, &a.problem); err != nil {
			return a, fmt.Errorf("problem %q: %w", text, err)
		}
	}
	return a, nil
}

func (p *person) get(path string) answer        { p.k.t.Helper(); return p.do("GET", path, "").ok() }
func (p *person) post(path, body string) answer { p.k.t.Helper(); return p.do("POST", path, body).ok() }
func (p *person) put(path, body string) answer  { p.k.t.Helper(); return p.do("PUT", path, body).ok() }

const onePizza = `{"items":[{"menu_item_id":"item1","name":"Pizza","quantity":1,"price":10}]}`

// place makes an order and answers its id.
func (p *person) place(body string) string {
	p.k.t.Helper()
	return p.post("/api/orders", body).text("id")
}

// state is everything an organisation can see of itself, to show that nothing
// changed.
func (p *person) state() string {
	p.k.t.Helper()
	return p.get("/api/orders?status=all").body + p.get("/api/events").body + p.get("/api/menu").body + p.get("/api/settings").body
}

// ok expects 200 and JSON.
func (a answer) ok() answer {
	a.t.Helper()
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/json" || !json.Valid([]byte(a.body)) {
		a.t.Fatalf("%s: got %d %s %s", a.asked, a.StatusCode, a.Header.Get("Content-Type"), a.body)
	}
	return a
}

// want expects a refusal: status, code, a problem that agrees with itself, and
// the field to blame where one is named.
func (a answer) want(status int, code domain.Code, field string) answer {
	a.t.Helper()
	p := &a.problem
	if a.StatusCode != status || p.Code != code {
		a.t.Errorf("%s: got %d %s, want %d %s", a.asked, a.StatusCode, a.body, status, code)
		return a
	}
	kind := "/errors/" + strings.ReplaceAll(strings.ToLower(string(code)), "_", "-")
	if p.Type != kind || p.Status != status || p.Title != http.StatusText(status) || p.Detail == "" || p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") {
		a.t.Errorf("%s: the problem does not agree with itself: %s", a.asked, a.body)
	}
	if field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != field || p.Errors[0].Detail == "") {
		a.t.Errorf("%s: got %s, want field %s blamed", a.asked, a.body, field)
	}
	return a
}

// detail expects a refusal's exact sentence.
func (a answer) detail(text string) answer {
	a.t.Helper()
	if a.problem.Detail != text {
		a.t.Errorf("%s: got %s, want detail %q", a.asked, a.body, text)
	}
	return a
}

// raw is the text of a member as it stands on the wire, "" when it is missing.
// A path goes down: items.0.price.
func (a answer) raw(path string) string {
	a.t.Helper()
	text := json.RawMessage(a.body)
	for step := range strings.SplitSeq(path, ".") {
		var list []json.RawMessage
		if json.Unmarshal(text, &list) == nil {
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(list) {
				return ""
			}
			text = list[i]
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(text, &object); err != nil {
			a.t.Fatalf("%s: no %s in %s", a.asked, path, a.body)
		}
		text = object[step]
	}
	return string(text)
}

func (a answer) text(path string) string {
	a.t.Helper()
	var s string
	if err := json.Unmarshal([]byte(a.raw(path)), &s); err != nil {
		a.t.Fatalf("%s: %s is %s in %s", a.asked, path, a.raw(path), a.body)
	}
	return s
}

// has expects members with exactly these texts: path, text, path, text.
func (a answer) has(members ...string) answer {
	a.t.Helper()
	for i := 0; i < len(members); i += 2 {
		if got := a.raw(members[i]); got != members[i+1] {
			a.t.Errorf("%s: %s is %s, want %s", a.asked, members[i], got, members[i+1])
		}
	}
	return a
}

var (
	madeID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	madeTime = regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ"`)
)

// plain replaces what differs with each run.
func (a answer) plain() string {
	return madeTime.ReplaceAllString(madeID.ReplaceAllString(a.body, "ID"), "TIME")
}

// is expects the whole body; ID and TIME may stand for ids and times we made.
func (a answer) is(body string) answer {
	a.t.Helper()
	if got := a.plain(); got != body && a.body != body {
		a.t.Errorf("%s:\ngot  %s\nwant %s", a.asked, got, body)
	}
	return a
}

func (a answer) head(name, value string) answer {
	a.t.Helper()
	if got := a.Header.Get(name); got != value {
		a.t.Errorf("%s: %s is %q, want %q", a.asked, name, got, value)
	}
	return a
}

// rows are the whole orders of a list.
func (a answer) rows() []answer {
	a.t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		a.t.Fatalf("%s: %v in %s", a.asked, err, a.body)
	}
	rows := make([]answer, len(list))
	for i, text := range list {
		rows[i] = answer{t: a.t, asked: a.asked, body: string(text)}
	}
	return rows
}

// each joins one member of every row with blanks.
func (a answer) each(member string) string {
	a.t.Helper()
	var all []string
	for _, row := range a.rows() {
		all = append(all, strings.Trim(row.raw(member), `"`))
	}
	return strings.Join(all, " ")
}
