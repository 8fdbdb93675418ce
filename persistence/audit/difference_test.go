package audit

import "testing"

func TestDifferenceNamesTheFirstMember(t *testing.T) {
	for _, c := range []struct{ a, b, path, first, second string }{
		{`{"a":1,"b":2}`, `{"a":1,"b":3}`, "b", "2", "3"},
		{`{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":1},{"x":5}]}`, "a[1].x", "2", "5"},
		{`{"a":[1,2]}`, `{"a":[1]}`, "a[1]", "2", "nothing"},
		{`{"a":1}`, `{"a":1,"b":{"c":1}}`, "b", "nothing", `{"c":1}`},
		{`{"a":{"b":1}}`, `{"a":[1]}`, "a", `{"b":1}`, "[1]"},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, "document", "written in one way", "another"},
		{`{"a":1}`, ``, "document", `{"a":1}`, "nothing"},
		{`{"a":`, `{"a":1}`, "document", `{"a":`, `{"a":1}`},
	} {
		if path, first, second := difference([]byte(c.a), []byte(c.b)); path != c.path || first != c.first || second != c.second {
			t.Errorf("%s and %s: %s %s %s", c.a, c.b, path, first, second)
		}
	}
}
