package actors

import (
	"fmt"

	"heard/domain"
)

// What a command may write without being charged: so many bytes for each that it
// sent, its headers counted as requestBytes.
const (
	freeAmplification = 8
	requestBytes      = 256
)

// budget bounds what an organisation's commands write beyond what they send. An
// ordinary command costs nothing of it; a change of a few bytes to an order of
// hundreds of KiB writes all of that, and two clients of one restaurant could fill
// the disk of all in minutes.
type budget struct {
	perMinute int64 // bytes; 0 = no limit
	left      int64
	atMS      int64
}

func (b *budget) refill(nowMS int64) {
	passed := min(max(nowMS-b.atMS, 0), 60_000)
	b.left, b.atMS = min(b.left+passed*b.perMinute/60_000, b.perMinute), nowMS
}

// admit refuses while more was written than there is room for.
func (b *budget) admit(nowMS int64) *domain.Error {
	if b.perMinute == 0 {
		return nil
	}
	if b.refill(nowMS); b.left > 0 {
		return nil
	}
	return domain.Refuse(domain.RateLimited, fmt.Sprintf("This organisation's commands write more than %d MiB a minute beyond what they send: changes to very large orders do; repeat it later", b.perMinute>>20))
}

// charge takes what a command wrote.
func (b *budget) charge(wrote, sent int) {
	b.left -= max(0, int64(wrote)-freeAmplification*int64(sent+requestBytes))
}

// minLoudBytes is what an organisation must have written lately to be refused
// before others are.
const minLoudBytes = 1 << 20

var errLoud = domain.Refuse(domain.JournalUnavailable, "The disk is nearly full and this organisation writes most: its writes are refused first, until there is room")

// weigh finds, once a second, who wrote more than half of all that was written
// lately while others wrote too. While space is scarce its writes are refused,
// before those of everybody have to be.
func (e *Engine) weigh() {
	scarce := e.scarce()
	all, total := e.organisations(), int64(0)
	for _, o := range all {
		o.lately = o.lately*15/16 + o.wrote.Swap(0)
		total += o.lately
	}
	for _, o := range all {
		loud := scarce && o.lately > minLoudBytes && o.lately > total/2 && o.lately < total
		if o.loud.Swap(loud) != loud {
			e.log.Warn("space is scarce", "loudest", o.id, "refused", loud)
		}
	}
}
