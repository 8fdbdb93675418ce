package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestDurationsInTheLogCanBeRead in either format.
func TestDurationsInTheLogCanBeRead(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		flags := logFlags{LogFormat: format, LogLevel: "info"}
		flags.logger(&out).With("limit", 2*time.Second).WithGroup("g").Info("x", "took", 1500*time.Millisecond)
		if line := out.String(); !strings.Contains(line, "1.5s") || !strings.Contains(line, "2s") {
			t.Errorf("%s: %s", format, line)
		}
	}
}
