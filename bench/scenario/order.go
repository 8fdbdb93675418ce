package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"heard/bench/load"
)

// pool is how many different orders are made before the clock starts: the
// generator shares the machine with the engine and should not write JSON then.
const pool = 512

type line struct {
	Item     string      `json:"menu_item_id"`
	Name     string      `json:"name"`
	Quantity int         `json:"quantity"`
	Price    json.Number `json:"price"`
}

// orders are bodies of creates with so many lines.
func orders(random *rand.Rand, fewest, most int) [][]byte {
	dishes := []string{"Paneer Tikka", "Garlic Naan", "Sweet Lassi", "Masala Dosa", "Butter Chicken", "Dal Makhani", "Veg Biryani", "Gulab Jamun"}
	bodies := make([][]byte, pool)
	for i := range bodies {
		table := 1 + random.IntN(40)
		items := make([]line, fewest+random.IntN(most-fewest+1))
		for j := range items {
			d := random.IntN(len(dishes))
			items[j] = line{fmt.Sprintf("dish-%d", d), dishes[d], 1 + random.IntN(3), json.Number(fmt.Sprintf("%d.%02d", 40+30*d, 50*(d%2)))}
		}
		body, err := json.Marshal(map[string]any{"table_id": fmt.Sprintf("t-%d", table), "table_number": table, "items": items})
		if err != nil {
			panic(err) // it is made of numbers and plain text
		}
		bodies[i] = body
	}
	return bodies
}

// A waiter is a connection that places orders and remembers the last of them.
type waiter struct {
	exchange *load.Exchange
	random   *rand.Rand
	bodies   [][]byte
}

func (t *Target) waiter(connection int, bodies [][]byte) waiter {
	return waiter{t.exchange(connection), t.random(connection), bodies}
}

// place creates an order and returns its id.
func (w *waiter) place() (string, error) {
	return placed(w.exchange.Do("POST", "/api/orders", w.bodies[w.random.IntN(len(w.bodies))]))
}

// placed reads the id out of the answer to a create.
func placed(answer []byte, err error) (string, error) {
	if err != nil {
		return "", err
	}
	const member = `"order_id":"`
	if _, rest, ok := bytes.Cut(answer, []byte(member)); ok {
		if id, _, ok := bytes.Cut(rest, []byte(`"`)); ok && len(id) > 0 {
			return string(id), nil
		}
	}
	return "", &load.Fault{Kind: "POST /api/orders: 2xx without an order_id", Answered: true}
}

// move brings an order to a status.
func (w *waiter) move(id, status string) error {
	_, err := w.exchange.Do("PUT", "/api/orders/"+id+"/status?status="+status, nil)
	return err
}

func (w *waiter) read(id string) error {
	_, err := w.exchange.Do("GET", "/api/orders/"+id, nil)
	return err
}

// course is the way of an order through the evening, after pending.
var course = [...]string{"preparing", "ready", "served", "completed"}
