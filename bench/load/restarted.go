package load

import (
	"fmt"
	"io"
	"time"
)

// Restarted is how an engine came up after it was killed under load. Times are
// from the start of the new process.
type Restarted struct {
	Acknowledged int   `json:"acknowledged"` // orders, of all rounds, with those placed before
	Missing      int64 `json:"missing"`      // of them: not there, or another than was acknowledged
	Listening    MS    `json:"listening_ms"`
	FirstAnswer  MS    `json:"first_answer_ms"`
	FirstWrite   MS    `json:"first_write_ms"` // durable
}

// Since is the time from a moment until now.
func Since(moment time.Time) MS { return milliseconds(time.Since(moment)) }

// CameUp adds what became of the engine after the kill. Each missing order is an
// error.
func (r *Result) CameUp(came Restarted, missing []FaultCount) {
	all := faults(r.FirstFault)
	for _, f := range missing {
		came.Missing += f.Count
		r.Errors += f.Count
		all.addCount(f)
	}
	r.FirstFault, r.Restarted = all, &came
}

func (c *Restarted) details(w io.Writer, label string) {
	fmt.Fprintf(w, "%s: killed; listening after %v ms, first answer after %v ms, first durable write after %v ms; %d of %d acknowledged orders missing or other\n",
		label, c.Listening, c.FirstAnswer, c.FirstWrite, c.Missing, c.Acknowledged)
}
