package load

import (
	"os/exec"
	"testing"
	"time"
)

// TestServerThatIsKilledIsMeasuredUntilThen, and one that was never seen working
// says why not.
func TestServerThatIsKilledIsMeasuredUntilThen(t *testing.T) {
	busy := exec.Command("sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Skip("SKIP: no shell: ", err)
	}
	server := &Process{busy.Process.Pid}
	from, err := server.CPU()
	if err != nil {
		t.Skip("SKIP: ", err)
	}
	w := &watcher{done: make(chan struct{}), server: server}
	w.begin()
	for end := time.Now().Add(time.Minute); w.target.spent() < time.Millisecond && time.Now().Before(end); time.Sleep(time.Millisecond) {
		w.look(time.Now(), nil, newRecorder(nil, time.Now(), Options{}), Options{})
	}
	late := &watcher{done: make(chan struct{}), server: server}
	late.begin()
	_ = busy.Process.Kill()
	_ = busy.Wait()
	w.stop()
	late.stop()
	if w.target.wrong != nil || w.target.spent() < time.Millisecond || w.target.from < from {
		t.Errorf("%+v", w.target)
	}
	if late.target.wrong == nil {
		t.Errorf("%+v", late.target)
	}
}
