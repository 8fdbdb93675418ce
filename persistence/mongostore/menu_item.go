package mongostore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/outlet"
)

// menuItem reads one item of another system, whatever types it chose.
func menuItem(row bson.Raw) (outlet.ItemRequest, error) {
	item := outlet.ItemRequest{
		ID: text(field(row, "id", "item_id", "_id")), Name: strings.TrimSpace(text(field(row, "name"))),
		Category: text(field(row, "category")), Station: text(field(row, "station", "kitchen_station")),
	}
	if err := domain.CheckForeignID("id", item.ID); err != nil {
		return item, fmt.Errorf("its id %.80q cannot be kept: %w", item.ID, err)
	}
	if item.Name == "" {
		return item, errors.New("it has no name")
	}
	for _, t := range []string{item.Name, item.Category, item.Station} {
		if _, err := domain.Name("text", t); err != nil {
			return item, fmt.Errorf("the text %.40q cannot be kept: %w", t, err)
		}
	}
	if v := field(row, "price_minor"); v.Type == bson.TypeInt32 || v.Type == bson.TypeInt64 {
		minor := v.AsInt64()
		item.PriceMinor = &minor
	} else {
		price, err := decimal(field(row, "price"))
		if err != nil {
			return item, err
		}
		item.Price = &price
	}
	if available, known := truth(field(row, "available", "is_available", "in_stock")); known {
		item.Available = &available
	}
	return item, nil
}

// field is the first of the named members that is there and not null.
func field(row bson.Raw, names ...string) bson.RawValue {
	for _, name := range names {
		if v := row.Lookup(name); !v.IsZero() && v.Type != bson.TypeNull && v.Type != bson.TypeUndefined {
			return v
		}
	}
	return bson.RawValue{}
}

// text is a value as people write it; "" for what is none of these.
func text(v bson.RawValue) string {
	switch v.Type {
	case bson.TypeString:
		return v.StringValue()
	case bson.TypeObjectID:
		return v.ObjectID().Hex()
	case bson.TypeInt32, bson.TypeInt64:
		return strconv.FormatInt(v.AsInt64(), 10)
	case bson.TypeDecimal128:
		return v.Decimal128().String()
	}
	return ""
}

// floatDecimals is where a float is rounded: it holds a price to 15 digits, so
// 0.1+0.2 becomes 0.3 again and no price anybody meant is changed.
const floatDecimals = 6

// decimal reads a price exactly; only what is stored as a float must be rounded.
func decimal(v bson.RawValue) (money.Decimal, error) {
	written := strings.TrimSpace(text(v))
	if v.Type == bson.TypeDouble {
		written = strconv.FormatFloat(v.Double(), 'f', floatDecimals, 64)
	}
	d, err := money.ParseDecimal(written)
	if err != nil || d.Negative() {
		return d, fmt.Errorf("its price %v is no amount", v)
	}
	return d, nil
}

// truth reads yes and no; what is neither is not known.
func truth(v bson.RawValue) (yes, known bool) {
	if b, ok := v.BooleanOK(); ok {
		return b, true
	}
	if n, ok := v.AsInt64OK(); ok {
		return n != 0, true
	}
	switch strings.ToLower(text(v)) {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}
