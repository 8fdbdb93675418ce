package api

import (
	"heard/domain"
	"heard/domain/money"
	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport/rest"
)

// Closed lists that are plain text in commands and settings. Their words are
// the domain's.
type (
	orderType    string
	discountType string // of an answer
	discountWord string // of a request
	taxRounding  string
	openItems    string
	transitions  string
	chargeType   string
)

// Vocabulary says what the types and members of the calls mean, for the document.
func Vocabulary() rest.Vocabulary {
	return rest.Vocabulary{
		Tags: []rest.Tag{
			{Name: "orders", About: "Orders, their lines, bills and moves."},
			{Name: "menu", About: "What is for sale."},
			{Name: "settings", About: "The organisation's rules."},
			{Name: "events", About: "The organisation's durable log."},
			{Name: "admin", About: "Tokens and figures."},
		},
		Types:   append(append(wireTypes(), requestTypes()...), answerTypes()...),
		Members: members(),
	}
}

// wireTypes look on the wire as their Go type does not say.
func wireTypes() []rest.Type {
	return []rest.Type{
		{Of: amount(0), Money: true},
		{Of: moment(""), As: "", Format: "date-time"},
		{Of: money.Decimal{}, As: float64(0)},
		{Of: order.Label(""), As: "", Accepts: "a number"},
		{Of: order.Status(""), Name: "Status", About: "Where an order is between kitchen and guest.", Values: texts(order.Statuses())},
		{Of: order.Payment(""), Name: "PaymentStatus", About: "The state of the money, apart from that of the food.", Values: texts(order.Payments())},
		{Of: eventRole(""), Name: "EventRole", About: "What whoever did it might do then; `system` is the clock.", Values: append(texts(domain.Roles()), string(domain.System().Role))},
		{Of: domain.Role(""), Name: "Role", About: "What a person may do; it comes from the token.", Values: texts(domain.Roles())},
		{Of: orderType(""), Name: "OrderType", About: "How the guest gets it.", Values: order.Types()},
		{Of: discountType(""), Name: "DiscountType", About: "An amount of money, or a percentage of the subtotal.", Values: order.DiscountTypes()},
		{Of: discountWord(""), Name: "DiscountWord", About: "An amount of money, or a percentage of the subtotal; `percentage` is `percent`.", Values: append(order.DiscountTypes(), "percentage")},
		{Of: taxRounding(""), Name: "TaxRounding", About: "One rounding per tax and rate of the whole bill, or of each line.", Values: outlet.TaxRoundings()},
		{Of: openItems(""), Name: "OpenItems", About: "Whether what is not on the menu is taken.", Values: outlet.OpenItemRules()},
		{Of: transitions(""), Name: "StatusTransitions", About: "By the status machine, or any status after any other.", Values: outlet.TransitionRules()},
		{Of: chargeType(""), Name: "ChargeType", About: "Percent of the discounted items, or an amount.", Values: outlet.ChargeTypes()},
	}
}

func texts[T ~string](words []T) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return list
}

