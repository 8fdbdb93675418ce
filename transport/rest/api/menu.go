package api

import (
	"heard/domain"
	"heard/domain/outlet"
	"heard/transport/rest"
)

func (a API) menuRoutes() []rest.Route {
	tags := []string{"menu"}
	managers := []domain.Role{domain.Admin, domain.Manager}
	return []rest.Route{
		{Method: "GET", Path: "/api/menu", Summary: "The menu", Tags: tags, Handle: a.getMenu},
		{Method: "PUT", Path: "/api/menu", Summary: "Replace the menu", Tags: tags, Roles: managers, Body: []outlet.ItemRequest{}, BodyBytes: 8 << 20, Handle: a.putMenu},
		{Method: "POST", Path: "/api/menu", Summary: "Add an item", Tags: tags, Roles: managers, Body: outlet.AddItem{}, Handle: a.whole(func() domain.Command { return &outlet.AddItem{} })},
		{Method: "PUT", Path: "/api/menu/{id}", Summary: "Replace an item", Tags: tags, Roles: managers, Body: outlet.PutItem{}, ForeignIDs: true, Handle: a.putItem},
		{Method: "DELETE", Path: "/api/menu/{id}", Summary: "Take an item off the menu", Tags: tags, Roles: managers, ForeignIDs: true, Handle: a.removeMenuItem},
		{Method: "POST", Path: "/api/menu/86", Summary: "Mark items sold out, or back", Tags: tags, Roles: managers, Body: outlet.EightySix{}, Handle: a.whole(func() domain.Command { return &outlet.EightySix{} })},
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
