// Package examples holds data of our own: a menu and an evening of orders.
package examples

import _ "embed"

// Menu is a menu as PUT /api/menu takes it.
//
//go:embed menu.json
var Menu []byte
