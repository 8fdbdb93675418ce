package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/examples"
	"heard/transport/auth"
)

const (
	demoOrg       = "demo"
	demoTables    = 12
	demoOpenLeast = 4 // from the first moment: there is something to see at once
	demoOpenMost  = 14
	demoTick      = 2 * time.Second
	demoTokenLife = 12 * time.Hour
	demoAdoptMost = 100
)

// demoUser is one of the people of the demo, with the page of the dashboard that
// is theirs.
type demoUser struct {
	domain.Identity
	label, page string
}

func demoStaff() []demoUser {
	return []demoUser{
		{domain.Identity{User: "demo-admin", Name: "Anil", Role: domain.Admin}, "dashboard", "/"},
		{domain.Identity{User: "demo-waiter", Name: "Asha", Role: domain.Waiter}, "pad", "/pad"},
		{domain.Identity{User: "demo-kitchen", Name: "Kiran", Role: domain.Kitchen}, "display", "/kitchen"},
	}
}

// demo moves synthetic orders, as a small restaurant on a quiet evening does.
type demo struct {
	engine front
	log    *slog.Logger
	menu   []outlet.ItemRequest
	open   []demoOrder
}

type demoOrder struct {
	id     string
	status int
}

// startDemo sets the organisation up, prints its tokens, and goes on in the
// background until ctx ends.
func startDemo(ctx context.Context, out io.Writer, engine front, secret []byte, address string, log *slog.Logger) error {
	d := &demo{engine: engine, log: log}
	if err := json.Unmarshal(examples.Menu, &d.menu); err != nil {
		return fmt.Errorf("read demo menu: %w", err)
	}
	if err := d.setUp(ctx); err != nil {
		return fmt.Errorf("set up demo: %w", err)
	}
	if err := printDemo(out, secret, address); err != nil {
		return err
	}
	go d.run(ctx)
	return nil
}

// printDemo prints a link for each of the staff, which opens their page signed in,
// and the bare tokens, for calls.
func printDemo(out io.Writer, secret []byte, address string) error {
	fmt.Fprintf(out, "open these, each in a tab of its own; they are signed in for %g hours:\n", demoTokenLife.Hours())
	tokens := ""
	for _, who := range demoStaff() {
		token, err := auth.Mint(secret, who.Identity, demoOrg, demoTokenLife, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-9s %s%s#token=%s\n", who.label, address, who.page, token)
		tokens += fmt.Sprintf("%-9s %s\n", who.Role, token)
	}
	_, err := fmt.Fprintf(out, "docs      %s/docs\ntheir tokens, for calls:\n%s", address, tokens)
	return err
}

func (d *demo) by(i int) domain.Identity {
	who := demoStaff()[i].Identity
	who.IssuedAt = time.Now().UnixMilli()
	return who
}

// setUp puts the menu there unless the organisation has one already, and takes
// over the orders that are open from an earlier start.
func (d *demo) setUp(ctx context.Context) error {
	active, err := d.engine.Active(ctx, &domain.Query{Org: demoOrg, By: d.by(0)}, 0, demoAdoptMost)
	if err != nil {
		return err
	}
	for _, o := range active {
		d.open = append(d.open, demoOrder{id: o.ID, status: slices.Index(order.Statuses(), order.Status(o.Status))})
	}
	answer, err := d.engine.Read(ctx, &domain.Query{Org: demoOrg, By: d.by(0), Kind: domain.ReadMenu})
	if err != nil || len(answer.Body) > len("[]") {
		return err
	}
	_, err = d.engine.Execute(ctx, &domain.Request{Org: demoOrg, By: d.by(0), Command: &outlet.PutMenu{Items: d.menu}})
	return err
}

func (d *demo) run(ctx context.Context) {
	tick := time.NewTicker(demoTick)
	defer tick.Stop()
	for steps := 0; ; steps++ {
		if err := d.step(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("demo", "error", err)
		}
		if steps < demoOpenLeast {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// step places an order or moves one on.
func (d *demo) step(ctx context.Context) error {
	if len(d.open) < demoOpenLeast || len(d.open) < demoOpenMost && rand.IntN(2) > 0 {
		return d.place(ctx)
	}
	i := rand.IntN(len(d.open))
	o := &d.open[i]
	statuses := order.Statuses()
	o.status++
	_, err := d.engine.Execute(ctx, &domain.Request{Org: demoOrg, By: d.by(1), Order: o.id, Command: &order.SetStatus{Status: string(statuses[o.status])}})
	if statuses[o.status] == order.Completed || err != nil { // someone else may have moved it
		d.open = append(d.open[:i], d.open[i+1:]...)
	}
	if domain.AsError(err) != nil && domain.AsError(err).Code == domain.InvalidTransition {
		return nil
	}
	return err
}

func (d *demo) place(ctx context.Context) error {
	table := int64(1 + rand.IntN(demoTables))
	tableID := fmt.Sprintf("t-%d", table)
	command := &order.Create{TableID: &tableID, TableNumber: &table}
	for range 1 + rand.IntN(4) {
		quantity := money.FromMinor(int64(1+rand.IntN(3)), 0)
		command.Items = append(command.Items, order.ItemRequest{MenuItemID: d.menu[rand.IntN(len(d.menu))].ID, Quantity: &quantity})
	}
	reply, err := d.engine.Execute(ctx, &domain.Request{Org: demoOrg, By: d.by(1), Command: command})
	if err != nil {
		if domain.AsError(err).Code == domain.ItemSoldOut { // a visitor tried the 86
			return nil
		}
		return err
	}
	placed, err := order.Parse(reply.Body)
	if err != nil {
		return err
	}
	d.open = append(d.open, demoOrder{id: placed.ID})
	return nil
}
