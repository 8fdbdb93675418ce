package rest

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// schemas makes JSON schemas of Go types. A member without omitempty or omitzero
// is required: in an answer it is always written, in a request it must be said.
// Null is documented only where it says something.
type schemas struct {
	words *Vocabulary
	types map[reflect.Type]*Type
	made  map[string]object // by the component's name
	from  map[string]reflect.Type
}

func newSchemas(v *Vocabulary) *schemas {
	s := &schemas{words: v, types: map[reflect.Type]*Type{}, made: map[string]object{}, from: map[string]reflect.Type{}}
	for i := range v.Types {
		s.types[reflect.TypeOf(v.Types[i].Of)] = &v.Types[i]
	}
	return s
}

func refTo(name string) object { return object{{"$ref", "#/components/schemas/" + name}} }

// bare is the type of what a pointer or an Optional holds.
func bare(t reflect.Type) reflect.Type {
	switch {
	case isOptional(t):
		return bare(optionalValue(t))
	case t.Kind() == reflect.Pointer:
		return bare(t.Elem())
	}
	return t
}

func (s *schemas) of(t reflect.Type) object {
	t = bare(t)
	said := s.types[t]
	if said == nil {
		said = &Type{}
	}
	if said.As != nil {
		schema := s.of(reflect.TypeOf(said.As))
		if said.Format != "" {
			schema.add("format", said.Format)
		}
		return accepting(schema, said.Accepts)
	}
	if said.Values != nil {
		return s.component(t, said, func() object { return closedList(said) })
	}
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64:
		return object{{"type", "integer"}, {"format", "int64"}}
	case reflect.Uint64:
		return object{{"type", "integer"}, {"format", "int64"}, {"minimum", 0}}
	case reflect.Float64:
		return object{{"type", "number"}, {"format", "double"}}
	case reflect.Slice:
		if t == reflect.TypeFor[json.RawMessage]() {
			return object{{"type", "object"}, {"additionalProperties", true}}
		}
		return object{{"type", "array"}, {"items", s.of(t.Elem())}}
	case reflect.Map:
		return object{{"type", "object"}, {"additionalProperties", s.of(t.Elem())}}
	case reflect.Struct:
		return s.component(t, said, func() object { return s.structure(t, said) })
	}
	panic(fmt.Sprintf("%s cannot be documented", t)) // a mistake in the table, which the tests find
}

// component makes a schema with a name of its own, once.
func (s *schemas) component(t reflect.Type, said *Type, of func() object) object {
	name := said.Name
	if name == "" {
		name = t.Name()
	}
	if before, ok := s.from[name]; !ok {
		s.from[name] = t
		s.made[name] = of()
	} else if before != t {
		panic(fmt.Sprintf("%s and %s are both %s", before, t, name))
	}
	return refTo(name)
}

func closedList(said *Type) object {
	schema := object{{"type", "string"}, {"description", said.About}, {"enum", said.Values}}
	if said.Mean != nil {
		schema.add("x-enum-descriptions", said.Mean)
	}
	return schema
}

func (s *schemas) structure(t reflect.Type, said *Type) object {
	name := said.Name
	if name == "" {
		name = t.Name()
	}
	var properties object
	var required []string
	s.addFields(t, name, &properties, &required)
	schema := object{{"type", "object"}}
	if said.About != "" {
		schema.add("description", said.About)
	}
	if len(required) > 0 {
		schema.add("required", required)
	}
	schema.add("properties", properties)
	return accepting(schema, said.Accepts)
}

func accepting(schema object, what string) object {
	if what != "" {
		schema.add("x-also-accepts", what)
	}
	return schema
}

func (s *schemas) addFields(t reflect.Type, in string, properties *object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			s.addFields(f.Type, in, properties, required)
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		m := s.words.member(in, name)
		names := []string{name}
		if said := s.types[f.Type]; said != nil && said.Money {
			minor := name + "_minor"
			names = append(names, minor)
			properties.add(name, explained(object{{"type", "number"}, {"format", "double"}}, m, " For display: calculate with `"+minor+"`."))
			if decimal, is := m.Example.(float64); is {
				m.Example = int64(math.Round(decimal * 100))
			}
			properties.add(minor, explained(object{{"type", "integer"}, {"format", "int64"}}, m, " In the currency's minor units (paise, cents): calculate with this."))
		} else {
			properties.add(name, s.member(bare(f.Type), name, m))
		}
		if !strings.Contains(options, "omit") && !m.Optional {
			*required = append(*required, names...)
		}
	}
}

// member is the schema of one member. What a request may send as a decimal or in
// minor units is said once for both. An object that may be null has no name:
// OpenAPI 3.0 cannot say it of a reference.
func (s *schemas) member(t reflect.Type, name string, m Member) object {
	more := ""
	if base, minor := strings.CutSuffix(name, "_minor"); minor && m.About == "" {
		m.About = s.words.member("", base).About
		more = " In the currency's minor units; with `" + base + "`, or in its place."
	}
	if m.As != nil {
		t = reflect.TypeOf(m.As)
	}
	var schema object
	switch {
	case m.Open:
		schema = object{{"type", "object"}, {"additionalProperties", true}}
	case m.Null && t.Kind() == reflect.Struct:
		schema = s.structure(t, &Type{})
	default:
		schema = s.of(t)
	}
	if m.Null {
		schema[0].value = []string{schema[0].value.(string), "null"}
	}
	return explained(schema, m, more)
}

func explained(schema object, m Member, more string) object {
	if text := m.About + more; text != "" {
		schema.add("description", text)
	}
	if m.Example != nil {
		schema.add("examples", []any{m.Example})
	}
	return accepting(schema, m.Accepts)
}
