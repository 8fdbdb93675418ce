package order

import (
	"encoding/json"
	"fmt"
	"time"

	"heard/domain"
	"heard/domain/money"
)

// Quantity counts thousandths: 1.5 is 1500.
type Quantity int64

// UnmarshalJSON reads a decimal with at most 3 decimals.
func (q *Quantity) UnmarshalJSON(data []byte) error {
	var d money.Decimal
	if err := d.UnmarshalJSON(data); err != nil {
		return err
	}
	v, err := d.Scaled(3)
	*q = Quantity(v)
	return err
}

// MarshalJSON writes the shortest decimal.
func (q Quantity) MarshalJSON() ([]byte, error) { return q.append(nil), nil }

func (q Quantity) append(b []byte) []byte { return money.FromMinor(int64(q), 3).AppendText(b) }

// Time is ms since 1970; its JSON is RFC 3339 in UTC with milliseconds.
type Time int64

// UnmarshalJSON reads RFC 3339.
func (t *Time) UnmarshalJSON(data []byte) error {
	if ms, ours := domain.ReadTime(data); ours {
		*t = Time(ms)
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, text)
	*t = Time(at.UnixMilli())
	return err
}

// MarshalJSON writes RFC 3339.
func (t Time) MarshalJSON() ([]byte, error) {
	return append(domain.AppendTime([]byte{'"'}, int64(t)), '"'), nil
}

// Label is text that may also be sent as a number: course 2.
type Label string

// UnmarshalJSON reads a string, a number's own text, or null as "".
func (l *Label) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		return nil
	case len(data) > 0 && data[0] == '"':
		return json.Unmarshal(data, (*string)(l))
	case len(data) > 0 && (data[0] >= '0' && data[0] <= '9'):
		*l = Label(data)
		return nil
	}
	return fmt.Errorf("must be text or a number")
}
