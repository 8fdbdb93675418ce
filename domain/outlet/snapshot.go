package outlet

import (
	"encoding/json"
	"fmt"
)

// snapshot is an Outlet as the Store keeps it.
type snapshot struct {
	Schema   int              `json:"schema"`
	Settings *Settings        `json:"settings"`
	Past     []*Settings      `json:"past_settings"`
	Menu     *Menu            `json:"menu"`
	Revoked  map[string]int64 `json:"revoked"`
}

const snapshotSchema = 1

// Snapshot writes the state for the Store.
func (o *Outlet) Snapshot() ([]byte, error) {
	return json.Marshal(snapshot{snapshotSchema, o.Settings, o.Past, o.Menu, o.Revoked})
}

// Restore reads what Snapshot wrote.
func Restore(data []byte) (*Outlet, error) {
	var s snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read organisation: %w", err)
	}
	if s.Schema != snapshotSchema {
		return nil, fmt.Errorf("read organisation: schema %d; this version reads %d", s.Schema, snapshotSchema)
	}
	o := New()
	o.Past = s.Past
	if s.Settings != nil {
		o.Settings = s.Settings
	}
	for _, settings := range append(s.Past, o.Settings) {
		settings.fillNull()
		if err := settings.Compile(); err != nil {
			return nil, fmt.Errorf("read organisation: settings %d: %w", settings.Version, err)
		}
	}
	if s.Menu != nil {
		o.Menu = NewMenu(s.Menu.Version, s.Menu.Items)
	}
	if s.Revoked != nil {
		o.Revoked = s.Revoked
	}
	return o, nil
}
