package replay

import (
	"strconv"
	"time"
)

const (
	maxRefusals    = 20               // answers of 503 or 429 to one request
	maxSilence     = 30 * time.Second // without any answer to one request
	maxPause       = 2 * time.Second  // also of what Retry-After asks for
	firstPause     = 50 * time.Millisecond
	pauseDoublings = 5
)

// patience decides how often one request is repeated. Repeating is harmless
// because every write carries its key.
type patience struct {
	refusals int
	silences int
	silent   time.Time // since when there is no answer
}

// refused returns the pause before the next attempt after a 503 or 429;
// retryAfter is the header's text, whole seconds.
func (p *patience) refused(retryAfter string) (pause time.Duration, again bool) {
	p.refusals++
	p.silences = 0
	if seconds, err := strconv.Atoi(retryAfter); err == nil && seconds > 0 {
		return min(time.Duration(min(seconds, 60))*time.Second, maxPause), p.refusals < maxRefusals
	}
	return backOff(p.refusals), p.refusals < maxRefusals
}

// unanswered returns the pause after an attempt that began at began and failed
// at now without an answer. The first repeat comes at once: mostly the server had
// closed an idle connection, and a pause would show up as its latency.
func (p *patience) unanswered(began, now time.Time) (pause time.Duration, again bool) {
	if p.silences == 0 {
		p.silent = began
	}
	p.silences++
	if p.silences > 1 {
		pause = backOff(p.silences - 1)
	}
	return pause, now.Add(pause).Sub(p.silent) < maxSilence
}

func backOff(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, pauseDoublings), maxPause)
}
