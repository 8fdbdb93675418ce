package rest

import (
	"encoding"
	stdjson "encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"heard/domain"
)

// shape is what JSON a type takes: which members it knows, or of what its
// elements are. A type that decodes itself has neither.
type shape struct {
	members     map[string]*shape
	elements    *shape // of a list's elements and a map's values
	most        int    // elements of a list
	hasOptional bool   // a domain.Optional is in it or below
	hasForms    bool   // likewise a type of two forms
}

// shapes keeps the shape of every type that was decoded, so that old clients do
// not pay for reflection with every order.
type shapes struct {
	byType sync.Map
	most   map[reflect.Type]int // elements of lists of a type
}

func (s *shapes) of(t reflect.Type) *shape {
	if known, ok := s.byType.Load(t); ok {
		return known.(*shape)
	}
	made := map[reflect.Type]*shape{}
	known := shapeOf(t, made)
	known.hasOptional, known.hasForms = false, false
	for t, made := range made {
		if made.most = s.most[listOf(t)]; made.most == 0 {
			made.most = maxElements
		}
		known.hasOptional = known.hasOptional || isOptional(t)
		known.hasForms = known.hasForms || reflect.PointerTo(t).Implements(reflect.TypeFor[twoForms]())
	}
	s.byType.Store(t, known)
	return known
}

// shapeOf remembers what it is making, for types that contain themselves.
func shapeOf(t reflect.Type, made map[reflect.Type]*shape) *shape {
	if s, ok := made[t]; ok {
		return s
	}
	s := &shape{}
	made[t] = s
	switch {
	case t.Kind() == reflect.Pointer:
		*s = *shapeOf(t.Elem(), made)
	case isOptional(t):
		*s = *shapeOf(optionalValue(t), made)
	case reflect.PointerTo(t).Implements(reflect.TypeFor[twoForms]()):
		*s = *shapeOf(reflect.TypeOf(reflect.New(t).Interface().(twoForms).Object()), made)
	case decodesItself(t):
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
		s.elements = shapeOf(t.Elem(), made)
	case t.Kind() == reflect.Struct:
		s.members = map[string]*shape{}
		addMembers(s.members, t, made)
	}
	return s
}

func addMembers(members map[string]*shape, t reflect.Type, made map[reflect.Type]*shape) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && name == "":
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				addMembers(members, inner, made)
				continue
			}
		}
		if !tagged || name == "" {
			name = f.Name
		}
		members[name] = shapeOf(f.Type, made)
	}
}

// listOf is the type behind pointers and options.
func listOf(t reflect.Type) reflect.Type {
	switch {
	case t.Kind() == reflect.Pointer:
		return listOf(t.Elem())
	case isOptional(t):
		return listOf(optionalValue(t))
	}
	return t
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[stdjson.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// isOptional recognises domain.Optional[T] for every T, which the type system
// cannot say.
func isOptional(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Optional[") &&
		t.PkgPath() == reflect.TypeFor[domain.Optional[int]]().PkgPath()
}

func optionalValue(t reflect.Type) reflect.Type {
	f, _ := t.FieldByName("Value")
	return f.Type
}
