package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heard/domain"
)

// access says what each role gets, for every route of the API. A word behind the
// path is a variant: the same call with another body or on another order.
const access = `
route                                        admin manager cashier waiter kitchen staff
POST /api/orders                             200   200     200     200    403     200
POST /api/orders/batch                       200   200     200     200    403     200
POST /api/orders/calculate                   200   200     200     200    403     200
POST /api/orders/calculate undiscounted      200   200     200     200    200     200
GET /api/orders                              200   200     200     200    200     200
GET /api/orders/{id}                         200   200     200     200    200     200
GET /api/orders/{id}/events                  200   200     200     200    200     200
GET /api/orders/{id}/bill                    200   200     200     200    200     200
PUT /api/orders/{id}/status                  200   200     200     200    200     200
PUT /api/orders/{id}/status recall           200   200     200     200    200     200
PUT /api/orders/{id}/status complete         200   200     200     200    403     403
PUT /api/orders/{id}/status cancel           200   200     200     200    403     403
PUT /api/orders/{id}/status cancel-fired     200   200     403     403    403     403
PUT /api/orders/{id}/status reopen           200   200     403     403    403     403
POST /api/orders/batch-update-status         200   200     200     200    200     200
POST /api/orders/{id}/items                  200   200     200     200    403     200
PATCH /api/orders/{id}/items/{line_id}       200   200     200     200    403     200
DELETE /api/orders/{id}/items/{line_id}      200   200     200     200    403     200
PATCH /api/orders/{id}/items/{line_id} less  200   200     403     403    403     403
DELETE /api/orders/{id}/items/{line_id} had  200   200     403     403    403     403
POST /api/orders/{id}/discount               200   200     200     200    403     200
POST /api/orders/{id}/discount above         200   200     403     403    403     403
POST /api/orders/{id}/reopen                 200   200     403     403    403     403
PUT /api/orders/{id}/cancel                  200   200     200     200    403     403
PUT /api/orders/{id}/cancel fired            200   200     403     403    403     403
GET /api/menu                                200   200     200     200    200     200
PUT /api/menu                                200   200     403     403    403     403
POST /api/menu                               200   200     403     403    403     403
PUT /api/menu/{id}                           200   200     403     403    403     403
DELETE /api/menu/{id}                        200   200     403     403    403     403
POST /api/menu/86                            200   200     403     403    403     403
GET /api/settings                            200   200     200     200    200     200
PUT /api/settings                            200   200     403     403    403     403
POST /api/admin/revoke                       200   403     403     403    403     403
GET /api/admin/performance-stats             200   403     403     403    403     403
GET /api/events                              200   200     200     200    200     200
`

// variants are a status the order is in, and another body.
var variants = map[string][2]string{
	"recall": {"preparing", `{"status":"pending"}`}, "complete": {"pending", `{"status":"completed"}`}, "cancel": {"pending", `{"status":"cancelled"}`},
	"cancel-fired": {"preparing", `{"status":"cancelled","reason":"r"}`}, "reopen": {"completed", `{"status":"preparing"}`}, "fired": {"ready", `{"reason":"r"}`},
	"undiscounted": {"pending", onePizza}, "less": {"served", `{"quantity":0.5,"reason":"r"}`}, "had": {"preparing", `{"reason":"r"}`},
	"above": {"pending", `{"discount_type":"percent","discount_value":10.01}`},
}

// call is a row of the matrix, ready to be sent in an organisation of its own.
type call struct {
	method, route, path, body string
	boss                      *person
	fill                      *strings.Replacer
}

// cell sets an organisation up in which the row's call can be carried out.
func cell(t *testing.T, row string) call {
	t.Helper()
	fields := strings.Fields(row)
	boss, fill := place(open(t))
	c := call{method: fields[0], route: fields[0] + " " + fields[1], path: fields[1], boss: boss, fill: fill}
	if w, ok := writes[c.route]; ok {
		c.path, c.body = w.path, w.good
	}
	c.path, c.body = fill.Replace(c.path), fill.Replace(c.body)
	if len(fields) > 2 {
		v, ok := variants[fields[2]]
		if !ok {
			t.Fatalf("%s is no variant", fields[2])
		}
		boss.put("/api/orders/"+fill.Replace("{id}")+"/status?status="+v[0], "")
		c.body = v[1]
	}
	return c
}

func matrix(t *testing.T) (rows []string, cells [][]string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(access), "\n")
	roles := domain.Roles()
	for _, line := range lines {
		fields := strings.Fields(line)
		n := len(fields) - len(roles)
		rows, cells = append(rows, strings.Join(fields[:n], " ")), append(cells, fields[n:])
	}
	for i, role := range roles {
		if cells[0][i] != string(role) {
			t.Fatalf("column %d is %s, want %s", i, cells[0][i], role)
		}
	}
	return rows[1:], cells[1:]
}

func TestMatrixHasEveryRoute(t *testing.T) {
	rows, _ := matrix(t)
	have := map[string]bool{}
	for _, row := range rows {
		fields := strings.Fields(row)
		have[fields[0]+" "+fields[1]] = true
	}
	for _, r := range shared.api().Routes() {
		if !have[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not in the authorization matrix", r.Method, r.Path)
		}
		if r.Public {
			t.Errorf("%s %s needs no token", r.Method, r.Path)
		}
		delete(have, r.Method+" "+r.Path)
	}
	for route := range have {
		t.Errorf("%s is in the matrix but is no route", route)
	}
}

