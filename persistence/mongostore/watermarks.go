package mongostore

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence"
)

// markRow is an organisation's document; reads that need no outlet leave it out.
type markRow struct {
	ID        string        `bson:"_id"`
	Seq       int64         `bson:"seq"`
	Hash      string        `bson:"hash"` // in hexadecimal digits
	Epoch     int64         `bson:"epoch"`
	At        bson.DateTime `bson:"at"`
	KeysSince bson.DateTime `bson:"keys_since"` // older keys are forgotten
	Outlet    exact         `bson:"outlet,omitempty"`
}

// withoutOutlet spares reading a menu of thousands of items for one number.
var withoutOutlet = bson.D{{Key: "outlet", Value: 0}}

func (r *markRow) chain() (persistence.Chain, error) {
	c := persistence.Chain{Seq: uint64(r.Seq)}
	return c, decodeHex(c.Hash[:], r.Hash)
}

func decodeHex(dst []byte, text string) error {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(dst) {
		return fmt.Errorf("stored hash %.80q is damaged", text)
	}
	copy(dst, raw)
	return nil
}

// mostRounds bounds how often watermarks are looked at again while others move
// them; each round they can only have risen.
const mostRounds = 5

// watermarks moves each organisation's document on, never back. A window that
// comes late finds nothing to do but perhaps to raise the epoch.
func (a *application) watermarks(ctx context.Context) error {
	var windows []*persistence.Window
	a.going(func(w *persistence.Window) {
		if len(w.Outlet) > maxDocumentBytes-(1<<10) {
			a.fail(w.Org, "settings and menu", fmt.Errorf("%d bytes; MongoDB takes %d", len(w.Outlet), maxDocumentBytes))
			return
		}
		windows = append(windows, w)
	})
	for chunk := range slices.Chunk(windows, a.bulkOps) {
		for round := 0; len(chunk) > 0; round++ {
			if round == mostRounds {
				return fmt.Errorf("%w: others keep moving %d watermarks", persistence.ErrUnavailable, len(chunk))
			}
			var err error
			if chunk, err = a.advance(ctx, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// advance writes watermarks and returns the windows to try again.
func (a *application) advance(ctx context.Context, windows []*persistence.Window) ([]*persistence.Window, error) {
	models := make([]mongo.WriteModel, len(windows))
	for i, w := range windows {
		models[i] = mongo.NewUpdateOneModel().SetFilter(bson.D{
			{Key: "_id", Value: w.Org}, {Key: "seq", Value: bson.D{{Key: "$lt", Value: int64(w.Through.Seq)}}},
		}).SetUpdate(moved(w))
	}
	// In order, because an older window may bring the outlet a newer one has not.
	done, err := a.update(ctx, a.organizations, models, true)
	if err != nil {
		return nil, err
	}
	for i, err := range done.refused {
		a.fail(windows[i].Org, fmt.Sprintf("watermark %d", windows[i].Through.Seq), err)
	}
	if int(done.met) == len(windows) {
		return nil, nil
	}
	return a.settle(ctx, windows)
}

func moved(w *persistence.Window) bson.D {
	set := bson.D{{Key: "seq", Value: int64(w.Through.Seq)}, {Key: "hash", Value: hex.EncodeToString(w.Through.Hash[:])}}
	if w.Outlet != nil {
		set = append(set, bson.E{Key: "outlet", Value: exact(w.Outlet)})
	}
	most := bson.D{{Key: "epoch", Value: int64(w.Epoch)}, {Key: "at", Value: bson.DateTime(w.AtMS)}, {Key: "keys_since", Value: bson.DateTime(w.Forget)}}
	return bson.D{{Key: "$set", Value: set}, {Key: "$max", Value: most}}
}

// settle finds out about the windows that met no older watermark: the
// organisation is new, or the window is late.
func (a *application) settle(ctx context.Context, windows []*persistence.Window) (again []*persistence.Window, err error) {
	stored, err := a.marks(ctx, windows)
	if err != nil {
		return nil, err
	}
	var births []bson.Raw
	var raised []mongo.WriteModel
	for _, w := range windows {
		if a.failed[w.Org] != nil {
			continue
		}
		old := stored[w.Org]
		switch {
		case old == nil:
			raw, err := bson.Marshal(firstMark(w))
			if err != nil {
				return nil, fmt.Errorf("encode watermark of %s: %w", w.Org, err)
			}
			births = append(births, raw)
			stored[w.Org] = &markRow{Seq: -1} // a second window of it waits for the next round
		case old.Seq < int64(w.Through.Seq):
			again = append(again, w)
		case old.Seq == int64(w.Through.Seq) && old.Hash != hex.EncodeToString(w.Through.Hash[:]):
			a.fail(w.Org, fmt.Sprintf("watermark %d", w.Through.Seq), errOtherHistory)
		case old.Epoch < int64(w.Epoch):
			raised = append(raised, mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: w.Org}}).
				SetUpdate(bson.D{{Key: "$max", Value: bson.D{{Key: "epoch", Value: int64(w.Epoch)}}}}))
		}
	}
	there, refused, err := a.insertAbsent(ctx, a.organizations, births)
	if err != nil {
		return nil, err
	}
	for i, err := range refused {
		org, _ := births[i].Lookup("_id").StringValueOK()
		a.fail(org, "watermark", err)
	}
	for _, i := range there { // somebody was quicker
		org, _ := births[i].Lookup("_id").StringValueOK()
		at := slices.IndexFunc(windows, func(w *persistence.Window) bool { return w.Org == org })
		again = slices.Insert(again, 0, windows[at])
	}
	_, err = a.update(ctx, a.organizations, raised, true)
	return again, err
}

func firstMark(w *persistence.Window) *markRow {
	return &markRow{
		ID: w.Org, Seq: int64(w.Through.Seq), Hash: hex.EncodeToString(w.Through.Hash[:]), Epoch: int64(w.Epoch),
		At: bson.DateTime(w.AtMS), KeysSince: bson.DateTime(w.Forget), Outlet: w.Outlet,
	}
}

func (a *application) marks(ctx context.Context, windows []*persistence.Window) (map[string]*markRow, error) {
	ids := make(bson.A, len(windows))
	for i, w := range windows {
		ids[i] = w.Org
	}
	var rows []markRow
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	if err := all(ctx, a.organizations, filter, options.Find().SetProjection(withoutOutlet), &rows); err != nil {
		return nil, fmt.Errorf("read %d watermarks: %w", len(ids), err)
	}
	stored := make(map[string]*markRow, len(rows))
	for i := range rows {
		stored[rows[i].ID] = &rows[i]
	}
	return stored, nil
}
