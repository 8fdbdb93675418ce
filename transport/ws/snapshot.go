package ws

import (
	"time"

	"heard/domain"
)

// feedSnapshot gives the next page of active orders, newest first, and behind
// the last one the position that the snapshot is good for.
func (o *organisation) feedSnapshot(s *socket, c *catchUp, a *audience) (done bool, err error) {
	key := chunkKey{audience: a.key, kind: shortOrders, from: c.below}
	if c.full {
		key.kind = wholeOrders
	}
	page := o.shared(key, c.start)
	if page == nil {
		if page, err = o.page(a, c); err != nil {
			return false, err
		}
		o.share(key, page)
	}
	if !c.begun { // pages that follow must be as new, and the log goes on from here
		c.begun, c.start = true, page.seq
	}
	c.below = page.below
	if !page.isLast {
		if page.frames == 0 {
			return false, nil
		}
		o.give(s, c, item{b: page.b, kind: fed, extra: int32(page.frames - 1)})
		return true, nil
	}
	c.snapshot, c.after, c.due = false, c.start, c.start
	end := item{b: snapshotEnd(c.start, o.epoch), kind: fed}
	if page.frames == 0 {
		o.give(s, c, end)
	} else {
		o.give(s, c, item{b: page.b, kind: beside, extra: int32(page.frames - 1)}, end)
	}
	return true, nil
}

// page encodes active orders below a number.
func (o *organisation) page(a *audience, c *catchUp) (*chunk, error) {
	o.mu.Lock()
	p := &chunk{seq: o.last, below: c.below}
	stations := o.stations
	o.mu.Unlock()
	ctx, cancel := o.gateway.patience()
	defer cancel()
	images, err := o.gateway.live.Active(ctx, o.system(0), c.below, snapshotOrders)
	if err != nil {
		return nil, err
	}
	o.gateway.stats.pages.Add(1)
	nowMS := time.Now().UnixMilli()
	p.isLast = len(images) < snapshotOrders
	scratch := begin(1024)
	for i := range images {
		order := &images[i]
		if len(p.b) > joinedBytes {
			p.isLast = false
			break
		}
		p.below = order.Number
		if !a.due(&subject{id: order.ID, table: order.TableID, image: order.Body}, stations) {
			continue
		}
		scratch = appendSnapshotOrder(scratch[:headRoom], order, o.epoch, nowMS, wholeBody(c, a, order))
		p.b = append(p.b, seal(scratch, opText)...)
		p.frames++
	}
	return p, nil
}

func wholeBody(c *catchUp, a *audience, i *domain.Image) []byte {
	if !c.full {
		return nil
	}
	return a.view.of(i.Body)
}
