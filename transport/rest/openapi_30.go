package rest

// asVersion30 makes OpenAPI 3.0.3 of what was built as 3.1, for generators that
// read no newer one. It knows what differs in what is built here, nothing else.
func asVersion30(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = asVersion30(v[i])
		}
		return list
	case object:
		return objectAsVersion30(v)
	}
	return v
}

func objectAsVersion30(o object) object {
	var out object
	for _, m := range o {
		switch list, _ := m.value.([]string); {
		case m.name == "openapi":
			out.add("openapi", "3.0.3")
		case m.name == "identifier": // of the licence
			out.add("url", "https://www.apache.org/licenses/LICENSE-2.0")
		case m.name == "type" && list != nil:
			out.add("type", list[0])
			out.add("nullable", true)
		case m.name == "examples":
			out.add("example", m.value.([]any)[0])
		case m.name == "$ref" && len(o) > 1: // nothing may stand beside it
			out.add("allOf", []any{object{m}})
		default:
			out.add(m.name, asVersion30(m.value))
		}
	}
	return out
}
