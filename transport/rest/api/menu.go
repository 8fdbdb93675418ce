package api

import (
	"heard/domain"
	"heard/domain/outlet"
	"heard/transport/rest"
)

func (a API) menuRoutes() []rest.Route {
	tags := []string{"menu"}
	managers := []domain.Role{domain.Admin, domain.Manager}
	const chai = `{"id":"masala-chai","name":"Masala Chai","category":"Drinks","price":60,"station":"bar",` +
		`"modifier_groups":[{"id":"sugar","name":"Sugar","min":0,"max":1,"options":[{"id":"less-sugar","name":"Less sugar","price":0}]}]}`
	const soda = `{"id":"lemon-soda","name":"Lemon Soda","category":"Drinks","price":80,"station":"bar"}`
	missing := itemCodes(domain.ItemNotFound)
	return []rest.Route{
		versioned(rest.Route{ID: "getMenu", Method: "GET", Path: "/api/menu", Summary: "The menu", Tags: tags, Answer: []MenuItem{}, Handle: a.getMenu}),
		changing(rest.Route{ID: "replaceMenu", Method: "PUT", Path: "/api/menu", Summary: "Replace the menu", About: "At most 20,000 items and 8 MiB.", Tags: tags, Roles: managers, Body: []outlet.ItemRequest{}, Example: "[" + chai + "]", Answer: []MenuItem{}, Codes: itemCodes(), BodyBytes: 8 << 20, Handle: a.putMenu}),
		changing(rest.Route{ID: "addMenuItem", Method: "POST", Path: "/api/menu", Summary: "Add an item", Tags: tags, Roles: managers, Body: outlet.AddItem{}, Example: soda, Answer: MenuItem{}, Codes: itemCodes(domain.Conflict), Handle: a.whole(func() domain.Command { return &outlet.AddItem{} })}),
		changing(rest.Route{ID: "replaceMenuItem", Method: "PUT", Path: "/api/menu/{id}", Summary: "Replace an item", Tags: tags, Roles: managers, Body: outlet.PutItem{}, Example: `{"name":"Lemon Soda","category":"Drinks","price":90,"station":"bar"}`, Answer: MenuItem{}, Codes: missing, ForeignIDs: true, Handle: a.putItem}),
		changing(rest.Route{ID: "removeMenuItem", Method: "DELETE", Path: "/api/menu/{id}", Summary: "Take an item off the menu", About: "Orders that have it keep it.", Tags: tags, Roles: managers, Answer: Message{}, Codes: []domain.Code{domain.ItemNotFound}, ForeignIDs: true, Handle: a.removeMenuItem}),
		changing(rest.Route{ID: "setSoldOut", Method: "POST", Path: "/api/menu/86", Summary: "Mark items sold out, or back", About: "Answers the items.", Tags: tags, Roles: managers, Body: outlet.EightySix{}, Example: `{"item_ids":["masala-chai"]}`, Answer: []MenuItem{}, Codes: []domain.Code{domain.ItemNotFound}, Handle: a.whole(func() domain.Command { return &outlet.EightySix{} })}),
	}
}

func (a API) getMenu(x *rest.Exchange) error {
	q := x.Query(domain.ReadMenu)
	q.NowMS = x.Now().UnixMilli()
	return a.read(x, q)
}

func (a API) putMenu(x *rest.Exchange) error {
	command := &outlet.PutMenu{}
	if err := x.Decode(&command.Items, rest.Required); err != nil {
		return err
	}
	return a.run(x, command, "")
}

func (a API) putItem(x *rest.Exchange) error {
	command := &outlet.PutItem{}
	if err := x.Decode(command, rest.Required); err != nil {
		return err
	}
	if err := itemOfPath(x, &command.ID); err != nil {
		return err
	}
	return a.run(x, command, "")
}

func (a API) removeMenuItem(x *rest.Exchange) error {
	command := &outlet.RemoveItem{}
	if err := x.Decode(command, rest.Optional); err != nil {
		return err
	}
	if err := itemOfPath(x, &command.ID); err != nil {
		return err
	}
	return a.run(x, command, "")
}

// itemOfPath is the item that a call is for; the body may name it, too.
func itemOfPath(x *rest.Exchange, inBody *string) error {
	id, err := x.PathForeignID("id", noItem)
	if err != nil {
		return err
	}
	if *inBody != "" && *inBody != id {
		return domain.Blame(domain.ValidationError, "id", "is another in the body than in the path")
	}
	*inBody = id
	return nil
}
