package ws

import (
	"strconv"
	"time"

	"heard/domain"
)

// Types of the messages we send, CONTRACT section 3.
const (
	typeEstablished = "connection_established"
	typeOrder       = "order_update"
	typeSnapshotEnd = "snapshot_end"
	typeMenu        = "menu_updated"
	typePresence    = "presence"
	typePong        = "pong"
	typeReply       = "reply"
	typeRooms       = "subscribed"
	typeResync      = "resync_required"
	typeDraining    = "draining"
	typeError       = "error"
)

// message begins a message that is no event of the log.
func message(kind string, size int) []byte {
	b := append(begin(size+96), `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","timestamp":"`...)
	b = domain.AppendTime(b, time.Now().UnixMilli())
	return append(b, `","data":`...)
}

// end closes what message began.
func end(b []byte) []byte { return seal(append(b, '}'), opText) }

func established(id string, seq uint64, epoch string) []byte {
	b := append(begin(256), `{"type":"`+typeEstablished+`","seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = domain.AppendString(append(b, `,"epoch":`...), epoch)
	b = append(b, `,"timestamp":"`...)
	b = domain.AppendTime(b, time.Now().UnixMilli())
	b = domain.AppendString(append(b, `","data":{"connection_id":`...), id)
	b = strconv.AppendUint(append(b, `,"seq":`...), seq, 10)
	b = domain.AppendString(append(b, `,"epoch":`...), epoch)
	return end(append(b, '}'))
}

// snapshotEnd names the first position a client may resume from.
func snapshotEnd(seq uint64, epoch string) []byte {
	b := append(begin(192), `{"type":"`+typeSnapshotEnd+`","seq":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = domain.AppendString(append(b, `,"epoch":`...), epoch)
	b = append(b, `,"timestamp":"`...)
	b = domain.AppendTime(b, time.Now().UnixMilli())
	b = strconv.AppendUint(append(b, `","data":{"seq":`...), seq, 10)
	return end(append(b, '}'))
}

func pong() []byte { return end(append(message(typePong, 2), `{}`...)) }

// resyncRequired says why the client's position is of no use.
func resyncRequired(reason string) []byte {
	b := append(message(typeResync, 64), `{"reason":`...)
	return end(append(domain.AppendString(b, reason), '}'))
}

func draining() []byte { return end(append(message(typeDraining, 2), `{}`...)) }

// failed tells the client what was wrong with a frame of its own. text is
// valid UTF-8.
func failed(code domain.Code, text string) []byte {
	b := append(message(typeError, 64+len(text)), `{"code":"`...)
	b = append(b, code...)
	b = domain.AppendString(append(b, `","detail":`...), text)
	return end(append(b, '}'))
}

// event is one record of the log as a message: seq and epoch say where it
// stands, prev which one the client must have got before.
func event(kind string, r *domain.Record, prev uint64, epoch string, body []byte) []byte {
	b := append(begin(len(body)+320), `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","event":"`...)
	b = append(b, r.Kind...)
	b = strconv.AppendUint(append(b, `","seq":`...), r.Seq, 10)
	b = strconv.AppendUint(append(b, `,"prev":`...), prev, 10)
	b = domain.AppendString(append(b, `,"epoch":`...), epoch)
	b = strconv.AppendUint(append(b, `,"version":`...), r.Version, 10)
	b = append(b, `,"timestamp":"`...)
	b = domain.AppendTime(b, r.At)
	b = append(b, `","data":`...)
	return end(append(b, body...))
}

// appendSnapshotOrder is one active order of a snapshot, whole or in short.
func appendSnapshotOrder(b []byte, i *domain.Image, epoch string, nowMS int64, body []byte) []byte {
	b = append(b, `{"type":"`+typeOrder+`","snapshot":true,"epoch":`...)
	b = domain.AppendString(b, epoch)
	b = strconv.AppendUint(append(b, `,"version":`...), i.Version, 10)
	b = append(b, `,"timestamp":"`...)
	b = domain.AppendTime(b, nowMS)
	b = append(b, `","data":`...)
	if body != nil {
		return append(append(b, body...), '}')
	}
	b = domain.AppendString(append(b, `{"id":`...), i.ID)
	b = domain.AppendString(append(b, `,"order_id":`...), i.ID)
	b = domain.AppendString(append(b, `,"status":`...), i.Status)
	b = strconv.AppendUint(append(b, `,"version":`...), i.Version, 10)
	return append(b, '}', '}')
}
