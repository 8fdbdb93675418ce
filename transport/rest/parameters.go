package rest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"heard/domain"
)

// checkQuery refuses what a call would otherwise pass over and answer as if it
// had been understood: a parameter it does not have, one that is there twice,
// and a value that there is none of. A name that begins with _ is only there to
// get past a cache.
func (x *Exchange) checkQuery() error {
	if !x.route.closed || len(x.Ctx.URI().QueryString()) == 0 {
		return nil
	}
	seen := uint64(0) // bits of the table's rows
	for name, value := range x.Ctx.QueryArgs().All() {
		if len(name) == 0 && len(value) == 0 || bytes.HasPrefix(name, []byte{'_'}) {
			continue
		}
		i := x.route.param(name)
		if i < 0 {
			return domain.Blame(domain.ValidationError, cut(string(name)), "is no parameter of this call; "+x.route.takes())
		}
		p := &x.route.Query[i]
		if seen&(1<<i) != 0 && !p.List {
			return domain.Blame(domain.ValidationError, p.Name, "is there twice")
		}
		seen |= 1 << i
		if err := p.check(value); err != nil {
			return err
		}
	}
	return nil
}

// param finds a parameter in the table; -1 = the call has none of that name.
func (r *Route) param(name []byte) int {
	for i := range r.Query {
		if r.Query[i].Name == string(name) {
			return i
		}
	}
	return -1
}

func (r *Route) takes() string {
	if len(r.Query) == 0 {
		return "it takes none"
	}
	names := make([]string, len(r.Query))
	for i := range r.Query {
		names[i] = r.Query[i].Name
	}
	return "it takes " + strings.Join(names, ", ")
}

func (p *Param) check(value []byte) error {
	if p.Values == nil {
		return nil
	}
	for _, one := range p.split(value) {
		if !slices.Contains(p.Values, string(one)) {
			code := p.Refusal
			if code == "" {
				code = domain.BadRequest
			}
			return domain.Blame(code, p.Name, "must be of "+strings.Join(p.Values, ", "))
		}
	}
	return nil
}

// split makes the values of one occurrence; an empty one is none.
func (p *Param) split(value []byte) [][]byte {
	values := [][]byte{value}
	if p.List {
		values = bytes.Split(value, []byte{','})
	}
	for i := range values {
		values[i] = bytes.TrimSpace(values[i])
	}
	return slices.DeleteFunc(values, func(one []byte) bool { return len(one) == 0 })
}

// args are the parameters, of which one that the table does not have must not be
// looked for: it would be refused wherever it is sent.
func (x *Exchange) args(name string) *fasthttp.Args {
	x.param(name)
	return x.Ctx.QueryArgs()
}

func (x *Exchange) param(name string) *Param {
	for i := range x.route.Query {
		if p := &x.route.Query[i]; p.Name == name {
			return p
		}
	}
	panic("invariant: " + x.route.Method + " " + x.route.Path + " has no parameter " + name + " in its table")
}
