package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heard/domain"
	"heard/examples"
)

// Generated clients call functions by these names: one that is here is never
// renamed, and never another call.
func TestCallsKeepTheirNames(t *testing.T) {
	const golden = "testdata/operations.txt"
	var lines []string
	for path, methods := range wire.Paths {
		for method, o := range methods {
			if !regexp.MustCompile("^[a-z][A-Za-z]+$").MatchString(o.OperationID) {
				t.Errorf("%s is not camelCase", o.OperationID)
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %s", o.OperationID, strings.ToUpper(method), path, o.Tags[0]))
		}
	}
	slices.Sort(lines)
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(want)), "\n")
	for _, line := range names {
		if !slices.Contains(lines, line) {
			t.Errorf("%s is gone or renamed", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(names, line) {
			t.Errorf("%s is new: add the line to %s", line, golden)
		}
	}
}

// The document says who may what the engine lets: the matrix of roles is tried
// out elsewhere.
func TestDocumentSaysWhoMay(t *testing.T) {
	may := map[string]map[string]bool{}
	rows, cells := matrix(t)
	for i, row := range rows {
		fields := strings.Fields(row)
		call := fields[0] + " " + fields[1]
		if may[call] == nil {
			may[call] = map[string]bool{}
		}
		for j, role := range domain.Roles() {
			may[call][string(role)] = may[call][string(role)] || cells[i][j] == "200"
		}
	}
	for call, roles := range may {
		method, path, _ := strings.Cut(call, " ")
		o := wire.Paths[path][strings.ToLower(method)]
		for _, role := range domain.Roles() {
			if documented := slices.Contains(o.Roles, string(role)); documented != roles[string(role)] {
				t.Errorf("%s (%s) by a %s: documented %v, and is %v", call, o.OperationID, role, documented, !documented)
			}
			if !roles[string(role)] && o.Responses["403"] == nil {
				t.Errorf("%s: 403 is not documented", o.OperationID)
			}
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for _, methods := range wire.Paths {
		for _, o := range methods {
			if o.Summary == "" || len(o.Tags) != 1 {
				t.Errorf("%s: %q, tags %v", o.OperationID, o.Summary, o.Tags)
			}
			for _, p := range o.Parameters {
				if p.Description == "" {
					t.Errorf("%s: parameter %s is not described", o.OperationID, p.Name)
				}
			}
			if o.RequestBody != nil && o.RequestBody.Content["application/json"].Example == nil {
				t.Errorf("%s has no example", o.OperationID)
			}
		}
	}
	for name, schema := range wire.Components.Schemas {
		schema := schema.(map[string]any)
		if strings.HasPrefix(name, "Stats") || name == "PerformanceStats" { // their names say it
			continue
		}
		if schema["description"] == nil {
			t.Errorf("%s is not described", name)
		}
		properties, _ := schema["properties"].(map[string]any)
		for member, of := range properties {
			if of.(map[string]any)["description"] == nil {
				t.Errorf("%s.%s is not described", name, member)
			}
		}
	}
}

// What the encoders' own tests keep as golden is what the document says.
func TestGoldenAnswersAreAsDocumented(t *testing.T) {
	for pattern, component := range map[string]string{
		"order/testdata/image_*.json": "Order", "order/testdata/bill*.json": "Bill", "order/testdata/answer_*.json": "OrderMoved",
		"outlet/testdata/settings_*.json": "Settings", "outlet/testdata/item*.json": "MenuItem", "outlet/testdata/menu_*.json": "MenuItem",
	} {
		files, err := filepath.Glob("../../../domain/" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v %v", pattern, files, err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all := []json.RawMessage{body}
			if strings.Contains(file, "menu_") {
				if err := json.Unmarshal(body, &all); err != nil {
					t.Fatal(err)
				}
			}
			for _, one := range all {
				if err := wire.Is(component, one); err != nil {
					t.Errorf("%s is no %s: %v", file, component, err)
				}
			}
		}
	}
}

// Every example is accepted, by an organisation as it begins and by the demo's
// menu. Where a call is about an order, one is placed for it.
func TestExamplesAreAccepted(t *testing.T) {
	for name, menu := range map[string]string{"empty": "", "demo": string(examples.Menu)} {
		boss := open(t).as(domain.Admin)
		if menu != "" {
			boss.put("/api/menu", menu)
		}
		for _, id := range operationIDs(t) {
			t.Run(name+" "+id, func(t *testing.T) { boss.tryExample(t, id) })
		}
	}
}

// operationIDs stand in the order of the document.
func operationIDs(t *testing.T) (ids []string) {
	t.Helper()
	document, err := shared.server.Document("3.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`"operationId":"(\w+)"`).FindAllSubmatch(document, -1) {
		ids = append(ids, string(match[1]))
	}
	return ids
}

func (p *person) tryExample(t *testing.T, id string) {
	own := *p.k
	own.t = t
	p = &person{&own, p.token}
	for path, methods := range wire.Paths {
		for method, o := range methods {
			if o.OperationID != id {
				continue
			}
			body := ""
			if o.RequestBody != nil {
				example, err := json.Marshal(o.RequestBody.Content["application/json"].Example)
				if err != nil {
					t.Fatal(err)
				}
				body = string(example)
			}
			order := p.place(`{"items":[{"name":"a","quantity":1,"price":1},{"name":"b","quantity":1,"price":1}]}`)
			if id == "reopenOrder" {
				p.put("/api/orders/"+order+"/status?status=completed", "")
			}
			fill := strings.NewReplacer("/menu/{id}", "/menu/lemon-soda", "{id}", order, "{line_id}", "l1")
			if a := p.do(strings.ToUpper(method), fill.Replace(path), body); a.StatusCode != 200 {
				t.Errorf("%s: %d %s", a.asked, a.StatusCode, a.body)
			}
		}
	}
}

// Both versions of the document have the same calls and schemas, and the older
// one nothing that only the newer one knows.
func TestOlderDocumentSaysTheSame(t *testing.T) {
	var documents [2]struct {
		OpenAPI    string
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	for i, path := range []string{"/openapi.json", "/openapi.json?version=3.0"} {
		a := (&person{open(t), ""}).get(path)
		if err := json.Unmarshal([]byte(a.body), &documents[i]); err != nil {
			t.Fatal(err)
		}
		for _, only31 := range []string{`"null"`, `"examples"`, `"identifier"`} {
			if i == 1 && strings.Contains(a.body, only31) {
				t.Errorf("%s in 3.0", only31)
			}
		}
	}
	older, newer := documents[1], documents[0]
	if newer.OpenAPI != "3.1.0" || older.OpenAPI != "3.0.3" {
		t.Errorf("%s and %s", newer.OpenAPI, older.OpenAPI)
	}
	if len(newer.Paths) != len(older.Paths) || len(newer.Components.Schemas) != len(older.Components.Schemas) {
		t.Errorf("%d and %d paths, %d and %d schemas", len(newer.Paths), len(older.Paths), len(newer.Components.Schemas), len(older.Components.Schemas))
	}
	for name, schema := range newer.Components.Schemas {
		if len(schema.Properties) != len(older.Components.Schemas[name].Properties) {
			t.Errorf("%s has not the same members", name)
		}
	}
	(&person{open(t), ""}).do("GET", "/openapi.json?version=2.0", "").want(422, domain.ValidationError, "version")
}
