package cluster

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
)

// fill sets every field of a struct to something that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString("x7")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(`{"a":"ü"}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Interface: // a command
		quantity := money.FromMinor(2, 0)
		v.Set(reflect.ValueOf(&order.Create{Items: []order.ItemRequest{{MenuItemID: "dosa", Quantity: &quantity}}, CustomerName: "Zoë <&>"}))
	default:
		t.Fatalf("a field of kind %s: teach the wire and this test about it", v.Kind())
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("arrived %+v\nwas sent %+v", got, want)
	}
}

// TestNothingIsLostOnTheWire: every field of what goes between nodes arrives,
// those that are added later too.
func TestNothingIsLostOnTheWire(t *testing.T) {
	var r domain.Request
	fill(t, reflect.ValueOf(&r).Elem())
	w := wireRequest(&r, 1)
	var head requestHead
	if err := json.Unmarshal(w.Head, &head); err != nil {
		t.Fatal(err)
	}
	arrived, err := head.request(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	same(t, arrived, &r)

	r.IfMatch, r.Key = domain.Optional[uint64]{}, "" // what is not there stays so
	w = wireRequest(&r, 1)
	head = requestHead{}
	_ = json.Unmarshal(w.Head, &head)
	arrived, err = head.request(w.Body)
	same(t, arrived, &r)
	same(t, err, nil)

	var q domain.Query
	fill(t, reflect.ValueOf(&q).Elem())
	w = wireQuery(askQuery, &q, queryHead{})
	var asked queryHead
	if err := json.Unmarshal(w.Head, &asked); err != nil {
		t.Fatal(err)
	}
	question, err := asked.query(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	same(t, question, &q)
	if q.Command == nil {
		t.Error("sending changed the query")
	}

	var rec domain.Record
	fill(t, reflect.ValueOf(&rec).Elem())
	rec.By.IssuedAt = 0 // the log does not keep it
	bare := domain.Record{Seq: 2, Kind: "outlet.key_remembered"}
	records, err := (&Wire{}).appendRecords([]domain.Record{rec, bare}).records()
	same(t, records, []domain.Record{rec, bare})
	same(t, err, nil)

	var image domain.Image
	fill(t, reflect.ValueOf(&image).Elem())
	images, err := (&Wire{}).appendImages([]domain.Image{image}).images()
	same(t, images, []domain.Image{image})
	same(t, err, nil)

	var failure domain.Error
	fill(t, reflect.ValueOf(&failure).Elem())
	same(t, expect(wireError(&failure), saysReply, nil), &failure)
}

// TestNothingOfAnAnswerIsLostOnTheWire, but what only the embedded store answers.
func TestNothingOfAnAnswerIsLostOnTheWire(t *testing.T) {
	var reply domain.Reply
	fill(t, reflect.ValueOf(&reply).Elem())
	reply.Early = false
	var says replyHead
	w := wireReply(&reply)
	same(t, expect(w, saysReply, &says), nil)
	same(t, says.reply(w.Body), reply)

	var answer domain.Answer
	fill(t, reflect.ValueOf(&answer).Elem())
	var tells answerHead
	w = wireAnswer(&answer)
	same(t, expect(w, saysAnswer, &tells), nil)
	same(t, tells.answer(w.Body), answer)
}

// TestEveryCommandGoesOverTheWire, the ones that are added later too.
func TestEveryCommandGoesOverTheWire(t *testing.T) {
	for kind, fresh := range knownCommands {
		c, err := decodeCommand(kind, encodeCommand(fresh()))
		if err != nil || c.Kind() != kind {
			t.Errorf("%s: %v %v", kind, c, err)
		}
	}
	if len(knownCommands) < 15 {
		t.Errorf("%d commands", len(knownCommands))
	}
}

// TestUnknownKindsAreRefusedNotFatal: during a rolling upgrade a newer node asks
// an older one.
func TestUnknownKindsAreRefusedNotFatal(t *testing.T) {
	_, err := decodeCommand("order.levitate", []byte(`{}`))
	if !errors.Is(err, &domain.Error{Code: domain.NotLeader}) {
		t.Error(err)
	}
	if err := expect(&Wire{Kind: "tomorrow"}, saysReply, nil); !errors.Is(err, errStrange) {
		t.Error(err)
	}
	if err := expect(nil, saysReply, nil); !errors.Is(err, errStrange) {
		t.Error(err)
	}
}
