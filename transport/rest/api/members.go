package api

import (
	"strings"

	"heard/domain/order"
	"heard/domain/outlet"
	"heard/transport/rest"
)

const (
	exampleOrder = "0198f0b2-77aa-7c31-b3a1-2f6d3a5c9e10"
	exampleTime  = "2026-01-31T12:00:00.000Z"
)

// members says what a member means wherever it stands; where it means something
// else in one place, that place is named.
func members() map[string]rest.Member {
	all := map[string]rest.Member{}
	for _, some := range []map[string]rest.Member{orderMembers(), lineMembers(), billMembers(), menuMembers(), settingsMembers(), eventMembers()} {
		for name, m := range some {
			all[name] = m
		}
	}
	return all
}

func orderMembers() map[string]rest.Member {
	return map[string]rest.Member{
		"orders.{id}":                    {About: "The order's `id`."},
		"orders.{line_id}":               {About: "The line's `line_id`, `l1`."},
		"id":                             {About: "Its id.", Example: exampleOrder},
		"order_id":                       {About: "The order's id; in an order the same as `id`.", Example: exampleOrder},
		"number":                         {About: "1, 2, 3 … in the organisation, never reset.", Example: 7},
		"organization_id":                {About: "The organisation of the token.", Example: "demo"},
		"table_id":                       {About: "The table; `counter` where none is named.", Example: "t-4"},
		"table_number":                   {About: "The table's number, for display; 0 = none.", Example: 4},
		"order_type":                     {About: "How the guest gets it.", As: orderType("")},
		"CreateOrder.order_type":         {About: "How the guest gets it; `dine_in` where it is left out."},
		"items":                          {About: "The lines."},
		"joined_tax_classes":             {About: "Tax classes that came later than the settings the order was made under, with the rates they had then; missing where there are none."},
		"components":                     {About: "Its taxes."},
		"lines_added":                    {About: "Lines that ever were on the order, those that are gone too.", Example: 1},
		"currency":                       {About: "ISO 4217.", Example: "INR"},
		"subtotal":                       {About: "The lines together.", Example: 120.00},
		"discount":                       {About: "What the discount takes off.", Example: 0.00},
		"charges":                        {About: "Charges as they came out; missing where there are none."},
		"tax":                            {About: "All taxes.", Example: 6.00},
		"tax_included":                   {About: "Of the taxes, what is inside the prices.", Example: 0.00},
		"tax_rate":                       {About: "All taxes in percent of the taxable amount, rounded; for display.", Example: 5},
		"taxes":                          {About: "Each tax of the whole."},
		"round_off":                      {About: "What rounding the total adds, or takes where it is negative.", Example: 0.00},
		"total":                          {About: "What the guest pays.", Example: 126.00},
		"CalculateOrder.items":           {About: "The lines.", Optional: true},
		"CalculateOrder.order_type":      {About: "How the guest would get it.", As: orderType("")},
		"CalculateOrder.discount_type":   {About: "With `discount_value`.", As: discountWord(""), Accepts: "empty text: no discount"},
		"discount_type":                  {About: "Missing where there is no discount.", As: discountType("")},
		"discount_value":                 {About: "The percentage, or the amount.", Example: 10},
		"discount_value_minor":           {About: "An amount in the currency's minor units; a percentage has none."},
		"CreateOrder.discount_type":      {About: "With `discount_value`.", As: discountWord(""), Accepts: "empty text: no discount"},
		"SetOrderDiscount.discount_type": {About: "With `discount_value`.", As: discountWord(""), Accepts: "empty text: no discount"},
		"customer_name":                  {About: "The guest's name.", Example: "Asha"},
		"customer_phone":                 {About: "The guest's number.", Example: "+91 98200 00000"},
		"client_order_id":                {About: "The client's own id of the order. Where no other is given it is the idempotency key of placing it.", Example: "tab-7/1"},
		"idempotency_key":                {About: "As the header `Idempotency-Key`, for clients that cannot set it."},
		"status":                         {About: "Where it is between kitchen and guest."},
		"cancel_reason":                  {About: "Why it was cancelled."},
		"reason":                         {About: "Why; for the log.", Example: "guests left"},
		"waiter_id":                      {About: "Who placed it: the token's `sub`.", Example: "u-7"},
		"waiter_name":                    {About: "Who placed it: the token's `name`.", Example: "Asha"},
		"settings_version":               {About: "The settings it is priced by.", Example: 0},
		"menu_version":                   {About: "The menu it was made from.", Example: 2},
		"version":                        {About: "Of the order: 1, 2, 3 … with each change; also in `ETag`.", Example: 1},
		"created_at":                     {About: "When it was placed.", Example: exampleTime},
		"updated_at":                     {About: "When it last changed.", Example: exampleTime},
		"payment_status":                 {About: "The state of the money. The kitchen does not get it."},
		"message":                        {About: "A sentence for people.", Example: "Order status updated"},
		"results":                        {About: "A row for each of the request, in the same place."},
		"order":                          {About: "The order as it was placed."},
		"code":                           {About: "Its short name.", Example: "GST"},
		"OrdersMovedRow.code":            {About: "Why the row was refused; missing where it was carried out."},
		"OrdersCreatedRow.code":          {About: "Why the row was refused; missing where it was carried out."},
		"OrdersCreatedRow.status":        {About: "`pending`."},
		"OrdersMovedRow.status":          {About: "The order's, afterwards."},
		"OrdersCreatedRow.detail":        {About: "Why the row was refused, for people.", Example: "items: must name at least one item"},
		"OrdersCreatedRow.errors":        {About: "Which members of the row are to blame."},
		"CreateOrders.orders":            {About: "What `POST /api/orders` takes, each. A row has no `idempotency_key`; a `client_order_id` only where the batch has a key."},
		"SetOrderStatuses.updates":       {About: "The moves."},
		"StatusUpdate.status":            {About: "Where the order goes.", As: order.Status(""), Example: "ready", Accepts: "a word of the settings' status_aliases"},
		"SetOrderStatus.status":          {About: "Where the order goes. May be the query parameter instead.", As: order.Status(""), Example: "preparing", Optional: true, Accepts: "a word of the settings' status_aliases"},
		"Problem.order":                  {About: "With `VERSION_MISMATCH`: the order as it is now; the same as `current`.", As: Order{}},
		"Problem.current":                {About: "With `VERSION_MISMATCH`: the order as it is now.", As: Order{}},
	}
}

