package mongostore

import (
	"encoding/binary"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/persistence"
)

// orderID is the _id of an order. Neither id can hold a slash.
func orderID(org, id string) string { return org + "/" + id }

// encodeOrder makes the stored form of an order.
func encodeOrder(org string, d *persistence.Document) (bson.Raw, error) {
	doc := bson.D{
		{Key: "_id", Value: orderID(org, d.ID)},
		{Key: "organization_id", Value: org},
		{Key: "order_id", Value: d.ID},
		{Key: "number", Value: int64(d.Number)},
		{Key: "version", Value: int64(d.Version)},
		{Key: "status", Value: d.Status},
		{Key: "active", Value: d.Active},
		{Key: "table_id", Value: d.TableID},
		{Key: "waiter_id", Value: d.WaiterID},
		{Key: "order_type", Value: d.Type},
		{Key: "created_at", Value: bson.DateTime(d.CreatedMS)},
		{Key: "updated_at", Value: bson.DateTime(d.UpdatedMS)},
		{Key: "text", Value: d.Text},
		{Key: "image", Value: exact(d.Body)},
	}
	doc, err := appendMembers(doc, d.Body)
	if err != nil {
		return nil, err
	}
	return encode(doc)
}

// withoutID takes the _id, a document's first element, off: an update that names
// it in its filter must not set it again.
func withoutID(doc bson.Raw) bson.Raw {
	id := len(doc.Index(0))
	rest := append(make(bson.Raw, 0, len(doc)-id), doc[:4]...)
	rest = append(rest, doc[4+id:]...)
	binary.LittleEndian.PutUint32(rest, uint32(len(rest)))
	return rest
}

// encode refuses what the server would refuse together with its neighbours.
func encode(doc bson.D) (bson.Raw, error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxDocumentBytes {
		return nil, fmt.Errorf("%d bytes as BSON; MongoDB takes %d", len(raw), maxDocumentBytes)
	}
	return raw, nil
}

// orderRow is what of an order is read back.
type orderRow struct {
	ID        string        `bson:"order_id"`
	Number    int64         `bson:"number"`
	Version   int64         `bson:"version"`
	Status    string        `bson:"status"`
	Active    bool          `bson:"active"`
	TableID   string        `bson:"table_id"`
	WaiterID  string        `bson:"waiter_id"`
	Type      string        `bson:"order_type"`
	CreatedAt bson.DateTime `bson:"created_at"`
	UpdatedAt bson.DateTime `bson:"updated_at"`
	Text      string        `bson:"text"`
	Image     exact         `bson:"image"`
}

// orderColumns asks the server for no more than that.
var orderColumns = bson.D{
	{Key: "_id", Value: 0}, {Key: "order_id", Value: 1}, {Key: "number", Value: 1}, {Key: "version", Value: 1},
	{Key: "status", Value: 1}, {Key: "active", Value: 1}, {Key: "table_id", Value: 1}, {Key: "waiter_id", Value: 1},
	{Key: "order_type", Value: 1}, {Key: "created_at", Value: 1}, {Key: "updated_at", Value: 1},
	{Key: "text", Value: 1}, {Key: "image", Value: 1},
}

func (r *orderRow) document() persistence.Document {
	return persistence.Document{
		ID: r.ID, Number: uint64(r.Number), Version: uint64(r.Version), Status: r.Status, Active: r.Active,
		TableID: r.TableID, WaiterID: r.WaiterID, Type: r.Type,
		CreatedMS: int64(r.CreatedAt), UpdatedMS: int64(r.UpdatedAt), Text: r.Text, Body: r.Image,
	}
}

func documents(rows []orderRow) []persistence.Document {
	if len(rows) == 0 {
		return nil
	}
	docs := make([]persistence.Document, len(rows))
	for i := range rows {
		docs[i] = rows[i].document()
	}
	return docs
}
