package rest

import "heard/domain"

// Vocabulary says what Go types leave out, for the documentation: what words
// mean, which there are, and how types that write their own JSON look.
type Vocabulary struct {
	Tags    []Tag
	Types   []Type
	Members map[string]Member // by "Component.member", or by "member" for all; "{id}" of a path likewise by "tag.{id}"
}

// Tag is a class of a client: the calls that belong together.
type Tag struct{ Name, About string }

// Type is how values of a Go type are documented.
type Type struct {
	Of      any      // a zero value
	Name    string   // of the schema; "" = the Go type's own for structs, none for others
	As      any      // they look like values of this type
	Format  string   // "date-time"
	Values  []string // the only ones there are
	Mean    []string // what each of Values means; nil = they say it themselves
	Accepts string   // what a request may send instead, in words
	About   string

	// Money stands for two members: the decimal, and its integer twin "…_minor".
	Money bool
}

// Member is what a member of an object, or a part of a path, means.
type Member struct {
	About    string
	Example  any
	As       any    // it looks like a value of this type
	Accepts  string // what a request may send instead, in words
	Null     bool   // null says something
	Optional bool   // may be missing, though its tag does not say so
	Open     bool   // an object whose members depend on something else
}

// member is what is said of it in this component, else of its name.
func (v *Vocabulary) member(component, name string) Member {
	if m, here := v.Members[component+"."+name]; here {
		return m
	}
	return v.Members[name]
}

// Act is something that a call may need a permission for, and who has it as
// long as the organisation's settings do not narrow it.
type Act struct {
	Name  string
	Roles []domain.Role
}