func lineMembers() map[string]rest.Member {
	return map[string]rest.Member{
		"line_id":                 {About: "The line's id, `l1`, or one of the client's own.", Example: "l1"},
		"ChangeOrderItem.line_id": {About: "As in the path; need not be said."},
		"LineRequest.line_id":     {About: "An id of the client's own; given here where it is left out. Not `l` and more than 9 digits."},
		"menu_item_id":            {About: "The item on the menu; empty for an open item.", Example: "masala-chai"},
		"name":                    {About: "For people.", Example: "Masala Chai"},
		"quantity":                {About: "At most 3 decimals.", Example: 2},
		"added":                   {About: "How much of the quantity came after the kitchen had the order, and is not made yet; missing where it is nothing."},
		"group":                   {About: "The group of the item that it is of, by name or id, where several have one of its name."},
		"price":                   {About: "Of one unit, without modifiers.", Example: 60.00},
		"OrderModifier.price":     {About: "What it adds to one unit.", Example: 0.00},
		"ModifierRequest.price":   {About: "What it adds to one unit; 0 where it is left out and the menu has none.", Example: 0.00},
		"ModifierOption.price":    {About: "What it adds to one unit.", Example: 0.00},
		"modifiers":               {About: "Changes to the item; missing where there are none."},
		"notes":                   {About: "For the kitchen.", Example: "not too sweet"},
		"course":                  {About: "The course.", Example: "1"},
		"seat":                    {About: "The guest's seat.", Example: 1},
		"tax_class":               {About: "How it is taxed: a name in `tax_classes` of the settings. Missing on a line: untaxed.", Example: "standard"},
		"amount":                  {About: "What it comes to.", Example: 120.00},
		"rate":                    {About: "In percent.", Example: 5},
		"base":                    {About: "What the tax is on.", Example: 120.00},
	}
}

