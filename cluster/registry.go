package cluster

import (
	"context"
	_ "embed" // the script
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

//go:embed scripts/registry.lua
var registryLua string

var registryScript = redis.NewScript(registryLua)

// registry is the list of members, kept in Redis. Times are Redis's, so that
// clocks of nodes do not matter.
type registry struct {
	client redis.UniversalClient
	prefix string // of its keys, with a hash tag: they live on one server
	self   member
	life   time.Duration // without a step

	generation string // of the registry: another one means that it lost its data
	version    string // of members
	members    []member
}

// What a member does with the registry.
const (
	join  = "join"
	stay  = "stay"
	leave = "leave"
)

var (
	// errStranger says that the registry does not have this member: it was silent
	// too long, or another process took its name.
	errStranger = errors.New("not a member any more")

	// errEmptied says that the registry is another than before.
	errEmptied = errors.New("the registry lost its members")
)

func newRegistry(client redis.UniversalClient, name string, self member, life time.Duration) *registry {
	return &registry{client: client, prefix: "heard:c:{" + name + "}:", self: self, life: life}
}

func (r *registry) channel() string { return r.prefix + "news" }

// step does one thing and brings members up to date.
func (r *registry) step(ctx context.Context, what string) error {
	self := r.self
	self.Left = what == leave
	text, err := json.Marshal(self)
	if err != nil {
		return err
	}
	answer, err := registryScript.Run(ctx, r.client, []string{r.prefix + "members", r.prefix + "deadlines", r.prefix + "registry"},
		what, self.ID, text, self.Name, r.life.Milliseconds(), uuid.NewString(), r.version, r.channel()).Slice()
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return r.take(answer)
}

func (r *registry) take(answer []any) error {
	if len(answer) < 3 {
		return fmt.Errorf("registry answers %v", answer)
	}
	generation, _ := answer[0].(string)
	version, _ := answer[1].(string)
	if r.generation != "" && r.generation != generation {
		r.generation, r.version = generation, ""
		return errEmptied
	}
	if answer[2] == int64(1) {
		return errStranger
	}
	if version != r.version {
		members := make([]member, len(answer)-3)
		for i := range members {
			text, _ := answer[3+i].(string)
			if err := json.Unmarshal([]byte(text), &members[i]); err != nil {
				return fmt.Errorf("registry: member %q: %w", text, err)
			}
		}
		r.members = members
	}
	r.generation, r.version = generation, version
	return nil
}
