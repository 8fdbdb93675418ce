package mongostore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/persistence"
)

// entryRow is an archived entry of the log with what timelines and keys need.
type entryRow struct {
	ID     string     `bson:"_id"`
	Org    string     `bson:"organization_id"`
	First  int64      `bson:"first"`
	Last   int64      `bson:"last"`
	Epoch  int64      `bson:"epoch"`
	Events []eventRow `bson:"events,omitempty"`
	Keys   []keyRow   `bson:"keys,omitempty"`
	Data   exact      `bson:"data"`
}

type eventRow struct {
	Order   string        `bson:"order_id"`
	Version int64         `bson:"version"`
	Seq     int64         `bson:"seq"`
	At      bson.DateTime `bson:"at"`
}

type keyRow struct {
	Hash string        `bson:"hash"` // of the key, in hexadecimal digits
	Seq  int64         `bson:"seq"`
	At   bson.DateTime `bson:"at"`
}

// entryID sorts an organisation's entries as the log does. It carries the last
// sequence: the first entry behind seq is then the one that holds seq+1.
func entryID(org string, last uint64) string { return fmt.Sprintf("%s/%020d", org, last) }

// archive inserts the windows' entries. One that is there must be the same: two
// logs under one name would mean that history was lost, and nothing of this one
// may be written over the other.
func (a *application) archive(ctx context.Context) error {
	var rows []*entryRow
	a.going(func(w *persistence.Window) {
		found, err := entryRows(w)
		if err != nil {
			a.fail(w.Org, "log", err)
			return
		}
		rows = append(rows, found...)
	})
	for chunk := range slices.Chunk(rows, a.bulkOps) {
		if err := a.archiveChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) archiveChunk(ctx context.Context, rows []*entryRow) error {
	var docs []bson.Raw
	var sent []*entryRow
	for _, row := range rows {
		raw, err := bson.Marshal(row)
		if err == nil && len(raw) > maxDocumentBytes {
			err = fmt.Errorf("%d bytes as BSON; MongoDB takes %d", len(raw), maxDocumentBytes)
		}
		if err != nil {
			a.fail(row.Org, fmt.Sprintf("entry through %d", row.Last), err)
			continue
		}
		docs, sent = append(docs, raw), append(sent, row)
	}
	there, refused, err := a.insertAbsent(ctx, a.journal, docs)
	if err != nil {
		return err
	}
	for i, err := range refused {
		a.fail(sent[i].Org, fmt.Sprintf("entry through %d", sent[i].Last), err)
	}
	return a.compare(ctx, sent, there)
}

var errOtherHistory = errors.New("another log is archived under this sequence")

func (a *application) compare(ctx context.Context, rows []*entryRow, there []int) error {
	if len(there) == 0 {
		return nil
	}
	ids := make(bson.A, len(there))
	for i, at := range there {
		ids[i] = rows[at].ID
	}
	var stored []entryRow
	only := options.Find().SetProjection(bson.D{{Key: "first", Value: 1}, {Key: "data", Value: 1}})
	if err := all(ctx, a.journal, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, only, &stored); err != nil {
		return fmt.Errorf("compare %d archived entries: %w", len(there), err)
	}
	for _, at := range there {
		row := rows[at]
		if !slices.ContainsFunc(stored, func(s entryRow) bool {
			return s.ID == row.ID && s.First == row.First && bytes.Equal(s.Data, row.Data)
		}) {
			a.fail(row.Org, fmt.Sprintf("entry through %d", row.Last), errOtherHistory)
		}
	}
	return nil
}

// entryRows puts a window's events and keys into the entries they are from.
func entryRows(w *persistence.Window) ([]*entryRow, error) {
	rows := make([]*entryRow, len(w.Entries))
	for i, e := range w.Entries {
		rows[i] = &entryRow{
			ID: entryID(w.Org, e.Last), Org: w.Org, First: int64(e.First), Last: int64(e.Last), Epoch: int64(e.Epoch), Data: e.Data,
		}
	}
	home := func(seq uint64) *entryRow {
		i, _ := slices.BinarySearchFunc(rows, int64(seq), func(r *entryRow, seq int64) int { return int(min(max(r.Last-seq, -1), 1)) })
		if i == len(rows) || rows[i].First > int64(seq) {
			return nil
		}
		return rows[i]
	}
	for _, e := range w.Events {
		row := home(e.Seq)
		if row == nil {
			return nil, fmt.Errorf("event %d of order %s is in no entry of the window", e.Seq, e.Order)
		}
		row.Events = append(row.Events, eventRow{e.Order, int64(e.Version), int64(e.Seq), bson.DateTime(e.AtMS)})
	}
	for _, k := range w.Keys {
		row := home(k.Seq)
		if row == nil {
			return nil, fmt.Errorf("the key of record %d is in no entry of the window", k.Seq)
		}
		row.Keys = append(row.Keys, keyRow{fmt.Sprintf("%x", k.Hash), int64(k.Seq), bson.DateTime(k.AtMS)})
	}
	return rows, nil
}