func billMembers() map[string]rest.Member {
	return map[string]rest.Member{
		"Bill.order_id":      {About: "Missing where nothing was placed."},
		"Bill.version":       {About: "Of the order; missing where nothing was placed."},
		"Bill.charges":       {About: "Charges as they came out."},
		"discounts":          {About: "Discounts as they came out."},
		"taxable":            {About: "Lines and charges without their taxes.", Example: 120.00},
		"tax_rate_percent":   {About: "The same as `tax_rate`.", Example: 5},
		"tip":                {About: "Given on top.", Example: 0.00},
		"payable":            {About: "Total and tip.", Example: 126.00},
		"lines":              {About: "Each line's share."},
		"steps":              {About: "Each step in words; only with `explain`."},
		"BillDiscount.type":  {About: "What kind it is.", As: discountType("")},
		"BillDiscount.value": {About: "The percentage, or the amount.", Example: 10},
		"applied":            {About: "What it took off.", Example: 12.00},
		"clamped":            {About: "Whether it was cut, since there was less to take it off.", Example: false},
		"net":                {About: "Without its taxes.", Example: 120.00},
		"gross":              {About: "Quantity times price, with modifiers.", Example: 120.00},
		"BillCharge.tax":     {About: "Its taxes.", Example: 0.00},
		"BillCharge.total":   {About: "With its taxes.", Example: 0.00},
		"BillLine.id":        {About: "The line's `line_id`.", Example: "l1"},
		"BillLine.discount":  {About: "Its share of the discounts.", Example: 0.00},
		"BillLine.taxes":     {About: "Each tax of the line."},
		"BillLine.tax":       {About: "Its taxes.", Example: 6.00},
		"BillLine.total":     {About: "With its taxes.", Example: 126.00},
		"BillStep.step":      {About: "Which step it is.", Example: "gross"},
		"BillStep.target":    {About: "What it is about; empty = the bill.", Example: "items[0]"},
		"BillStep.detail":    {About: "The step in words.", Example: "2 × 60.00 = 120.00"},
	}
}

func menuMembers() map[string]rest.Member {
	return map[string]rest.Member{
		"menu.{id}":                    {About: "The item's `id`."},
		"MenuItem.id":                  {About: "Its id.", Example: "masala-chai"},
		"MenuItemRequest.id":           {About: "Its id."},
		"AddMenuItem.id":               {About: "An id of the client's own; given here where it is left out.", Example: "lemon-soda"},
		"ReplaceMenuItem.id":           {About: "As in the path; need not be said."},
		"ModifierGroup.id":             {About: "Its id; may be empty.", Example: "sugar"},
		"ModifierGroupRequest.id":      {About: "An id of the client's own."},
		"ModifierOption.id":            {About: "Its id.", Example: "less-sugar"},
		"ModifierOptionRequest.id":     {About: "An id of the client's own."},
		"category":                     {About: "Where it stands on the menu.", Example: "Drinks"},
		"available":                    {About: "False: it is sold out (86).", Example: true},
		"sold_out_until":               {About: "When it is available again; missing: until somebody says so.", As: moment("")},
		"station":                      {About: "Where it is made.", Example: "bar"},
		"modifier_groups":              {About: "The choices a guest has."},
		"min":                          {About: "So many are chosen at least.", Example: 0},
		"max":                          {About: "So many are chosen at most; 0 = no limit.", Example: 1},
		"options":                      {About: "The answers to it."},
		"ModifierGroupRequest.options": {About: "The answers to it.", Optional: true},
		"MenuItem.tax_class":           {About: "A name in `tax_classes` of the settings; null: untaxed; missing: the default class.", Null: true},
		"MenuItemRequest.tax_class":    {About: "A name in `tax_classes` of the settings; null: untaxed; where it is left out, the default class.", Null: true},
		"AddMenuItem.tax_class":        {About: "A name in `tax_classes` of the settings; null: untaxed; where it is left out, the default class.", Null: true},
		"ReplaceMenuItem.tax_class":    {About: "A name in `tax_classes` of the settings; null: untaxed; where it is left out, the default class.", Null: true},
		"SetSoldOut.item_ids":          {About: "Ids of items of the menu, 1 to 1,000.", Example: []string{"masala-chai"}},
		"SetSoldOut.until":             {About: "When they are available again; where it is left out, until somebody says so.", As: moment(""), Accepts: "empty text: until somebody says so"},
		"SetSoldOut.available":         {About: "True brings them back.", Example: false},
	}
}

