package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"heard/domain/outlet"
)

// mostMenuItems bounds what is read of another system's menu.
const mostMenuItems = 20_000

// InitialMenu reads an organisation's menu out of menu_items, where the system
// before this one keeps it, for a PutMenu that makes it ours. skipped says, one
// line an item, what could not be read and why; the rest is good as far as this
// package can tell. The collection is never written.
func (s *Store) InitialMenu(ctx context.Context, org string) (items []outlet.ItemRequest, skipped []string, err error) {
	var rows []bson.Raw
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(mostMenuItems)
	if err := all(ctx, s.menu, ofOrganisation(org), o, &rows); err != nil {
		return nil, nil, fmt.Errorf("read menu_items of %s: %w", org, err)
	}
	seen := make(map[string]bool)
	for _, row := range rows {
		item, err := menuItem(row)
		if err == nil && seen[item.ID] {
			err = fmt.Errorf("the id %q is there twice", item.ID)
		}
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("menu item %v: %v", row.Lookup("_id"), err))
			continue
		}
		seen[item.ID] = true
		items = append(items, item)
	}
	return items, skipped, nil
}

// ofOrganisation finds items under either name of the field, by text or by
// object id.
func ofOrganisation(org string) bson.D {
	names := bson.A{org}
	if id, err := bson.ObjectIDFromHex(org); err == nil {
		names = append(names, id)
	}
	either := bson.A{}
	for _, field := range []string{"organization_id", "org_id", "organisation_id"} {
		either = append(either, bson.D{{Key: field, Value: bson.D{{Key: "$in", Value: names}}}})
	}
	return bson.D{{Key: "$or", Value: either}}
}
