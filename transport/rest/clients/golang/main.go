// Command golang is one round trip through the client that oapi-codegen makes of
// the document: an order, its total, the list, and an error with its code. It is
// a module of its own, so that nothing of the generator reaches the product.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
)

func main() {
	if err := trip(context.Background(), os.Getenv("HEARD_URL"), os.Getenv("HEARD_TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func trip(ctx context.Context, url, token string) error {
	bearer := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
	client, err := NewClientWithResponses(url, WithRequestEditorFn(bearer))
	if err != nil {
		return err
	}
	name, price, key := "Masala Chai", int64(6000), "go-1"
	with := &CreateOrderParams{IdempotencyKey: &key}
	placed, err := client.CreateOrderWithResponse(ctx, with, CreateOrderJSONRequestBody{
		Items: []LineRequest{{Name: &name, Quantity: 2, PriceMinor: &price}},
	})
	if err != nil {
		return err
	}
	order := placed.JSON200
	if order == nil || order.TotalMinor != 12600 || order.Status != StatusPending || order.Items[0].PriceMinor != price {
		return fmt.Errorf("create: %s %s", placed.Status(), placed.Body)
	}
	again, err := client.CreateOrderWithResponse(ctx, with, CreateOrderJSONRequestBody{
		Items: []LineRequest{{Name: &name, Quantity: 2, PriceMinor: &price}},
	})
	if err != nil {
		return err
	}
	if again.JSON200 == nil || again.JSON200.Id != order.Id || again.HTTPResponse.Header.Get("Idempotent-Replayed") != "true" {
		return fmt.Errorf("create again: %s %s", again.Status(), again.Body)
	}
	list, err := client.ListOrdersWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if list.JSON200 == nil || len(*list.JSON200) == 0 || (*list.JSON200)[0].Number < order.Number {
		return fmt.Errorf("list: %s %s", list.Status(), list.Body)
	}
	refused, err := client.CreateOrderWithResponse(ctx, nil, CreateOrderJSONRequestBody{Items: []LineRequest{}})
	if err != nil {
		return err
	}
	if problem := refused.ApplicationproblemJSON400; problem == nil || problem.Code != EMPTYORDER {
		return fmt.Errorf("empty order: %s %s", refused.Status(), refused.Body)
	}
	return nil
}