// requestTypes are the commands, by the names that generated clients have.
func requestTypes() []rest.Type {
	const array = "the bare array of its one member"
	return []rest.Type{
		{Of: order.Create{}, Name: "CreateOrder", About: "A new order."},
		{Of: calculation{}, Name: "CalculateOrder", About: "An order that is not placed."},
		{Of: order.ItemRequest{}, Name: "LineRequest", About: "A line to be added. Of what is on the menu, name, price and tax class are the menu's where they are left out; an open item has a name and a price."},
		{Of: order.ModifierRequest{}, Name: "ModifierRequest", About: "A change to an item. One that is on the item's menu takes its price from there.", Accepts: "text: the name alone"},
		{Of: order.BatchCreate{}, Name: "CreateOrders", About: "Up to 1,000 new orders.", Accepts: array},
		{Of: order.SetStatus{}, Name: "SetOrderStatus", About: "Where the order goes; the query parameter does as well."},
		{Of: order.BatchStatus{}, Name: "SetOrderStatuses", About: "Up to 100 moves.", Accepts: array},
		{Of: order.StatusUpdate{}, Name: "StatusUpdate", About: "One move."},
		{Of: order.AddItems{}, Name: "AddOrderItems", About: "Lines to be added."},
		{Of: order.ChangeItem{}, Name: "ChangeOrderItem", About: "What is named changes, the rest stays."},
		{Of: order.RemoveItem{}, Name: "RemoveOrderItem", About: "Why the line goes."},
		{Of: order.SetDiscount{}, Name: "SetOrderDiscount", About: "The discount of the whole order; `discount_value` 0 takes it away."},
		{Of: order.Reopen{}, Name: "ReopenOrder", About: "Why it is opened again."},
		{Of: order.Cancel{}, Name: "CancelOrder", About: "Why it is cancelled."},
		{Of: outlet.ItemRequest{}, Name: "MenuItemRequest", About: "An item of the menu."},
		{Of: outlet.AddItem{}, Name: "AddMenuItem", About: "A new item of the menu."},
		{Of: outlet.PutItem{}, Name: "ReplaceMenuItem", About: "What the item is from now on; an 86 stays unless `available` is said."},
		{Of: outlet.ModifierGroupRequest{}, Name: "ModifierGroupRequest", About: "A choice a guest has."},
		{Of: outlet.ModifierOptionRequest{}, Name: "ModifierOptionRequest", About: "One answer to it."},
		{Of: outlet.EightySix{}, Name: "SetSoldOut", About: "Items that are sold out (86), or are back."},
		{Of: outlet.PutSettings{}, Name: "ChangeSettings", About: "What is named is replaced, the rest stays."},
		{Of: outlet.ComponentRequest{}, Name: "TaxComponentRequest", About: "One tax of a class."},
		{Of: outlet.ChargeRequest{}, Name: "ChargeRuleRequest", About: "A charge of every bill."},
		{Of: outlet.Revoke{}, Name: "RevokeTokens", About: "Whose tokens."},
	}
}

func answerTypes() []rest.Type {
	return []rest.Type{
		{Of: Order{}, About: "An order as the role may see it: the kitchen gets no payment data."},
		{Of: Line{}, Name: "OrderLine", About: "One item of an order. Its id is stable."},
		{Of: JoinedClass{}, Name: "JoinedTaxClass", About: "A tax class that came to an open order."},
		{Of: Modifier{}, Name: "OrderModifier", About: "A change to an item."},
		{Of: Charge{}, Name: "OrderCharge", About: "A charge as it came out."},
		{Of: Tax{}, Name: "OrderTax", About: "One tax of the whole order."},
		{Of: Moved{}, Name: "OrderMoved", About: "Where the order is now."},
		{Of: MovedMany{}, Name: "OrdersMoved", About: "What became of each row, in the same place."},
		{Of: MovedRow{}, Name: "OrdersMovedRow", About: "`status` and `version` are the order's afterwards, missing where there is none; `code` is there where the row was refused."},
		{Of: Placed{}, Name: "OrdersCreated", About: "What became of each row, in the same place."},
		{Of: PlacedRow{}, Name: "OrdersCreatedRow", About: "`order_id`, `status`, `version` and `order`; or, of a row that was refused, `code`, `detail` and perhaps `errors`."},
		{Of: Event{}, About: "What happened, and by whom."},
		{Of: By{}, Name: "EventBy", About: "Who did it, by the token of then."},
		{Of: Bill{}, About: "A bill step by step."},
		{Of: BillDiscount{}, About: "A discount as it came out."},
		{Of: BillCharge{}, About: "A charge with its taxes."},
		{Of: BillLine{}, About: "A line's share of the bill."},
		{Of: BillTax{}, About: "One tax of a line."},
		{Of: BillStep{}, About: "A step in words; with `explain`."},
		{Of: MenuItem{}, About: "One thing for sale."},
		{Of: ModifierGroup{}, About: "A choice a guest has."},
		{Of: ModifierOption{}, About: "One answer to it; its price is for one unit."},
		{Of: Settings{}, About: "The organisation's rules. It can be put back as it is."},
		{Of: TaxComponent{}, About: "One tax of a class."},
		{Of: ChargeRule{}, About: "A charge of every bill."},
		{Of: Message{}, About: "A sentence for people."},
		{Of: Revoked{}, Name: "TokensRevoked", About: "Whose tokens are refused from now on."},
		{Of: Stats{}, Name: "PerformanceStats", About: "Live figures of the node. A part that does not run is empty."},
	}
}
