package main

import "testing"

// TestFastAnswersSurviveTheProcess: what the kernel has, kill -9 does not take.
func TestFastAnswersSurviveTheProcess(t *testing.T) {
	e := startEngine(t, t.TempDir(), "--durability", "fast")
	l := newLedger(t)
	l.load(e, "f", 16, int64(scaled(500)), e.kill9)
	e = e.restart("--durability", "fast")
	l.settle(e)
	if a := e.as("other", "admin").create("k"); !a.ok() || a.header.Get("X-Durability") != "fast" {
		t.Errorf("%v, X-Durability %q", a, a.header.Get("X-Durability"))
	}
	e.term()
	e.wantClean()
	e = e.restart()
	if a := e.as("other", "admin").create("l"); !a.ok() || a.header.Get("X-Durability") != "" {
		t.Errorf("%v, X-Durability %q of a durable engine", a, a.header.Get("X-Durability"))
	}
	l.wantVisible(e)
	l.wantRepeatable(e)
}
