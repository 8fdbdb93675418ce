package main

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dial opens a bare connection.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends bytes and returns what one read brings, "" when the connection is
// closed. Answers here are small enough for one segment.
func ask(c net.Conn, request string) string {
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(request)); err != nil {
		return ""
	}
	b := make([]byte, 4096)
	n, _ := c.Read(b)
	return string(b[:n])
}

func contains(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// metric reads a figure of /metrics that has no labels; -1 = it is not there.
func (e *engine) metric(name string) float64 {
	for _, line := range lines(string(e.do("GET", "/metrics", "").body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, err := strconv.ParseFloat(value, 64)
			if err == nil {
				return f
			}
		}
	}
	return -1
}
