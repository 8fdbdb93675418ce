package mongostore

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"heard/persistence"
)

// image is one order to be written.
type image struct {
	org, order string
	version    int64
	born       bool // in its window; any other is most likely there
	doc        bson.Raw
}

func (m *image) id() string { return orderID(m.org, m.order) }

// absent inserts an image where there is none; one that is there stays.
func (m *image) absent() mongo.WriteModel {
	return mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: m.id()}}).
		SetUpdate(bson.D{{Key: "$setOnInsert", Value: withoutID(m.doc)}}).SetUpsert(true)
}

// older puts an image in the place of an older one.
func (m *image) older() mongo.WriteModel {
	older := bson.D{{Key: "_id", Value: m.id()}, {Key: "version", Value: bson.D{{Key: "$lt", Value: m.version}}}}
	return mongo.NewReplaceOneModel().SetFilter(older).SetReplacement(m.doc)
}

// documents writes the orders: one command for those that are new and those that
// changed, and others only where it was wrong to take them for that.
func (a *application) documents(ctx context.Context) error {
	var images []image
	a.going(func(w *persistence.Window) {
		births := make(map[string]bool)
		for i := range w.Events {
			if w.Events[i].Version == 1 {
				births[w.Events[i].Order] = true
			}
		}
		for i := range w.Orders {
			d := &w.Orders[i]
			doc, err := encodeOrder(w.Org, d)
			if err != nil {
				a.fail(w.Org, "order "+d.ID, err)
				continue
			}
			images = append(images, image{w.Org, d.ID, int64(d.Version), births[d.ID], doc})
		}
	})
	for chunk := range slices.Chunk(images, a.bulkOps) {
		if err := a.writeImages(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// mostUpserts is how many orders may be inserted by the command that replaces
// others. An insert costs the server less for each; for few the command counts.
const mostUpserts = 100

func (a *application) writeImages(ctx context.Context, images []image) error {
	born := slices.DeleteFunc(slices.Clone(images), func(m image) bool { return !m.born })
	grown := slices.DeleteFunc(slices.Clone(images), func(m image) bool { return m.born })
	var there []image
	if len(grown) == 0 || len(born) > mostUpserts {
		found, err := a.insert(ctx, born)
		if err != nil {
			return err
		}
		there, born = found, nil
	}
	found, unmet, err := a.upsert(ctx, slices.Concat(born, grown))
	if err != nil {
		return err
	}
	there = append(there, found...)
	if len(unmet) > 0 { // some are newer there, or absent
		if found, err = a.insert(ctx, unmet); err != nil {
			return err
		}
		there = append(there, found...)
	}
	models := make([]mongo.WriteModel, len(there))
	for i := range there {
		models[i] = there[i].older()
	}
	done, err := a.update(ctx, a.orders, models, false)
	a.refuse(there, done.refused)
	return err
}

// insert returns those that are there already.
func (a *application) insert(ctx context.Context, images []image) ([]image, error) {
	docs := make([]bson.Raw, len(images))
	for i := range images {
		docs[i] = images[i].doc
	}
	at, refused, err := a.insertAbsent(ctx, a.orders, docs)
	if err != nil {
		return nil, err
	}
	a.refuse(images, refused)
	there := make([]image, len(at))
	for i := range at {
		there[i] = images[at[i]]
	}
	return there, nil
}

// upsert inserts what was born and replaces the others. It returns those born that
// are there already, and all the others where one of them or more was not
// replaced: the answer does not tell which.
func (a *application) upsert(ctx context.Context, images []image) (there, unmet []image, err error) {
	models := make([]mongo.WriteModel, len(images))
	for i := range images {
		if images[i].born {
			models[i] = images[i].absent()
		} else {
			models[i] = images[i].older()
		}
	}
	done, err := a.update(ctx, a.orders, models, false)
	if err != nil {
		return nil, nil, err
	}
	a.refuse(images, done.refused)
	for i, m := range images {
		switch {
		case done.refused[i] != nil:
		case !m.born:
			unmet = append(unmet, m)
		case !done.upserted[m.id()]:
			there = append(there, m)
		}
	}
	if done.met-int64(len(there)) == int64(len(unmet)) {
		unmet = nil
	}
	return there, unmet, nil
}

func (a *application) refuse(images []image, refused map[int]error) {
	for i, err := range refused {
		a.fail(images[i].org, "order "+images[i].order, err)
	}
}
