package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/valyala/fasthttp"
)

// An exchange sends one request at a time and is reused for the next.
type exchange struct {
	client *client
	req    fasthttp.Request
	resp   fasthttp.Response
	body   []byte
	answer orderAnswer
}

// call sends a request until it is answered with something else than "try
// later", or patience ends. The returned bytes are valid until the next call.
func (x *exchange) call(ctx context.Context, method, path, authorization, key string, body []byte) (int, []byte, error) {
	x.req.Reset()
	x.req.Header.SetMethod(method)
	x.req.SetRequestURI(x.client.base + path)
	x.req.Header.Set("Authorization", authorization)
	if key != "" {
		x.req.Header.Set("Idempotency-Key", key)
	}
	if body != nil {
		x.req.Header.SetContentType("application/json")
		x.req.SetBodyRaw(body)
	}
	var p patience
	for {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		began := time.Now()
		err := x.client.http.DoTimeout(&x.req, &x.resp, attemptTimeout)
		pause, again := time.Duration(0), false
		switch {
		case err != nil:
			if pause, again = p.unanswered(began, time.Now()); !again {
				return 0, nil, fmt.Errorf("no answer in %v: %w", maxSilence, err)
			}
		case x.resp.StatusCode() == fasthttp.StatusServiceUnavailable,
			x.resp.StatusCode() == fasthttp.StatusTooManyRequests:
			if pause, again = p.refused(string(x.resp.Header.Peek("Retry-After"))); !again {
				return x.resp.StatusCode(), x.resp.Body(), nil
			}
		default:
			return x.resp.StatusCode(), x.resp.Body(), nil
		}
		if err := sleep(ctx, pause); err != nil {
			return 0, nil, err
		}
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
