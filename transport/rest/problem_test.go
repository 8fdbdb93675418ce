package rest

import (
	"encoding/json"
	"testing"

	"heard/domain"
	"heard/transport"
)

func TestProblemIsWhatTheStandardEncoderWrites(t *testing.T) {
	type problem struct {
		Type      string          `json:"type"`
		Title     string          `json:"title"`
		Status    int             `json:"status"`
		Detail    string          `json:"detail"`
		Code      domain.Code     `json:"code"`
		RequestID string          `json:"request_id"`
		Errors    []domain.Field  `json:"errors,omitempty"`
		Current   json.RawMessage `json:"current,omitempty"`
		Order     json.RawMessage `json:"order,omitempty"`
	}
	for kind, e := range map[string]*domain.Error{
		"order-not-found":   domain.Refuse(domain.OrderNotFound, "Order not found"),
		"validation-error":  {Code: domain.ValidationError, Detail: "two <things>", Fields: []domain.Field{{Field: "items[0].quantity", Detail: "must be \"5\""}, {Field: "ü\u2028", Detail: "\x00\n&"}}},
		"version-mismatch":  {Code: domain.VersionMismatch, Detail: "The order has changed", Current: []byte(`{"id":"o-1","total":52.50}`)},
		"internal":          domain.Refuse(domain.Internal, "Internal error"),
		"header-too-large":  domain.Refuse(transport.HeaderTooLarge, "x"),
		"amount-overflow":   domain.Blame(domain.AmountOverflow, "items[3].price", "too large"),
		"order-quarantined": domain.Refuse(domain.OrderQuarantined, "bad \xff bytes"),
	} {
		status := transport.StatusOf(e.Code)
		want, err := json.Marshal(problem{
			Type: "/errors/" + kind, Title: status.Title, Status: status.Number, Detail: e.Detail, Code: e.Code,
			RequestID: "r-1", Errors: e.Fields, Current: e.Current, Order: e.Current,
		})
		if err != nil {
			t.Fatal(err)
		}
		if kind == "order-quarantined" {
			want = []byte(`{"type":"/errors/order-quarantined","title":"Service Unavailable","status":503,"detail":"bad � bytes","code":"ORDER_QUARANTINED","request_id":"r-1"}`)
		}
		if got := AppendProblem(nil, e, "r-1"); string(got) != string(want) {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}
