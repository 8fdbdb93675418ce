package order

import (
	"strconv"

	"heard/domain"
)

// Ignored names the members of a command that the menu had the last word on, and
// o does not have as they were sent: other names of its items.
func Ignored(c domain.Command, o *Order) []string {
	switch c := c.(type) {
	case *Create:
		return renamed(c.Items, o.Lines)
	case *AddItems:
		return renamed(c.Items, o.Lines[len(o.Lines)-len(c.Items):])
	}
	return nil
}

func renamed(items []ItemRequest, lines []Line) (names []string) {
	for i := range items {
		if sent := items[i].Name; sent != "" && sent != lines[i].Name {
			names = append(names, itemField(i)+".name")
		}
	}
	return names
}

// Ignored is the same of a batch, as its rows stand in it.
func (c *BatchCreate) Ignored(result *BatchResult, placed func(i int) *Order) (names []string) {
	refused, next := result.Refused, 0
	for i := range c.Orders {
		if len(refused) > 0 && refused[0].Row == i {
			refused = refused[1:]
			continue
		}
		for _, name := range Ignored(&c.Orders[i], placed(next)) {
			names = append(names, "orders["+strconv.Itoa(i)+"]."+name)
		}
		next++
	}
	return names
}