func settingsMembers() map[string]rest.Member {
	actions := "By action, the roles that may, of those that may by default; who is not in a list may not. Actions: `" + strings.Join(texts(outlet.Actions()), "`, `") + "`."
	return map[string]rest.Member{
		"Settings.version":            {About: "The sequence of the event that set them; 0 = the defaults.", Example: 0},
		"ChangeSettings.version":      {About: "Ignored: what was read can be put back.", Example: 0},
		"Settings.currency":           {About: "ISO 4217; fixed once an order exists.", Example: "INR"},
		"ChangeSettings.currency":     {About: "ISO 4217; fixed once an order exists.", Example: "INR"},
		"tax_classes":                 {About: "The taxes of each class, by its name."},
		"default_tax_class":           {About: "The class of what names none; null = untaxed.", Example: "standard", Null: true},
		"prices_include_tax":          {About: "Whether taxes are inside the prices.", Example: false},
		"tax_rounding":                {About: "Where taxes are rounded.", As: taxRounding("")},
		"Settings.charges":            {About: "Charges of every bill."},
		"ChangeSettings.charges":      {About: "Charges of every bill."},
		"Settings.round_off":          {About: "What the total is rounded to; null = not at all.", Null: true},
		"ChangeSettings.round_off":    {About: "What the total is rounded to; null = not at all.", Null: true},
		"increment":                   {About: "The total is a multiple of it.", Example: 1.00},
		"timezone":                    {About: "IANA.", Example: "Asia/Kolkata"},
		"business_day_start":          {About: "When the day begins.", Example: "04:00"},
		"open_items":                  {About: "What becomes of what is not on the menu.", As: openItems("")},
		"one_order_per_table":         {About: "Whether a table has at most one open order.", Example: false},
		"status_transitions":          {About: "How strict the statuses are.", As: transitions("")},
		"price_override":              {About: "Whether every role may set another price than the menu's.", Example: false},
		"status_aliases":              {About: "Other words for a status that moves may use.", As: map[string]order.Status{}},
		"permissions":                 {About: actions},
		"discount_limits":             {About: "By role, the most percent of an order's subtotal that its discounts may come to; who is not in it has no limit.", Example: map[string]float64{"waiter": 10}},
		"compound":                    {About: "Charged on the taxes before it, too.", Example: false},
		"ChargeRule.type":             {About: "What kind it is.", As: chargeType("")},
		"ChargeRuleRequest.type":      {About: "What kind it is.", As: chargeType("")},
		"ChargeRule.value":            {About: "The percentage, or the amount.", Example: 5},
		"ChargeRuleRequest.value":     {About: "The percentage, or the amount.", Example: 5},
		"ChargeRule.tax_class":        {About: "How it is taxed; null = not at all.", Null: true},
		"ChargeRuleRequest.tax_class": {About: "How it is taxed; null, or left out = not at all.", Null: true, Optional: true},
		"inclusive":                   {About: "Whether its taxes are inside its value.", Example: false},
		"sub":                         {About: "The user, as in the token's `sub`.", Example: "u-7"},
		"StatsBatch.last_flush_time":  {Null: true},
	}
}

func eventMembers() map[string]rest.Member {
	return map[string]rest.Member{
		"prev":           {About: "The `seq` of the row before it that you are shown; 0 = it is the first. Where it is not the last you have, you missed something.", Example: 11},
		"seq":            {About: "Its place in the organisation's log: the key of a page. Events that only keep an answer are left out, so that numbers are missing.", Example: 12},
		"event":          {About: "What happened, `order.created`; readers pass over what they do not know.", Example: "order.status_changed"},
		"Event.order_id": {About: "The order; missing where it is about the organisation."},
		"Event.version":  {About: "Of the order, afterwards; of the organisation's own events their `seq`.", Example: 2},
		"at":             {About: "When.", Example: exampleTime},
		"by":             {About: "Who did it."},
		"data":           {About: "What it states; its members depend on `event`.", Open: true},
		"EventBy.id":     {About: "The token's `sub`.", Example: "u-7"},
		"EventBy.name":   {About: "The token's `name`.", Example: "Asha"},
		"role":           {About: "The token's role."},
		"timestamp":      {About: "When the figures were read.", Example: exampleTime},
	}
}
