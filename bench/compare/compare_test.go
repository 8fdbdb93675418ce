package main

import (
	"slices"
	"testing"
)

func TestBenchmarkLinesAreRead(t *testing.T) {
	all, names := read([]byte(`goos: linux
BenchmarkDecode/clean-2         	    2000	      1234 ns/op	      56 B/op	       7 allocs/op
BenchmarkDecode/heard-post-2    	    2000	      1234 ns/op	   12.50 MB/s	     120 B/op	       0 allocs/op
BenchmarkOneProcessor           	    2000	      1234 ns/op	       8 B/op	       1 allocs/op
PASS
`))
	if !slices.Equal(names, []string{"Decode/clean", "Decode/heard-post", "OneProcessor"}) {
		t.Fatalf("names %q", names)
	}
	for name, want := range map[string]figures{"Decode/clean": {56, 7}, "Decode/heard-post": {120, 0}, "OneProcessor": {8, 1}} {
		if all[name] != want {
			t.Errorf("%s: %+v, want %+v", name, all[name], want)
		}
	}
	if all, _ := read([]byte("FAIL\n")); len(all) != 0 {
		t.Errorf("%v out of nothing", all)
	}
}

func TestAChangeIsInPercent(t *testing.T) {
	for _, c := range []struct {
		was, is float64
		want    string
	}{{100, 103, " (+3.0 %)"}, {100, 50, " (-50.0 %)"}, {7, 7, ""}, {0, 3, ""}} {
		if got := change(c.was, c.is); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.was, c.is, got, c.want)
		}
	}
}
