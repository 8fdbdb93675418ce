package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// plainFigures adds up a file without a server: price times quantity, no tax.
func plainFigures(t *testing.T, path string) (Report, []order) {
	t.Helper()
	orders, err := readFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Orders: int64(len(orders))}
	var totals []orderTotal
	for _, o := range orders {
		var totalMinor int64
		for _, it := range o.items {
			quantity, _ := parseThousandths(it.quantity)
			r.Lines++
			r.Units += quantity
			totalMinor += int64(quantity) * it.priceMinor / 1000
		}
		if !o.hasTotal || o.totalMinor != totalMinor {
			t.Errorf("order %s: total_minor is %d but its items come to %d", o.id, o.totalMinor, totalMinor)
		}
		r.RevenueMinor += totalMinor
		totals = append(totals, orderTotal{o.id, totalMinor})
	}
	r.SHA256 = digest(totals)
	return r, orders
}

// sharedData finds the restaurant files that are kept outside the repository.
func sharedData(t *testing.T) string {
	t.Helper()
	if shared := os.Getenv("HEARD_SHARED"); shared != "" {
		return filepath.Join(shared, "data")
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for folder != filepath.Dir(folder) {
		data := filepath.Join(folder, "shared", "data")
		if _, err := os.Stat(data); err == nil {
			return data
		}
		folder = filepath.Dir(folder)
	}
	t.Skip("SKIPPED: no folder shared/data here or above, and HEARD_SHARED is not set")
	return ""
}

func TestRealFilesAreReadWhole(t *testing.T) {
	data := sharedData(t)
	for _, set := range []string{"london1", "chipotle"} {
		folder := filepath.Join(data, set)
		text, err := os.ReadFile(filepath.Join(folder, "expected.json"))
		if os.IsNotExist(err) {
			t.Skip("SKIPPED: " + folder + " has no expected.json")
		}
		if err != nil {
			t.Fatal(err)
		}
		var expected struct {
			Orders       int64  `json:"orders"`
			Lines        int64  `json:"order_lines"`
			Units        int64  `json:"units"`
			RevenueMinor int64  `json:"revenue_minor"`
			SHA256       string `json:"sha256_of_sorted_order_id_TAB_total_minor_lines"`
		}
		if err := json.Unmarshal(text, &expected); err != nil {
			t.Fatal(err)
		}
		want := Report{Orders: expected.Orders, Lines: expected.Lines, Units: Thousandths(expected.Units * 1000),
			RevenueMinor: expected.RevenueMinor, SHA256: expected.SHA256}
		if got, _ := plainFigures(t, filepath.Join(folder, "orders.ndjson")); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", set, got, want)
		}
	}
}

const examples = "../../examples"

// exampleMenu returns the price in paise of each item of the example menu.
func exampleMenu(t *testing.T) map[string]int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, "menu.json"))
	if err != nil {
		t.Fatal(err)
	}
	var menu []struct {
		ID             string         `json:"id"`
		Name           string         `json:"name"`
		Category       string         `json:"category"`
		Price          jsontext.Value `json:"price"`
		Available      bool           `json:"available"`
		Station        string         `json:"station"`
		ModifierGroups []struct {
			ID      string `json:"id"`
			Name    string `json:"name"`
			Min     int    `json:"min"`
			Max     int    `json:"max"`
			Options []struct {
				ID    string         `json:"id"`
				Name  string         `json:"name"`
				Price jsontext.Value `json:"price"`
			} `json:"options"`
		} `json:"modifier_groups"`
	}
	if err := json.Unmarshal(text, &menu, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	prices := make(map[string]int64)
	for _, it := range menu {
		_, twice := prices[it.ID]
		if twice || it.ID == "" || it.Name == "" || it.Category == "" || !it.Available || it.Station == "" {
			t.Errorf("menu item %+v", it)
		}
		prices[it.ID] = paise(t, it.Price)
		for _, group := range it.ModifierGroups {
			if group.Min > group.Max || group.Max > len(group.Options) {
				t.Errorf("%s: group %+v", it.ID, group)
			}
			for _, option := range group.Options {
				paise(t, option.Price)
			}
		}
	}
	return prices
}

func paise(t *testing.T, price jsontext.Value) int64 {
	t.Helper()
	rupees, decimals, _ := strings.Cut(string(price), ".")
	minor, err := strconv.ParseInt(rupees+decimals, 10, 64)
	if err != nil || len(decimals) != 2 {
		t.Errorf("price %s must have two decimals", price)
	}
	return minor
}

func TestExampleOrdersFollowTheExampleMenu(t *testing.T) {
	prices := exampleMenu(t)
	figures, orders := plainFigures(t, filepath.Join(examples, "friday.ndjson"))
	doubles := 0
	for i, o := range orders {
		for _, it := range o.items {
			if price, known := prices[it.menuItemID]; !known || price != it.priceMinor {
				t.Errorf("order %s: %s at %d, on the menu %d", o.id, it.menuItemID, it.priceMinor, price)
			}
		}
		if i == 0 {
			continue
		}
		if o.at.Before(orders[i-1].at) {
			t.Errorf("order %s is older than the one before", o.id)
		}
		if len(o.items) > 2 && reflect.DeepEqual(o.items, orders[i-1].items) {
			doubles++
		}
	}
	if doubles != 1 {
		t.Errorf("%d double submits, want 1", doubles)
	}
	readme, err := os.ReadFile(filepath.Join(examples, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	stated := fmt.Sprintf("| %d | %d | %v | %d.%02d |", figures.Orders, figures.Lines, figures.Units,
		figures.RevenueMinor/100, figures.RevenueMinor%100)
	for _, want := range []string{stated, figures.SHA256, fmt.Sprintf("%d items", len(prices))} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
}

func TestExampleEveningGoesThrough(t *testing.T) {
	s := newShop()
	o := s.open(t)
	o.File = filepath.Join(examples, "friday.ndjson")
	want, _ := plainFigures(t, o.File)
	report := replay(t, o)
	if report.SHA256 != want.SHA256 || report.Lines != want.Lines || report.Units != want.Units || report.Errors != 0 {
		t.Errorf("got %+v, want %+v", report, want)
	}
}
