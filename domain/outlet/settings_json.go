package outlet

import (
	"encoding/json"

	"heard/domain"
	"heard/domain/money"
)

// JSON is the settings document as clients get it: amounts have exactly the
// currency's decimals.
func (s *Settings) JSON() []byte {
	type plain Settings
	type charge struct {
		Charge
		Value json.RawMessage `json:"value"`
	}
	type roundOff struct {
		Increment json.RawMessage `json:"increment"`
	}
	out := struct {
		*plain
		Charges  []charge  `json:"charges"`
		RoundOff *roundOff `json:"round_off"`
	}{plain: (*plain)(s), Charges: []charge{}}
	for i, c := range s.Charges {
		value := c.Value.AppendText(nil)
		if c.Type == "amount" {
			value = money.AppendMinor(nil, s.rules.Charges[i].Value, s.rules.Currency.Exponent)
		}
		out.Charges = append(out.Charges, charge{c, value})
	}
	if s.RoundOff != nil {
		out.RoundOff = &roundOff{money.AppendMinor(nil, s.rules.RoundOff, s.rules.Currency.Exponent)}
	}
	b, err := json.Marshal(out)
	domain.Assert(err == nil, "settings do not encode: %v", err)
	return b
}
