package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// history is the log's identity, and the sequence that the log is at.
func (e *engine) history() (epoch string, seq int) {
	e.t.Helper()
	s := e.socket("/ws?token="+e.token, nil)
	hello := parse[struct {
		Epoch string
		Seq   int
	}](e.t, []byte(s.want("connection_established", "")))
	s.conn.Close()
	return hello.Epoch, hello.Seq
}

// shell brings a backup back by a script.
func shell(script string) func(t *testing.T, backup, data string) {
	return func(t *testing.T, backup, data string) {
		t.Helper()
		c := exec.Command("sh", "-ec", script)
		c.Env = append(os.Environ(), "BACKUP="+backup, "DATA="+data)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// TestScreenIsToldThatAFolderWasRestored: a screen has seen 15 orders, the folder
// is brought back to 10 and takes 8 others, in each way in which a copy comes
// back. Resuming at 15 the screen would never hear of the new 11 to 15.
func TestScreenIsToldThatAFolderWasRestored(t *testing.T) {
	for _, c := range []struct {
		name    string
		restore func(t *testing.T, backup, data string)
		same    bool // nothing was brought back: the folder goes on
	}{
		{name: "copied", restore: shell(`rm -r "$DATA"; cp -a "$BACKUP" "$DATA"`)},
		{name: "packed", restore: shell(`rm -r "$DATA"; mkdir "$DATA"; tar -C "$BACKUP" -cf - . | tar -C "$DATA" -xpf -`)},
		{name: "the store alone", restore: shell(`rm -r "$DATA/store"; cp -a "$BACKUP/store" "$DATA/store"`)},
		{name: "moved and back", same: true, restore: shell(`mv "$DATA" "$DATA.elsewhere"; mv "$DATA.elsewhere" "$DATA"`)},
		{name: "backed up", same: true, restore: shell(`cp -a "$DATA" "$BACKUP.another"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			e := startEngine(t, data)
			e.placed(10)
			e.term()
			backup := copied(t, data)
			e = e.restart()
			for i := 11; i <= 15; i++ {
				e.next(fmt.Sprint("k", i), i)
			}
			epoch, seq := e.history()
			if seq != 15 {
				t.Fatalf("the log is at %d", seq)
			}
			e.term()
			c.restore(t, backup, data)
			e = e.restart()
			first := 11
			if c.same {
				first = 16
			}
			for i := range 8 {
				e.next(fmt.Sprint("new", i), first+i)
			}
			s := e.socket(fmt.Sprintf("/ws?token=%s&epoch=%s&seq=15", e.token, epoch), nil)
			if c.same {
				s.want("order_update", `"number":23`)
				if read := strings.Join(s.read, "\n"); strings.Contains(read, "resync_required") || strings.Count(read, `"type":"order_update"`) != 8 {
					t.Errorf("a screen of a folder that went on got %s", read)
				}
			} else {
				s.want("resync_required", "epoch")
				s.want("snapshot_end", "")
			}
			now, _ := e.history()
			if (now == epoch) != c.same {
				t.Errorf("the history was %s and is %s", epoch, now)
			}
			e.term()
			e = e.restart() // and stays so
			if again, _ := e.history(); again != now {
				t.Errorf("the history became %s, then %s", now, again)
			}
			e.term()
			e.wantClean()
		})
	}
}

// TestRestoreGivesAFolderANewHistory where nothing can tell that the whole disk
// was brought back.
func TestRestoreGivesAFolderANewHistory(t *testing.T) {
	e := startEngine(t, t.TempDir())
	e.placed(2)
	before, _ := e.history()
	if r := runHeard(t, "restore", "--data", e.data); r.code == 0 || !strings.Contains(r.stderr, "another heard is using it") {
		t.Errorf("beside an engine: %+v", r)
	}
	e.term()
	if r := runHeard(t, "restore", "--data", e.data); r.code != 0 || !strings.Contains(r.stdout, "screens fetch everything") {
		t.Errorf("%+v", r)
	}
	e = e.restart()
	if after, seq := e.history(); after == before || seq != 2 {
		t.Errorf("history %s at %d, was %s", after, seq, before)
	}
	e.term()
	e.wantClean()
	for _, args := range [][]string{{}, {"--from", "mongo", "--data", e.data}, {"--data", t.TempDir()}} {
		if r := runHeard(t, append([]string{"restore"}, args...)...); r.code != exitUsage {
			t.Errorf("restore %v: %+v", args, r)
		}
	}
}

// open lists what others may do something with.
func open(t *testing.T, data string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode()&0o077 != 0 {
			found = append(found, fmt.Sprint(path, " ", info.Mode()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDataIsTheOwnersAlone with a secret that is given, too, and in a folder that
// was open before.
func TestDataIsTheOwnersAlone(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	data := filepath.Join(t.TempDir(), "data")
	secret := []string{"--jwt-secret", strings.Repeat("s3cret", 8)}
	serve := func() *process {
		p := start(t, environment(), append([]string{server, "serve", "--listen", "127.0.0.1:0", "--data", data}, secret...)...)
		if _, ok := p.stdout.find("listening", patience, p.ended); !ok {
			t.Fatal(p.stderr)
		}
		return p
	}
	stop := func(p *process) {
		if found := open(t, data); len(found) > 0 {
			t.Errorf("others may use %v", found)
		}
		p.signal(syscall.SIGTERM)
		if p.exit(patience) != 0 {
			t.Error(p.stderr)
		}
		if found := open(t, data); len(found) > 0 {
			t.Errorf("others may use %v", found)
		}
	}
	stop(serve())
	if out, err := exec.Command("chmod", "-R", "a+rX", data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := serve()
	if said := strings.Count(p.stderr.String(), "others could read the data folder"); said != 1 {
		t.Errorf("said %d times: %s", said, p.stderr)
	}
	stop(p)
	p = serve()
	if strings.Contains(p.stderr.String(), "others could") {
		t.Error(p.stderr)
	}
	stop(p)
}
