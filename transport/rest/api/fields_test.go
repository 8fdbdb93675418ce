package api_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"heard/domain/money"
	"heard/domain/order"
)

// member is a place in a body that a client can fill: where, and with what.
type member struct {
	path []string // "items", "0", "name"
	kind string
}

// name is how refusals call it: items[0].name.
func (m member) name() string {
	var b strings.Builder
	for _, step := range m.path {
		if _, err := strconv.Atoi(step); err == nil {
			b.WriteString("[" + step + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	if b.Len() == 0 {
		return "body"
	}
	return b.String()
}

// membersOf finds the members of a command in its Go type, so that a new one is
// tested without a line here. good is a body that has every list and object.
func membersOf(t *testing.T, body any, good string) []member {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(good), &document); err != nil {
		t.Fatalf("%v in %s", err, good)
	}
	w := walk{t: t}
	w.value(reflect.TypeOf(body), nil, document)
	return w.found
}

type walk struct {
	t     *testing.T
	found []member
}

func (w *walk) add(kind string, path []string) {
	w.found = append(w.found, member{append([]string(nil), path...), kind})
}

func (w *walk) value(of reflect.Type, path []string, good any) {
	for of.Kind() == reflect.Pointer || strings.HasPrefix(of.Name(), "Optional[") {
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		} else {
			f, _ := of.FieldByName("Value")
			of = f.Type
		}
	}
	switch of {
	case reflect.TypeFor[money.Decimal]():
		w.add("decimal", path)
		return
	case reflect.TypeFor[order.Label]():
		w.add("label", path)
		return
	}
	switch of.Kind() {
	case reflect.String:
		w.add("text", path)
	case reflect.Int, reflect.Int64, reflect.Uint64:
		w.add("integer", path)
	case reflect.Bool:
		w.add("boolean", path)
	case reflect.Slice:
		w.add("list", path)
		list, _ := good.([]any)
		if len(list) == 0 {
			w.t.Fatalf("the good body has nothing in %s", member{path: path}.name())
		}
		w.value(of.Elem(), append(path, "0"), list[0])
	case reflect.Map:
		w.add("map", path)
		for name, below := range good.(map[string]any) {
			w.value(of.Elem(), append(path, name), below)
			return
		}
		w.t.Fatalf("the good body has nothing in %s", member{path: path}.name())
	case reflect.Struct:
		w.object(of, path, good)
	default:
		w.t.Fatalf("%s is a %s", member{path: path}.name(), of)
	}
}

func (w *walk) object(of reflect.Type, path []string, good any) {
	kind := "object"
	if of == reflect.TypeFor[order.ModifierRequest]() {
		kind = "text or object"
	}
	if len(path) > 0 {
		w.add(kind, path)
	}
	there, ok := good.(map[string]any)
	if !ok {
		w.t.Fatalf("the good body has no object at %s", member{path: path}.name())
	}
	for _, f := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		w.value(f.Type, append(path, name), there[name])
	}
}

// put answers the good body with another text at a place.
func put(t *testing.T, good string, path []string, text string) string {
	t.Helper()
	var document any
	d := json.NewDecoder(strings.NewReader(good))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	const here = "\u0001here"
	out, err := json.Marshal(set(document, path, here))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(out), `"\u0001here"`, text, 1)
}

func set(in any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch in := in.(type) {
	case map[string]any:
		in[path[0]] = set(in[path[0]], path[1:], value)
		return in
	case []any:
		i, _ := strconv.Atoi(path[0])
		in[i] = set(in[i], path[1:], value)
		return in
	}
	panic("no " + strings.Join(path, ".") + " in the good body")
}

// at is the text of the good body at a place.
func at(t *testing.T, good string, path []string) string {
	t.Helper()
	return answer{t: t, body: good}.raw(strings.Join(path, "."))
}
