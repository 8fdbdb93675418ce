package ws

import (
	"time"

	"heard/domain"
	"heard/transport/rest"
)

// Limits bound what clients can make the process hold.
type Limits struct {
	Sockets       int           // in all; default rest.ConnectionLimit()
	PerOrg        int           // of one organisation; default three quarters of Sockets
	QueueFrames   int           // that wait for one socket; default 512
	QueueBytes    int           // likewise; default 512 KiB
	PendingBytes  int           // of one audience that wait for a shard; default 4 MiB
	IdleTimeout   time.Duration // without a byte from the client; default 90 s
	PingInterval  time.Duration // default 30 s
	AuthTimeout   time.Duration // for the first frame; default 5 s
	StallTimeout  time.Duration // for a full send buffer to take 16 KiB; default 30 s
	PresencePause time.Duration // before a presence frame; default 250 ms
	DrainSpread   time.Duration // over which sockets are closed; default 1.5 s
}

const (
	maxMessageBytes = 64 << 10 // of a client's message, its fragments together
	maxControlBytes = 125
	maxRooms        = 64 // of one socket
	maxInFlight     = 16 // commands of one socket
	maxBehind       = 10_000
	largeReply      = 64 << 10  // bytes of an answer that counts against
	maxReplyBytes   = 128 << 20 // of all sockets together, that wait to be written
	maxCatchingUp   = 16        // organisations at once; within one, sockets take turns
	maxListedUsers  = 200

	replayRecords  = 32 // of one chunk
	snapshotOrders = 128
	sharedLife     = 3 * time.Second // of a chunk that other sockets may ask for too
	sharedChunks   = 64              // kept of one organisation

	turnSockets = 32       // writes before other goroutines get the processor
	joinedBytes = 64 << 10 // of waiting frames that go out in one write
	aloneBytes  = 8 << 10  // of frames that go out as they are: a storm's snapshots are not copied for each socket
	stalledStep = 16 << 10 // bytes that must be taken within StallTimeout
	sendBuffer  = 64 << 10 // else the kernel hides megabytes behind a stuck socket

	handshakeTimeout = 5 * time.Second
	enginePatience   = 15 * time.Second
	closePatience    = 2 * time.Second // for the client's half of a close
	cutPatience      = 5 * time.Second // for a slow client to take the reason
	lingerBytes      = 4 << 20         // read on, so that the client sees why it was closed

	// A client that sends more than this is read more slowly; TCP then slows it.
	maxFramesPerSecond = 2000
	maxBytesPerSecond  = 4 << 20
)

func (l Limits) withDefaults() Limits {
	orInt := func(n *int, other int) {
		if *n <= 0 {
			*n = other
		}
	}
	orDuration := func(d *time.Duration, other time.Duration) {
		if *d <= 0 {
			*d = other
		}
	}
	orInt(&l.Sockets, rest.ConnectionLimit())
	orInt(&l.PerOrg, max(1, l.Sockets*3/4))
	orInt(&l.QueueFrames, 512)
	orInt(&l.QueueBytes, 512<<10)
	orInt(&l.PendingBytes, 4<<20)
	orDuration(&l.IdleTimeout, 90*time.Second)
	orDuration(&l.PingInterval, 30*time.Second)
	orDuration(&l.AuthTimeout, 5*time.Second)
	orDuration(&l.StallTimeout, 30*time.Second)
	orDuration(&l.PresencePause, 250*time.Millisecond)
	orDuration(&l.DrainSpread, 1500*time.Millisecond)
	return l
}

// bursts reports whether so much became durable at once that a socket whose
// client reads well could find its queue full: half of what the queue holds.
func (l *Limits) bursts(records []domain.Record) bool {
	if len(records) > l.QueueFrames/2 {
		return true
	}
	bytes := 0
	for i := range records {
		bytes += len(records[i].Image)
	}
	return len(records) > 1 && bytes > l.QueueBytes/2
}