func TestEveryRoleGetsWhatItMayAndNoMore(t *testing.T) {
	rows, cells := matrix(t)
	for i, row := range rows {
		for j, role := range domain.Roles() {
			c := cell(t, row)
			before := ""
			if cells[i][j] != "200" {
				before = c.boss.state()
			}
			a := c.boss.k.as(role).do(c.method, c.path, c.body)
			if fmt.Sprint(a.StatusCode) != cells[i][j] {
				t.Errorf("%s by %s: got %d %.200s, want %s", row, role, a.StatusCode, a.body, cells[i][j])
			}
			if a.StatusCode == 200 {
				continue
			}
			code := domain.Forbidden
			if strings.Contains(row, "/api/admin/") {
				code = domain.AdminOnly
			}
			a.want(403, code, "")
			if c.boss.state() != before {
				t.Errorf("%s by %s was refused and had an effect", row, role)
			}
		}
	}
}

// Nobody gets anywhere without a good token of this moment.
func TestEveryRouteAsksForAToken(t *testing.T) {
	rows, _ := matrix(t)
	k := open(t)
	boss, fill := place(k)
	expired := k.issued("admin-1", domain.Admin, time.Now().Add(-2*time.Hour)).token
	before := boss.state()
	for _, row := range rows {
		fields := strings.Fields(row)
		w := writes[fields[0]+" "+fields[1]]
		path := w.path
		if path == "" {
			path = fields[1]
		}
		for token, code := range map[string]domain.Code{
			"": domain.Unauthenticated, "garbage": domain.Unauthenticated, "a.b.c": domain.Unauthenticated, expired: domain.TokenExpired,
			boss.token + "x": domain.Unauthenticated, boss.token[:len(boss.token)-2]: domain.Unauthenticated, strings.Replace(boss.token, ".", "..", 1): domain.Unauthenticated,
		} {
			a := (&person{k, token}).do(fields[0], fill.Replace(path), fill.Replace(w.good))
			a.want(401, code, "").head("WWW-Authenticate", "Bearer").head("ETag", "")
		}
	}
	if boss.state() != before {
		t.Error("something changed")
	}
}

// Of another organisation's orders and items nobody learns even that they exist:
// the answer is, byte for byte, that for an id that is nowhere.
func TestOtherOrganisationsAreNotThere(t *testing.T) {
	rows, _ := matrix(t)
	for _, row := range rows {
		c := cell(t, row)
		before := c.boss.state()
		stranger := c.boss.k.neighbour()
		missing := strings.NewReplacer(c.fill.Replace("{id}"), "01900000-0000-7000-8000-000000000000", c.fill.Replace("{done}"), "01900000-0000-7000-8000-000000000001", "dosa", "idli")
		for _, role := range domain.Roles() {
			theirs := stranger.as(role).do(c.method, c.path, c.body, "X-Request-Id", "r")
			nowhere := stranger.as(role).do(c.method, missing.Replace(c.path), missing.Replace(c.body), "X-Request-Id", "r")
			if strings.Contains(c.path, "/{id}") || missing.Replace(c.path) != c.path {
				if theirs.StatusCode != 404 && theirs.StatusCode != 403 {
					t.Errorf("%s by a %s of another organisation: %d %s", row, role, theirs.StatusCode, theirs.body)
				}
				if theirs.StatusCode != nowhere.StatusCode || missing.Replace(theirs.body) != nowhere.body || sameHeaders(theirs, nowhere) != "" {
					t.Errorf("%s by a %s of another organisation:\n%d %s\nbut for an id that is nowhere\n%d %s %s", row, role, theirs.StatusCode, theirs.body, nowhere.StatusCode, nowhere.body, sameHeaders(theirs, nowhere))
				}
			}
			if strings.Contains(theirs.body, c.boss.k.org) {
				t.Errorf("%s shows another organisation: %s", row, theirs.body)
			}
		}
		if c.boss.state() != before {
			t.Errorf("%s by a stranger had an effect", row)
		}
	}
}

// sameHeaders names a header that differs, but for the date.
func sameHeaders(a, b answer) string {
	for _, pair := range [][2]http.Header{{a.Header, b.Header}, {b.Header, a.Header}} {
		for name, values := range pair[0] {
			if name != "Date" && fmt.Sprint(values) != fmt.Sprint(pair[1][name]) {
				return name
			}
		}
	}
	return ""
}

// A batch and an 86 name ids in the body; those of others are nowhere as well.
func TestOtherOrganisationsInBodiesAreNotThere(t *testing.T) {
	boss, fill := place(open(t))
	before := boss.state()
	stranger := boss.k.neighbour().as(domain.Admin)
	stranger.post("/api/orders/batch-update-status", fill.Replace(`[{"order_id":"{id}","status":"ready"},{"order_id":"nowhere","status":"ready"}]`)).
		is(fill.Replace(`{"results":[{"order_id":"{id}","code":"ORDER_NOT_FOUND"},{"order_id":"nowhere","code":"ORDER_NOT_FOUND"}]}`))
	theirs := stranger.do("POST", "/api/menu/86", `{"item_ids":["dosa"]}`, "X-Request-Id", "r").want(404, domain.ItemNotFound, "item_ids[0]")
	theirs.is(stranger.do("POST", "/api/menu/86", `{"item_ids":["nowhere"]}`, "X-Request-Id", "r").body)
	stranger.post("/api/admin/revoke", `{"sub":"admin-1"}`)
	if boss.state() != before {
		t.Error("a stranger had an effect")
	}
}
