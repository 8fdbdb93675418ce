// Package outlet decides what may happen to an organisation itself: its
// settings, its menu, whose tokens are refused. Each command has a file of its
// own: what is asked, when it is refused, what then happened, what changed.
package outlet

import (
	"encoding/json"
	"fmt"

	"heard/domain"
)

// Outlet is an organisation's own state. A value is never changed: evolving
// makes a new one, so that readers and the batch in flight keep theirs.
type Outlet struct {
	Settings *Settings
	Past     []*Settings // earlier versions, oldest first; at most maxPastSettings
	Menu     *Menu
	Revoked  map[string]int64 // user → tokens issued before this are refused, ms since 1970
}

// maxPastSettings bounds the versions kept at hand; older ones are in the log.
const maxPastSettings = 256

// New is an organisation that nothing has happened to.
func New() *Outlet {
	return &Outlet{Settings: Defaults(), Menu: NewMenu(0, nil), Revoked: map[string]int64{}}
}

// SettingsAt finds the version an order was made under.
func (o *Outlet) SettingsAt(version uint64) (*Settings, bool) {
	if o.Settings.Version == version {
		return o.Settings, true
	}
	for i := len(o.Past) - 1; i >= 0; i-- {
		if o.Past[i].Version == version {
			return o.Past[i], true
		}
	}
	if version == 0 {
		return Defaults(), true
	}
	return nil, false
}

// Refuses reports whether a token of the user, issued at a moment (ms since
// 1970), was revoked since.
func (o *Outlet) Refuses(by domain.Identity) bool {
	at, revoked := o.Revoked[by.User]
	return revoked && by.IssuedAt < at
}

// Meta is the only source of who, when and which new id.
type Meta struct {
	By     domain.Identity
	At     int64  // of the record, ms since 1970; never before the last
	Clock  int64  // likewise, what the clock says: the same but after the clock was put back
	Seq    uint64 // the sequence the event will have
	Orders uint64 // orders made so far; from the first on the currency is fixed
	NewID  string // for what has no id yet
}

// Command is a change to the organisation itself.
type Command interface {
	domain.Command
	decide(o *Outlet, m *Meta) (Event, *domain.Error)
	answer(o *Outlet, e Event, m *Meta) []byte
}

// Event is a change that happened. evolve returns the state after it.
type Event interface {
	domain.Event
	evolve(o *Outlet, seq uint64) (*Outlet, error)
}

// Decision is what a command comes to. Event is nil when there is nothing to do.
type Decision struct {
	Event  Event
	Next   *Outlet
	Answer []byte
}

// Decide carries a command out on a state without changing it.
func Decide(o *Outlet, c Command, m *Meta) (Decision, *domain.Error) {
	e, refusal := c.decide(o, m)
	if refusal != nil {
		return Decision{}, refusal
	}
	next := o
	if e != nil {
		var err error
		next, err = e.evolve(o, m.Seq)
		domain.Assert(err == nil, "%s was decided but does not evolve: %v", c.Kind(), err)
	}
	return Decision{Event: e, Next: next, Answer: c.answer(next, e, m)}, nil
}

// Replay applies an event of the log.
func Replay(o *Outlet, kind string, data []byte, seq uint64) (*Outlet, error) {
	zero, ok := events()[kind]
	if !ok {
		return nil, fmt.Errorf("unknown event %q", kind)
	}
	e, err := zero(data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return e.evolve(o, seq)
}

// Commands makes an empty command of each kind, to decode into.
func Commands() map[string]func() domain.Command {
	return map[string]func() domain.Command{
		PutSettings{}.Kind(): func() domain.Command { return &PutSettings{} },
		PutMenu{}.Kind():     func() domain.Command { return &PutMenu{} },
		AddItem{}.Kind():     func() domain.Command { return &AddItem{} },
		PutItem{}.Kind():     func() domain.Command { return &PutItem{} },
		RemoveItem{}.Kind():  func() domain.Command { return &RemoveItem{} },
		EightySix{}.Kind():   func() domain.Command { return &EightySix{} },
		Revoke{}.Kind():      func() domain.Command { return &Revoke{} },
	}
}

func events() map[string]func([]byte) (Event, error) {
	return map[string]func([]byte) (Event, error){
		SettingsChanged{}.Kind(): decode[SettingsChanged],
		MenuReplaced{}.Kind():    decode[MenuReplaced],
		ItemPut{}.Kind():         decode[ItemPut],
		ItemRemoved{}.Kind():     decode[ItemRemoved],
		SoldOut{}.Kind():         decode[SoldOut],
		UserRevoked{}.Kind():     decode[UserRevoked],
		KeyRemembered{}.Kind():   decode[KeyRemembered],
	}
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	err := json.Unmarshal(data, &e)
	return e, err
}
