package load

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// shortNames are what figures are called in the table, beside their names in the
// JSON.
var shortNames = map[string]string{
	"good": "good_per_second", "orders": "orders_per_second", "n": "requests", "late": "late_starts",
	"min": "latency_ms.min", "mean": "latency_ms.mean", "p50": "latency_ms.p50", "p90": "latency_ms.p90",
	"p95": "latency_ms.p95", "p99": "latency_ms.p99", "p99.9": "latency_ms.p99.9", "max": "latency_ms.max",
}

// Figures are a run's numbers by their names in the report's JSON, with a point
// between a part and its figure: server.cpu_us_each, operations.create.latency_ms.p99.
// What was not measured is not there, nor is the latency of no answers.
func (r *Result) Figures(v *Versus) map[string]float64 {
	found := map[string]float64{}
	gather(found, "", reflect.ValueOf(r))
	gather(found, "versus", reflect.ValueOf(v))
	return found
}

func gather(into map[string]float64, name string, v reflect.Value) {
	switch value := v.Interface().(type) {
	case MS:
		into[name] = float64(value) / 1000
		return
	case Latency:
		if value.N == 0 {
			return
		}
	case []Operation:
		for i := range value {
			gather(into, name+"."+value[i].Name, reflect.ValueOf(value[i]))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			gather(into, name, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag != "" {
				gather(into, strings.TrimPrefix(name+"."+tag, "."), v.Field(i))
			}
		}
	case reflect.Int, reflect.Int64:
		into[name] = float64(v.Int())
	case reflect.Float64:
		into[name] = v.Float()
	}
}

// Names are the figures that a run with such parts has. Parts are told apart by
// being there: what is in them does not matter.
func Names(parts Result, v *Versus) []string {
	some := Latency{N: 1}
	parts.Latency, parts.FromSend = some, some
	parts.Operations = slices.Clone(parts.Operations)
	for i := range parts.Operations {
		parts.Operations[i].Latency = some
	}
	if parts.Screens != nil {
		parts.Screens = &Screens{Latency: some}
	}
	return slices.Sorted(maps.Keys(parts.Figures(v)))
}
