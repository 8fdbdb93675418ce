package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"
)

// maxLineBytes leaves room for an order far beyond what a server would take
// (1,000 lines), and stops on a file that is not NDJSON at all.
const maxLineBytes = 16 << 20

// readFile reads and checks the whole file, so that a bad line is known before
// the first order is sent.
func readFile(path string, needsTime bool) ([]order, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err // names the file already
	}
	defer file.Close()
	orders, err := readOrders(file, needsTime)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return orders, nil
}

// readOrders reads one order a line and passes over blank lines.
func readOrders(from io.Reader, needsTime bool) ([]order, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxLineBytes)
	var orders []order
	reader := lineReader{texts: make(map[string]string), needsTime: needsTime}
	number := 0
	for lines.Scan() {
		number++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		o, err := reader.order(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		orders = append(orders, o)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d MiB", number+1, maxLineBytes>>20)
	} else if err != nil {
		return nil, fmt.Errorf("after line %d: %w", number, err)
	}
	return orders, nil
}

// A lineReader turns lines into orders. It keeps each distinct text once: a
// file of years repeats the names of one menu.
type lineReader struct {
	texts     map[string]string
	needsTime bool
}

func (r *lineReader) order(line []byte) (order, error) {
	var raw rawOrder
	if err := json.Unmarshal(line, &raw); err != nil {
		return order{}, shapeFault(err)
	}
	var o order
	var err error
	if o.id, err = r.key("order_id", raw.OrderID); err != nil {
		return order{}, err
	}
	if err := r.readTime(&o, raw.TS); err != nil {
		return order{}, err
	}
	if raw.Items == nil {
		return order{}, memberFault{"items", "is missing; a list of items was expected"}
	}
	o.items = make([]item, len(raw.Items))
	for i := range raw.Items {
		if o.items[i], err = r.item(fmt.Sprintf("items[%d].", i), &raw.Items[i]); err != nil {
			return order{}, err
		}
	}
	if present(raw.TotalMinor) {
		o.hasTotal = true
		if o.totalMinor, err = readInteger("total_minor", raw.TotalMinor); err != nil {
			return order{}, err
		}
	}
	return o, nil
}

func (r *lineReader) item(where string, raw *rawItem) (item, error) {
	var it item
	var err error
	if it.menuItemID, err = r.identifier(where+"menu_item_id", raw.MenuItemID); err != nil {
		return item{}, err
	}
	if it.name, err = r.text(where+"name", raw.Name); err != nil {
		return item{}, err
	}
	if it.quantity, err = r.quantity(where+"quantity", raw.Quantity); err != nil {
		return item{}, err
	}
	if it.priceMinor, err = readInteger(where+"price_minor", raw.PriceMinor); err != nil {
		return item{}, err
	}
	for i, modifier := range raw.Modifiers {
		text, err := r.text(fmt.Sprintf("%smodifiers[%d]", where, i), modifier)
		if err != nil {
			return item{}, err
		}
		it.modifiers = append(it.modifiers, text)
	}
	return it, nil
}
