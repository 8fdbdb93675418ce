package actors

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestMessagesToTheDeadAreNoNews: a message to an activation that has ended
// shows in the log for whoever debugs, and for nobody else.
func TestMessagesToTheDeadAreNoNews(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var log lockedBuffer
		k := open(t, vfs.NewMem(), func(o *Options) {
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		})
		k.place("")
		o, _ := k.organisation("bistro")
		k.system.Root.StopFuture(o.pid).Wait()
		k.system.Root.Send(o.pid, &sweep{})
		if want {
			eventually(t, "it is logged", func() bool { return strings.Contains(log.String(), "DeadLetter") })
		} else if strings.Contains(log.String(), "DeadLetter") {
			t.Errorf("at level %v: %s", level, log.String())
		}
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}
