package redisjournal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// What the client does where the URL does not say otherwise.
const (
	dialTimeout   = time.Second
	socketTimeout = 3 * time.Second // the caller's deadline is usually nearer
	poolTimeout   = time.Second
	poolSize      = 64 // connections to one server; made as they are needed
)

// onConnect looks at every new connection before it is used.
type onConnect func(context.Context, *redis.Conn) error

// Connect makes a client of the URL's server for what is not the journal but
// lives beside it. It does not dial yet.
func Connect(url string) (redis.UniversalClient, error) { return connect(url, nil) }

// CheckURL refuses a URL that Open would refuse, without dialling.
func CheckURL(url string) error {
	client, err := Connect(url)
	if err != nil {
		return err
	}
	return client.Close()
}

// connect makes the client a URL asks for. It does not dial yet.
func connect(text string, hook onConnect) (redis.UniversalClient, error) {
	u, hosts, err := split(text)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	cluster, master := false, q.Get("master_name") != ""
	if q.Has("cluster") {
		if cluster, err = strconv.ParseBool(q.Get("cluster")); err != nil {
			return nil, errors.New("redis URL: cluster must be true or false")
		}
		q.Del("cluster")
	}
	if len(hosts) > 1 && !cluster && !master {
		return nil, errors.New("redis URL: several hosts need cluster=true or master_name=NAME")
	}
	if cluster && master {
		return nil, errors.New("redis URL: cluster=true and master_name exclude each other")
	}
	if cluster && strings.Trim(u.Path, "/0") != "" {
		return nil, errors.New("redis URL: a Cluster has database 0 only")
	}
	for _, host := range hosts[1:] {
		q.Add("addr", host)
	}
	u.RawQuery = q.Encode()
	switch {
	case cluster:
		return connectCluster(u, hook)
	case master:
		return connectSentinel(u, hook)
	}
	return connectSingle(u, hook)
}

// split takes the list of hosts out of a URL, which would not parse with it.
// Its errors never repeat the URL, for it holds a password.
func split(text string) (*url.URL, []string, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return nil, nil, errors.New("redis URL: it must begin with redis:// or rediss://")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	user, list := "", rest[:end]
	if at := strings.LastIndexByte(list, '@'); at >= 0 {
		user, list = list[:at+1], list[at+1:]
	}
	hosts := strings.Split(list, ",")
	u, err := url.Parse(scheme + "://" + user + hosts[0] + rest[end:])
	if err != nil {
		return nil, nil, refused(err)
	}
	return u, hosts, nil
}

func refused(err error) error {
	if parse, is := errors.AsType[*url.Error](err); is {
		err = parse.Err
	}
	return fmt.Errorf("redis URL: %w", err)
}

func connectSingle(u *url.URL, hook onConnect) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, refused(err)
	}
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.DisableIdentity, o.PipelinePoolSize, o.OnConnect = true, -1, hook
	o.MaintNotificationsConfig = noNotifications()
	limits(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.PoolSize, &o.MaxActiveConns)
	return redis.NewClient(o), nil
}

func connectSentinel(u *url.URL, hook onConnect) (redis.UniversalClient, error) {
	o, err := redis.ParseFailoverURL(u.String())
	if err != nil {
		return nil, refused(err)
	}
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.DisableIdentity, o.PipelinePoolSize, o.OnConnect = true, -1, hook
	limits(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.PoolSize, &o.MaxActiveConns)
	return redis.NewFailoverClient(o), nil
}

func connectCluster(u *url.URL, hook onConnect) (redis.UniversalClient, error) {
	o, err := redis.ParseClusterURL(u.String())
	if err != nil {
		return nil, refused(err)
	}
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.DisableIdentity, o.PipelinePoolSize, o.OnConnect = true, -1, hook
	o.MaintNotificationsConfig = noNotifications()
	limits(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout, &o.PoolSize, &o.MaxActiveConns)
	return redis.NewClusterClient(o), nil
}

func noNotifications() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func limits(dial, read, write, pool *time.Duration, size, most *int) {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{dial, dialTimeout}, {read, socketTimeout}, {write, socketTimeout}, {pool, poolTimeout}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if *size == 0 {
		*size = poolSize
	}
	if *most == 0 {
		*most = *size
	}
}
