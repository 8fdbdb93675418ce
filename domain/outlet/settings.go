package outlet

import (
	"heard/domain"
	"heard/domain/money"
)

// Settings are an organisation's rules. A value is never changed: a new version
// replaces it, and an order keeps the version of its creation.
type Settings struct {
	Version           uint64                        `json:"version"` // sequence of the event that set them; 0 = the defaults
	Currency          string                        `json:"currency"`
	TaxClasses        map[string][]Component        `json:"tax_classes"`
	DefaultTaxClass   *string                       `json:"default_tax_class"` // null = untaxed
	PricesIncludeTax  bool                          `json:"prices_include_tax"`
	TaxRounding       string                        `json:"tax_rounding"` // invoice, line
	Charges           []Charge                      `json:"charges"`
	RoundOff          *RoundOff                     `json:"round_off"` // null = none
	Timezone          string                        `json:"timezone"`
	BusinessDayStart  string                        `json:"business_day_start"` // 15:04
	OpenItems         string                        `json:"open_items"`         // accept, refuse: what is not on the menu
	OneOrderPerTable  bool                          `json:"one_order_per_table"`
	StatusTransitions string                        `json:"status_transitions"` // strict, lenient
	PriceOverride     bool                          `json:"price_override"`     // every role may set another price than the menu's
	StatusAliases     map[string]string             `json:"status_aliases"`     // other words for a status
	Permissions       map[string][]domain.Role      `json:"permissions"`        // narrows who may do what
	DiscountLimits    map[domain.Role]money.Decimal `json:"discount_limits"`    // percent of the subtotal; who is not in it has no limit

	rules Rules
}

// Component is one tax of a class, in percent with at most 4 decimals.
type Component struct {
	Code     string        `json:"code"`
	Rate     money.Decimal `json:"rate"`
	Compound bool          `json:"compound,omitempty"` // charged on net and all earlier components
}

// Charge is added to every bill: a service or packaging charge.
type Charge struct {
	Code      string        `json:"code"`
	Type      string        `json:"type"` // percent of the discounted items, amount
	Value     money.Decimal `json:"value"`
	TaxClass  *string       `json:"tax_class"` // null = untaxed
	Inclusive bool          `json:"inclusive,omitempty"`
}

// RoundOff rounds the total of a bill to a multiple of the increment.
type RoundOff struct {
	Increment money.Decimal `json:"increment"`
}

// The closed lists of the settings, the defaults first where there is one.

// TaxRoundings lists where taxes are rounded.
func TaxRoundings() []string { return []string{"invoice", "line"} }

// OpenItemRules lists what becomes of what is not on the menu.
func OpenItemRules() []string { return []string{"accept", "refuse"} }

// TransitionRules lists how strict the statuses are.
func TransitionRules() []string { return []string{"strict", "lenient"} }

// ChargeTypes lists what a charge may be.
func ChargeTypes() []string { return []string{"percent", "amount"} }

// Limits of a settings document; beyond them PUT is refused.
const (
	maxTaxClasses = 64
	maxComponents = 4
	maxCharges    = 10
	maxAliases    = 64

	// The loader of zones takes "Asia//////Kolkata" as well, of any length.
	maxTimezoneBytes = 64
)

// Defaults are the settings of an organisation that never set any: version 0.
// They are part of the log's meaning and must never change.
func Defaults() *Settings {
	standard := "standard"
	s := &Settings{
		Currency:          "INR",
		TaxClasses:        map[string][]Component{standard: {{Code: "GST", Rate: money.FromMinor(5, 0)}}},
		DefaultTaxClass:   &standard,
		TaxRounding:       "invoice",
		Charges:           []Charge{},
		Timezone:          "Asia/Kolkata",
		BusinessDayStart:  "00:00",
		OpenItems:         "accept",
		StatusTransitions: "strict",
		StatusAliases:     map[string]string{},
		Permissions:       map[string][]domain.Role{},
		DiscountLimits:    defaultLimits(),
	}
	err := s.Compile()
	domain.Assert(err == nil, "default settings: %v", err)
	return s
}

// Rules are the settings as the calculator reads them. Compile made them.
func (s *Settings) Rules() *Rules { return &s.rules }
