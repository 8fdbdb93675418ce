package load

import (
	"maps"
	"slices"
	"strings"
)

// units are what a figure may be given in: how many of the report's own unit
// each is. "" is the report's own.
type units map[string]float64

// unitsOf goes by the name, as a reader of the JSON does.
func unitsOf(figure string) units {
	has := func(is func(part string) bool) bool { return slices.ContainsFunc(strings.Split(figure, "."), is) }
	ends := func(end string) bool { return has(func(part string) bool { return strings.HasSuffix(part, end) }) }
	switch {
	case strings.HasSuffix(figure, ".n"):
		return units{"": 1}
	case ends("_ms"):
		return units{"": 1, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3, "m": 60e3}
	case has(func(part string) bool { return strings.Contains(part, "_us_") }):
		return units{"": 1, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6}
	case ends("seconds"), ends("_s"):
		return units{"": 1, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60}
	case has(func(part string) bool { return strings.Contains(part, "bytes") }):
		return units{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
	case ends("_per_second"):
		return units{"": 1, "/s": 1}
	}
	return units{"": 1}
}

// own is the unit of the report's own numbers, for a reader.
func (u units) own() string {
	for _, name := range []string{"ms", "us", "s", "B", "/s"} {
		if u[name] == 1 {
			return name
		}
	}
	return ""
}

// choice names all of them.
func (u units) choice(figure string) string {
	names := slices.Sorted(maps.Keys(u))[1:]
	if len(names) == 0 {
		names = append(names, "plain numbers")
	}
	if slices.Contains(shared, figure) {
		names = append(names, "% of the requests")
	}
	return strings.Join(names, ", ")
}

// shared are figures that may be required in percent of the requests.
var shared = []string{"errors", "unsent", "late_starts"}
