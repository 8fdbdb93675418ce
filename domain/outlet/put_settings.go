package outlet

import (
	"fmt"
	"maps"
	"reflect"

	"heard/domain"
	"heard/domain/money"
)

// PutSettings replaces the settings it names and leaves the others.
type PutSettings struct {
	domain.Keyed
	Version           uint64                                          `json:"version,omitempty"` // ignored: what GET answers can be put back
	Currency          domain.Optional[string]                         `json:"currency,omitzero"`
	TaxClasses        domain.Optional[map[string][]ComponentRequest]  `json:"tax_classes,omitzero"`
	DefaultTaxClass   domain.Optional[*string]                        `json:"default_tax_class,omitzero"`
	PricesIncludeTax  domain.Optional[bool]                           `json:"prices_include_tax,omitzero"`
	TaxRounding       domain.Optional[string]                         `json:"tax_rounding,omitzero"`
	Charges           domain.Optional[[]ChargeRequest]                `json:"charges,omitzero"`
	RoundOff          domain.Optional[*RoundOffRequest]               `json:"round_off,omitzero"`
	Timezone          domain.Optional[string]                         `json:"timezone,omitzero"`
	BusinessDayStart  domain.Optional[string]                         `json:"business_day_start,omitzero"`
	OpenItems         domain.Optional[string]                         `json:"open_items,omitzero"`
	OneOrderPerTable  domain.Optional[bool]                           `json:"one_order_per_table,omitzero"`
	StatusTransitions domain.Optional[string]                         `json:"status_transitions,omitzero"`
	PriceOverride     domain.Optional[bool]                           `json:"price_override,omitzero"`
	StatusAliases     domain.Optional[map[string]string]              `json:"status_aliases,omitzero"`
	Permissions       domain.Optional[map[string][]domain.Role]       `json:"permissions,omitzero"`
	DiscountLimits    domain.Optional[map[domain.Role]*money.Decimal] `json:"discount_limits,omitzero"`
}

// Kind names the command.
func (PutSettings) Kind() string { return "outlet.put_settings" }

func (c PutSettings) decide(o *Outlet, m *Meta) (Event, *domain.Error) {
	if err := settingsRole(m.By); err != nil {
		return nil, err
	}
	next, err := c.merge(o.Settings)
	if err != nil {
		return nil, err
	}
	if err := next.Compile(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if next.Currency != o.Settings.Currency {
		if m.Orders > 0 {
			return nil, domain.Blame(domain.Conflict, "currency", "cannot change once an order exists")
		}
		if len(o.Menu.Items) > 0 && next.rules.Currency.Exponent != o.Settings.rules.Currency.Exponent {
			return nil, domain.Blame(domain.Conflict, "currency", "the menu has prices with other decimals; empty it first")
		}
	}
	for i := range o.Menu.Items {
		if class := o.Menu.Items[i].TaxClass.Value; class != nil {
			if _, ok := next.rules.index[*class]; !ok {
				return nil, domain.Blame(domain.UnknownTaxClass, "tax_classes", fmt.Sprintf("%q is used by menu item %s", *class, o.Menu.Items[i].ID))
			}
		}
	}
	if reflect.DeepEqual(next, o.Settings) {
		return nil, nil
	}
	return SettingsChanged{Settings: *next}, nil
}

// merge keeps the version: an equal document is then recognised as no change.
func (c PutSettings) merge(s *Settings) (_ *Settings, err *domain.Error) {
	next := &Settings{
		Version:           s.Version,
		Currency:          c.Currency.Or(s.Currency),
		TaxClasses:        s.TaxClasses,
		DefaultTaxClass:   c.DefaultTaxClass.Or(s.DefaultTaxClass),
		PricesIncludeTax:  c.PricesIncludeTax.Or(s.PricesIncludeTax),
		TaxRounding:       c.TaxRounding.Or(s.TaxRounding),
		Charges:           s.Charges,
		RoundOff:          s.RoundOff,
		Timezone:          c.Timezone.Or(s.Timezone),
		BusinessDayStart:  c.BusinessDayStart.Or(s.BusinessDayStart),
		OpenItems:         c.OpenItems.Or(s.OpenItems),
		OneOrderPerTable:  c.OneOrderPerTable.Or(s.OneOrderPerTable),
		StatusTransitions: c.StatusTransitions.Or(s.StatusTransitions),
		PriceOverride:     c.PriceOverride.Or(s.PriceOverride),
		StatusAliases:     maps.Clone(c.StatusAliases.Or(s.StatusAliases)),
		Permissions:       maps.Clone(c.Permissions.Or(s.Permissions)),
		DiscountLimits:    s.DiscountLimits,
	}
	if c.TaxClasses.Set {
		if next.TaxClasses, err = readClasses(c.TaxClasses.Value); err != nil {
			return nil, err
		}
	}
	if c.Charges.Set {
		if next.Charges, err = readCharges(c.Charges.Value); err != nil {
			return nil, err
		}
	}
	if c.RoundOff.Set {
		if next.RoundOff, err = readRoundOff(c.RoundOff.Value); err != nil {
			return nil, err
		}
	}
	if c.DiscountLimits.Set {
		if next.DiscountLimits, err = readLimits(c.DiscountLimits.Value); err != nil {
			return nil, err
		}
	}
	next.fillNull()
	return next, nil
}

// fillNull makes null mean empty, so that clients always read a collection. Where
// nobody said a limit, in older logs too, there are the default ones.
func (s *Settings) fillNull() {
	if s.TaxClasses == nil {
		s.TaxClasses = map[string][]Component{}
	}
	if s.Charges == nil {
		s.Charges = []Charge{}
	}
	if s.StatusAliases == nil {
		s.StatusAliases = map[string]string{}
	}
	if s.Permissions == nil {
		s.Permissions = map[string][]domain.Role{}
	}
	for action, roles := range s.Permissions {
		if roles == nil {
			s.Permissions[action] = []domain.Role{}
		}
	}
	if s.DiscountLimits == nil {
		s.DiscountLimits = defaultLimits()
	}
}

func (PutSettings) answer(o *Outlet, _ Event, _ *Meta) []byte { return o.Settings.JSON() }

// SettingsChanged holds the whole document, so that every version is in the log.
type SettingsChanged struct {
	Settings
}

// Kind names the event.
func (SettingsChanged) Kind() string { return "outlet.settings_changed" }

func (e SettingsChanged) evolve(o *Outlet, seq uint64) (*Outlet, error) {
	s := e.Settings
	s.Version = seq
	s.fillNull()
	if err := s.Compile(); err != nil {
		return nil, err
	}
	next := *o
	next.Past = append(o.Past[:len(o.Past):len(o.Past)], o.Settings)
	if len(next.Past) > maxPastSettings {
		next.Past = next.Past[len(next.Past)-maxPastSettings:]
	}
	next.Settings = &s
	return &next, nil
}

// settingsRole refuses roles that may not change settings and menu.
func settingsRole(by domain.Identity) *domain.Error {
	if by.OneOf(domain.Admin, domain.Manager) {
		return nil
	}
	return domain.Refuse(domain.Forbidden, "Only a manager or admin may change settings and menu")
}
