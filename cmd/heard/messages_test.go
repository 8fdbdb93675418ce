package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesAreSaidInTheWordsOfTheOperator: what to give instead, and nothing
// of the libraries that noticed.
func TestMistakesAreSaidInTheWordsOfTheOperator(t *testing.T) {
	folder := t.TempDir()
	for args, want := range map[string]string{
		"serve --listen 8000":           "heard: listen on 8000: want host and port, like 127.0.0.1:8000\n",
		"serve --listen localhost:":     "heard: listen on localhost:: want host and port, like 127.0.0.1:8000\n",
		"bill check /nowhere.json":      "heard: stat /nowhere.json: no such file or directory\n",
		"bill check " + folder:          "heard: \"" + folder + "\" exists but is a directory\n",
		"replay /nowhere --org a":       "heard: stat /nowhere: no such file or directory\n",
		"replay " + folder + " --org a": "heard: \"" + folder + "\" exists but is a directory\n",
	} {
		data := filepath.Join(t.TempDir(), "data")
		r := runHeardWith(t, []string{"HEARD_DATA=" + data}, strings.Fields(args)...)
		wantRefused(t, r, data)
		if r.stderr != want {
			t.Errorf("%s: %q, want %q", args, r.stderr, want)
		}
	}
}

func TestBillCheckSaysWhatTheFileIsInstead(t *testing.T) {
	for text, want := range map[string]string{
		`[{"id":"a"}]`:         `array where an object with "vectors" should be`,
		`{"items":[]}`:         `it has no "vectors"`,
		"{\"order_id\":1}\n{}": "more follows its first object",
		"root:x:0:0":           "no JSON at byte 1",
	} {
		file := filepath.Join(t.TempDir(), "vectors.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := runHeard(t, "bill", "check", file)
		if r.code != exitFailed || !strings.HasPrefix(r.stderr, "heard: "+file+": not a file of billing vectors: "+want) {
			t.Errorf("%s: %+v, want %s", text, r, want)
		}
	}
}

// TestTokenMakesNoSecret: it would sign with one that no engine has, and leave it
// where somebody starts an engine later.
func TestTokenMakesNoSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(file, []byte(`{"order_id":1,"items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":4000}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"token --org a --user u --role admin", "replay " + file + " --org a"} {
		missing, empty := filepath.Join(t.TempDir(), "data"), t.TempDir()
		for _, data := range []string{missing, empty} {
			r := runHeard(t, append(strings.Fields(args), "--data", data)...)
			if !strings.Contains(r.stderr, "heard: ") || r.code == 0 || r.stdout != "" || !contains(r.stderr, "--data "+data, "no secret there", "--jwt-secret") || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: %+v", args, r)
			}
			if left, _ := os.ReadDir(data); len(left) > 0 {
				t.Errorf("%s left %s", args, left[0].Name())
			}
		}
	}
	// beside an engine, which has one, it needs nothing
	e := startEngine(t, t.TempDir())
	e.token = e.tokenOf("bistro", "waiter")
	if a := e.create("k"); !a.ok() {
		t.Error(a)
	}
	e.term()
}

// TestReplaySaysThatTaxIsTheDifference: a new organisation has 5 %, the file none.
// It says so before it places anything.
func TestReplaySaysThatTaxIsTheDifference(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.ndjson")
	if err := os.WriteFile(file, []byte(`{"order_id":1,"items":[{"menu_item_id":1,"name":"Naan","quantity":1,"price_minor":4000}],"total_minor":4000}`), 0o600); err != nil {
		t.Fatal(err)
	}
	e := startEngine(t, t.TempDir())
	args := []string{"replay", file, "--org", "taxed", "--data", e.data, "--url", "http://" + e.address}
	r := runHeard(t, args...)
	if r.code != exitFailed || r.stdout != "" || !contains(r.stderr, "nothing was placed", "4000 in the file but 4200 in the answer, 200 of them tax: --currency ", "--totals-may-differ") {
		t.Errorf("%+v", r)
	}
	e.as("taxed", "waiter").wantNumbers(0)
	r = runHeard(t, append(args, "--totals-may-differ")...)
	if r.code != exitFailed || r.stderr != "heard: placed 1, 1 totals differ\n" || !contains(r.stdout, "of them 1 totals that differ") {
		t.Errorf("all the same: %+v", r)
	}
	e.as("taxed", "waiter").wantNumbers(1)
	args[3] = "other"
	if r := runHeard(t, append(args, "--currency", "INR")...); r.code != 0 || strings.Contains(r.stdout, "tax") {
		t.Errorf("with --currency: %+v", r)
	}
	e.term()
}
