package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"heard/bench/load"
)

// run is a result with a latency of so many milliseconds at the median.
func run(label string, rate float64, ms int) load.Result {
	at := load.MS(1000 * ms)
	return load.Result{
		Label: label, Rate: rate, Requests: 1000,
		Latency:   load.Latency{N: 1000, P50: at, P99: 2 * at, P999: 3 * at, Max: 4 * at},
		Quantiles: []load.Quantile{{Percent: 0, MS: at / 2}, {Percent: 50, MS: at}, {Percent: 99, MS: 2 * at}, {Percent: 100, MS: 4 * at}},
		Course:    load.Course{IntervalMS: 100, Points: []load.Point{{Good: 10}, {Good: 12}, {Good: 11}}},
	}
}

// drawn are the words and the number of lines in colour of a picture, which must
// be whole XML.
func drawn(t *testing.T, r load.Report) (words string, lines int) {
	t.Helper()
	var out strings.Builder
	if err := WriteSVG(&out, r); err != nil {
		t.Fatal(err)
	}
	var text []string
	for decoder := xml.NewDecoder(strings.NewReader(out.String())); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return strings.Join(text, "|"), lines
		}
		if err != nil {
			t.Fatal(err)
		}
		switch element := token.(type) {
		case xml.CharData:
			text = append(text, strings.TrimSpace(string(element)))
		case xml.StartElement:
			for _, a := range element.Attr {
				if a.Name.Local == "d" && strings.Count(a.Value, "L") >= 2 {
					lines++ // a path through three points and more
				}
			}
		}
	}
}

func wantWords(t *testing.T, words string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(words, w) {
			t.Errorf("no %q in %q", w, words)
		}
	}
}

func TestALoopIsDrawn(t *testing.T) {
	one := load.Report{Scenario: "create", Runs: []load.Result{run("all", 0, 5)}}
	words, lines := drawn(t, one)
	wantWords(t, words, "create: latency by percentile", "create: good answers over time", "|all|", "|99.9|")
	if strings.Contains(words, "latency by rate") || strings.Contains(words, "errors") {
		t.Errorf("drawn %q", words)
	}
	one.Runs[0].Errors = 3
	wrong, more := drawn(t, one)
	wantWords(t, wrong, "all errors")
	if more <= lines {
		t.Errorf("%d lines with errors, %d without", more, lines)
	}
}

func TestACurveIsDrawn(t *testing.T) {
	curve := load.Report{Kind: load.Curved, Scenario: "mixed", Runs: []load.Result{run("peak", 0, 9)}}
	for i, share := range load.Shares {
		curve.Runs = append(curve.Runs, run(fmt.Sprintf("%d %%", share), float64(100*share), 1+i))
	}
	words, _ := drawn(t, curve)
	wantWords(t, words, "mixed: latency by rate, from the planned moment", "|p50|", "|p99|", "|p99.9|", "|peak|", "|50 %|", "|90 %|", "|120 %|")
}

func TestNothingIsDrawnToo(t *testing.T) {
	for name, runs := range map[string][]load.Result{
		"no answer":            {{Label: "all"}},
		"one answer":           {{Label: "all", Latency: load.Latency{N: 1, P50: 3, Max: 3}, Quantiles: []load.Quantile{{Percent: 100, MS: 3}}, Course: load.Course{IntervalMS: 100, Points: []load.Point{{Good: 1}}}}},
		"a curve of its peak":  {run("peak", 0, 3), {Label: "10 %", Rate: 40}},
		"answers in no moment": {{Label: "all", Latency: load.Latency{N: 2}, Quantiles: []load.Quantile{{Percent: 0}, {Percent: 100}}}},
	} {
		t.Run(name, func(t *testing.T) {
			words, _ := drawn(t, load.Report{Scenario: "get", Runs: runs})
			wantWords(t, words, "get: latency by percentile")
		})
	}
}

// TestALegendCoversNoLine stands to the right of all that is drawn.
func TestALegendCoversNoLine(t *testing.T) {
	long := run("400/s planned", 400, 5)
	long.Screens = &load.Screens{Latency: long.Latency, Quantiles: long.Quantiles}
	var out strings.Builder
	if err := WriteSVG(&out, load.Report{Scenario: "fanout", Runs: []load.Result{long}}); err != nil {
		t.Fatal(err)
	}
	picture := out.String()
	rightmost := 0.0
	for _, path := range regexp.MustCompile(`<path d="M([^"Z]*L[^"Z]*L[^"Z]*)"`).FindAllStringSubmatch(picture, -1) {
		for _, point := range strings.Split(path[1], "L") {
			x, _, _ := strings.Cut(point, ",")
			at, err := strconv.ParseFloat(x, 64)
			if err != nil {
				t.Fatalf("%v in %s", err, path[0])
			}
			rightmost = max(rightmost, at)
		}
	}
	names := regexp.MustCompile(`<text x="([0-9.]+)"[^>]*>(400/s planned[^<]*)<`).FindAllStringSubmatch(picture, -1)
	if rightmost == 0 || len(names) != 3 {
		t.Fatalf("lines up to %g, names %v", rightmost, names)
	}
	for _, name := range names {
		if at, err := strconv.ParseFloat(name[1], 64); err != nil || at <= rightmost {
			t.Errorf("%q at %s is not beside the lines, up to %g", name[2], name[1], rightmost)
		}
	}
}
