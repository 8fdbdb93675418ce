package api

import "heard/domain"

// MenuItem is what outlet.Item.AppendJSON writes.
type MenuItem struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Category       string          `json:"category"`
	Price          amount          `json:"price"`
	TaxClass       string          `json:"tax_class,omitempty"`
	Available      bool            `json:"available"`
	SoldOutUntil   moment          `json:"sold_out_until,omitempty"`
	Station        string          `json:"station,omitempty"`
	ModifierGroups []ModifierGroup `json:"modifier_groups,omitempty"`
}

// ModifierGroup is a choice a guest has.
type ModifierGroup struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Min     int              `json:"min"`
	Max     int              `json:"max"`
	Options []ModifierOption `json:"options"`
}

// ModifierOption is one answer to it.
type ModifierOption struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Price amount `json:"price"`
}

// Settings is what outlet.Settings.JSON writes.
type Settings struct {
	Version           uint64                    `json:"version"`
	Currency          string                    `json:"currency"`
	TaxClasses        map[string][]TaxComponent `json:"tax_classes"`
	DefaultTaxClass   string                    `json:"default_tax_class"`
	PricesIncludeTax  bool                      `json:"prices_include_tax"`
	TaxRounding       word                      `json:"tax_rounding"`
	Timezone          string                    `json:"timezone"`
	BusinessDayStart  string                    `json:"business_day_start"`
	OpenItems         word                      `json:"open_items"`
	OneOrderPerTable  bool                      `json:"one_order_per_table"`
	StatusTransitions word                      `json:"status_transitions"`
	PriceOverride     bool                      `json:"price_override"`
	StatusAliases     map[string]word           `json:"status_aliases"`
	Permissions       map[string][]domain.Role  `json:"permissions"`
	DiscountLimits    map[string]float64        `json:"discount_limits"`
	Charges           []ChargeRule              `json:"charges"`
	RoundOff          RoundOff                  `json:"round_off"`
}

// TaxComponent is one tax of a class.
type TaxComponent struct {
	Code     string  `json:"code"`
	Rate     float64 `json:"rate"`
	Compound bool    `json:"compound,omitempty"`
}

// ChargeRule is a charge of every bill.
type ChargeRule struct {
	Code      string  `json:"code"`
	Type      word    `json:"type"`
	Value     float64 `json:"value"`
	TaxClass  string  `json:"tax_class"`
	Inclusive bool    `json:"inclusive,omitempty"`
}

// RoundOff is what the total is rounded to.
type RoundOff struct {
	Increment float64 `json:"increment"`
}

// Message is the answer of what has nothing to show.
type Message struct {
	Message string `json:"message"`
}

// Revoked is what outlet.Revoke answers.
type Revoked struct {
	Message string `json:"message"`
	Sub     string `json:"sub"`
}
