package rest

import "testing"

func TestAllowedOrigins(t *testing.T) {
	def, err := NewOrigins(nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := NewOrigins([]string{"https://pos.example.com", "http://[::1]:*", "https://x.example:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list         *Origins
		origin, host string
		want         bool
	}{
		{def, "", "heard:8000", true},
		{def, "http://localhost", "heard:8000", true},
		{def, "http://localhost:3000", "heard:8000", true},
		{def, "HTTP://LocalHost:3000", "heard:8000", true},
		{def, "http://127.0.0.1:65535", "heard:8000", true},
		{def, "https://localhost:3000", "heard:8000", false},
		{def, "http://localhost.evil.example", "heard:8000", false},
		{def, "http://localhost:3000.evil.example", "heard:8000", false},
		{def, "http://localhost:evil", "heard:8000", false},
		{def, "http://localhost:", "heard:8000", false},
		{def, "http://localhost:*", "heard:8000", false},
		{def, "http://evil@localhost:3000", "heard:8000", false},
		{def, "http://evil.example#localhost", "heard:8000", false},
		{def, "http://evil.example", "heard:8000", false},
		{def, "null", "heard:8000", false},
		{def, "file://", "heard:8000", false},
		{def, "http://heard:8000", "heard:8000", true},
		{def, "http://HEARD:8000", "heard:8000", true},
		{def, "http://heard:8001", "heard:8000", false},
		{def, "https://pos.example.com", "pos.example.com", true}, // TLS ends in front of us
		{def, "https://pos.example.com", "pos.example.com:443", true},
		{def, "http://pos.example.com", "pos.example.com:443", false},
		{def, "http://a", "", false},
		{own, "https://pos.example.com", "heard:8000", true},
		{own, "https://pos.example.com:443", "heard:8000", true},
		{own, "https://pos.example.com:444", "heard:8000", false},
		{own, "https://sub.pos.example.com", "heard:8000", false},
		{own, "http://[::1]:5", "heard:8000", true},
		{own, "https://x.example:8443", "heard:8000", true},
		{own, "http://localhost:3000", "heard:8000", false},
		{own, "http://[::2]:8000", "[::2]:8000", true},
	} {
		if got := c.list.AllowedOrigin(c.origin, c.host); got != c.want {
			t.Errorf("origin %q at %q: %v", c.origin, c.host, got)
		}
	}
	for _, bad := range []string{"", "*", "localhost", "http://", "ftp://x", "http://x/path", "http://*", "http://*.example.com", "http://x:1:2", "http://x:*:*"} {
		if _, err := NewOrigins([]string{bad}); err == nil {
			t.Errorf("pattern %q was taken", bad)
		}
	}
}
