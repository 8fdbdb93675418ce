package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// nothing stands for a member that is not there.
const nothing = "nothing"

// difference finds the first member in which two JSON documents differ, in the
// order of the first: where it is, and what each has.
func difference(a, b []byte) (path, first, second string) {
	return differ("", a, b)
}

func differ(path string, a, b json.RawMessage) (string, string, string) {
	as, aok := children(a)
	bs, bok := children(b)
	if !aok || !bok || len(a) == 0 || len(b) == 0 || a[0] != b[0] {
		return orWhole(path), short(a), short(b)
	}
	object := a[0] == '{'
	in := map[string]json.RawMessage{}
	for _, c := range bs {
		in[c.name] = c.value
	}
	for _, c := range as {
		other, there := in[c.name]
		delete(in, c.name)
		switch {
		case !there:
			return join(path, c.name, object), short(c.value), nothing
		case !bytes.Equal(c.value, other):
			return differ(join(path, c.name, object), c.value, other)
		}
	}
	for _, c := range bs {
		if _, left := in[c.name]; left {
			return join(path, c.name, object), nothing, short(c.value)
		}
	}
	return orWhole(path), "written in one way", "another" // same members, other order or spaces
}

// child is a member of an object, or an element of an array by its place.
type child struct {
	name  string
	value json.RawMessage
}

func children(data []byte) ([]child, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	open, err := d.Token()
	if err != nil || (open != json.Delim('{') && open != json.Delim('[')) {
		return nil, false
	}
	var all []child
	for d.More() {
		c := child{name: fmt.Sprintf("[%d]", len(all))}
		if open == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return nil, false
			}
			c.name, _ = name.(string)
		}
		if d.Decode(&c.value) != nil {
			return nil, false
		}
		all = append(all, c)
	}
	_, err = d.Token()
	return all, err == nil
}

func join(path, name string, object bool) string {
	if path == "" || !object {
		return path + name
	}
	return path + "." + name
}

func orWhole(path string) string {
	if path == "" {
		return "document"
	}
	return path
}

// short keeps a finding on one line.
func short(value []byte) string {
	const most = 60
	if len(value) == 0 {
		return nothing
	}
	if len(value) > most {
		return string(value[:most]) + "…"
	}
	return string(value)
}
