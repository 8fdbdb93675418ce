package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// TestNumbersBeyondSenseAreRefusedByName goes through every flag of every command
// that is a number: below 0 and beyond all measure it is refused, with its name,
// before anything is started.
func TestNumbersBeyondSenseAreRefusedByName(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	working := map[string][]string{ // that work but for the number
		"serve":         {"--listen", takenAddress(t)},
		"token":         {"--org", "a", "--user", "u", "--role", "admin", "--jwt-secret", secret},
		"replay":        {"../../examples/friday.ndjson", "--org", "a"},
		"bench":         {"create"},
		"audit":         nil,
		"migrate":       {"--from", "embedded", "--to", "redis-mongo"},
		"restore":       {"--from", "mongo"},
		"cluster certs": {"a", "--out", t.TempDir() + "/certs"},
		"rival":         {"ws"},
		"version":       nil,
		"openapi":       nil,
		"bill check":    {"refusal_test.go"},
	}
	needs := map[string][]string{ // of bench, where a flag needs others
		"speed":  {"replay", "--file", "../../examples/friday.ndjson"},
		"pid":    {"create", "--url", "http://127.0.0.1:1"},
		"vs-pid": {"create", "--vs", "http://127.0.0.1:1"},
	}
	parser, err := kong.New(&commands{}, kong.Vars{"scenarios": scenarioNames()})
	if err != nil {
		t.Fatal(err)
	}
	numbers := 0
	for _, command := range parser.Model.Leaves(false) {
		name := strings.TrimPrefix(command.Path(), "heard ")
		line, known := working[name]
		if !known {
			t.Errorf("heard %s is not in this test", name)
		}
		for _, flag := range command.Flags {
			values := absurd(flag)
			if len(values) > 0 {
				numbers++
			}
			for _, value := range values {
				with := line
				if of := flag.Tag.Get("of"); of != "" {
					with = []string{strings.Split(of, ",")[0]}
				}
				if more, is := needs[flag.Name]; name == "bench" && is {
					with = more
				}
				args := slices.Concat(strings.Fields(name), with, []string{"--" + flag.Name, value})
				r := runHeard(t, args...)
				if r.code != exitUsage || r.stdout != "" || len(lines(r.stderr)) != 1 || !contains(r.stderr, "heard: --"+flag.Name) {
					t.Errorf("heard %s: %+v", strings.Join(args, " "), r)
				}
			}
		}
	}
	if numbers < 25 {
		t.Errorf("%d flags are numbers", numbers)
	}
}

// absurd are values that no flag of this kind takes; none for a flag that is no
// number.
func absurd(flag *kong.Flag) []string {
	switch flag.Target.Interface().(type) {
	case time.Duration, *time.Duration:
		return []string{"-1s", "2000000h"}
	case int, *int:
		return []string{"-1", "9223372036854775807"}
	case uint64: // a seed may be any
		return []string{"-1", "18446744073709551616"}
	case float64:
		return []string{"-1", "1e300", "NaN"}
	case byteSize:
		return []string{"-1", "9223372036854775807"}
	}
	return nil
}
