package ws_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"heard/domain"
	"heard/transport/ws"
)

// raw is a client that writes whatever bytes it likes.
type raw struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func (k *kitchen) raw(token string) *raw {
	k.t.Helper()
	c := &raw{t: k.t, conn: k.dialTCP()}
	c.r = bufio.NewReader(c.conn)
	fmt.Fprintf(c.conn, "GET /ws?token=%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", token)
	res, err := http.ReadResponse(c.r, nil)
	if err != nil || res.StatusCode != 101 {
		k.t.Fatal(res, err)
	}
	c.conn.SetDeadline(time.Now().Add(patience))
	return c
}

// masked is a client's frame; the first byte as it stands.
func masked(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i&3])
	}
	return string(b)
}

// frame reads one frame of the server, strictly.
func (c *raw) frame() (opcode byte, payload string, err error) {
	var head [2]byte
	if _, err = io.ReadFull(c.r, head[:]); err != nil {
		return 0, "", err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(c.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(c.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if head[0]&0xF0 != 0x80 || head[1] > 127 || err != nil {
		return 0, "", fmt.Errorf("bad frame head %x: %v", head, err)
	}
	text := make([]byte, n)
	_, err = io.ReadFull(c.r, text)
	return head[0] & 0xF, string(text), err
}

// until reads frames up to one with an opcode; text frames are returned when
// they are of a type other than the greeting's.
func (c *raw) until(opcode byte, has string) string {
	c.t.Helper()
	for {
		op, payload, err := c.frame()
		if err != nil {
			c.t.Fatalf("waiting for %x %q: %v", opcode, has, err)
		}
		if op == opcode && strings.Contains(payload, has) {
			return payload
		}
		if op == 8 {
			c.t.Fatalf("closed with %x, waiting for %x %q", payload, opcode, has)
		}
	}
}

func closePayload(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

// sent is what a client sends and the close code it gets; 0 = the socket stays
// and answers a ping.
type sent struct {
	bytes string
	code  int
}

const pingText = `{"type":"ping"}`

func rightFrames() map[string]sent {
	long := strings.Repeat("x", 1<<16)
	return map[string]sent{
		"text":                 {masked(0x81, pingText), 0},
		"empty text":           {masked(0x81, ""), 0},
		"ping":                 {masked(0x89, "hello"), 0},
		"ping of 125":          {masked(0x89, long[:125]), 0},
		"pong unasked":         {masked(0x8A, "x"), 0},
		"unknown type":         {masked(0x81, `{"type":"dance"}`), 0},
		"not JSON":             {masked(0x81, `{`), 0},
		"exactly 64 KiB":       {masked(0x81, `"`+long[2:]+`"`), 0},
		"fragments":            {masked(0x01, `{"type":`) + masked(0x00, "") + masked(0x80, `"ping"}`), 0},
		"ping among fragments": {masked(0x01, `{"type":`) + masked(0x89, "x") + masked(0x80, `"ping"}`), 0},
		"empty fragments":      {masked(0x01, "") + masked(0x80, ""), 0},
	}
}

func wrongFrames() map[string]sent {
	long := strings.Repeat("x", 1<<16)
	return map[string]sent{
		"reserved bit 1":              {masked(0xC1, pingText), 1002},
		"reserved bit 2":              {masked(0xA1, pingText), 1002},
		"reserved bit 3":              {masked(0x91, pingText), 1002},
		"reserved bit on ping":        {masked(0xC9, ""), 1002},
		"opcode 3":                    {masked(0x83, ""), 1002},
		"opcode 7":                    {masked(0x87, "x"), 1002},
		"opcode B":                    {masked(0x8B, ""), 1002},
		"opcode F":                    {masked(0x8F, "x"), 1002},
		"binary":                      {masked(0x82, pingText), 1003},
		"binary in fragments":         {masked(0x02, pingText), 1003},
		"not masked":                  {"\x81\x02hi", 1002},
		"ping of 126":                 {masked(0x89, long[:126]), 1002},
		"ping in fragments":           {masked(0x09, "x"), 1002},
		"close in fragments":          {masked(0x08, closePayload(1000, "")), 1002},
		"continuation of nothing":     {masked(0x80, "x"), 1002},
		"unfinished continuation":     {masked(0x00, "x"), 1002},
		"text among fragments":        {masked(0x01, "a") + masked(0x81, "b"), 1002},
		"length of 125 in 16 bits":    {"\x81\xfe\x00\x7d\x00\x00\x00\x00", 1002},
		"length of 65535 in 64 bits":  {"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00", 1002},
		"length with the top bit":     {"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", 1002},
		"length of all ones":          {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1002},
		"largest length":              {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1009},
		"64 KiB and 1":                {masked(0x81, long+"x"), 1009},
		"64 KiB and 1 in fragments":   {masked(0x01, long) + masked(0x80, "x"), 1009},
		"bad UTF-8":                   {masked(0x81, "\xff"), 1007},
		"surrogate":                   {masked(0x81, "\xed\xa0\x80"), 1007},
		"overlong":                    {masked(0x81, "\xc0\xaf"), 1007},
		"bad UTF-8 in fragments":      {masked(0x01, "\xce") + masked(0x80, "x"), 1007},
		"cut rune":                    {masked(0x81, "\xe2\x82"), 1007},
		"close without code":          {masked(0x88, ""), 1005},
		"close 1000":                  {masked(0x88, closePayload(1000, "bye")), 1000},
		"close 4999":                  {masked(0x88, closePayload(4999, "")), 4999},
		"close of one byte":           {masked(0x88, "\x03"), 1002},
		"close with bad UTF-8":        {masked(0x88, closePayload(1000, "\xff")), 1007},
		"text behind close":           {masked(0x88, closePayload(1001, "")) + masked(0x81, pingText), 1001},
		"flood behind a broken frame": {"\x81\x02hi" + strings.Repeat(masked(0x81, pingText), 10000), 1002},
	}
}

// TestFrames is the matrix of RFC 6455.
func TestFrames(t *testing.T) {
	k := open(t)
	token := k.token("bistro", "u", domain.Staff)
	cases := rightFrames()
	maps.Copy(cases, wrongFrames())
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases[fmt.Sprintf("close %d", code)] = sent{masked(0x88, closePayload(code, "")), 1002}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := k.raw(token)
			client.t = t
			go io.WriteString(client.conn, c.bytes) // it may be refused half way
			if c.code == 0 {
				time.Sleep(time.Millisecond)
				io.WriteString(client.conn, masked(0x89, "still there?"))
				client.until(0xA, "still there?")
				return
			}
			got := client.until(8, "")
			code := 1005
			if len(got) >= 2 {
				code = int(binary.BigEndian.Uint16([]byte(got)))
			}
			if code != c.code {
				t.Errorf("closed with %d, want %d", code, c.code)
			}
			if _, err := client.r.ReadByte(); err != io.EOF {
				t.Errorf("after the close frame: %v", err)
			}
		})
	}
	k.waitFor("sockets closed", func(s ws.Stats) bool { return s.Active <= 12 })
}

// TestTextSplitAnywhere sends a message with runes of every length in two
// fragments, and byte by byte.
func TestTextSplitAnywhere(t *testing.T) {
	k := open(t)
	c := k.raw(k.token("bistro", "u", domain.Staff))
	text := `{"type":"subscribe","rooms":["station:é€😀-` + "\u00a0" + `"]}`
	for i := range len(text) + 1 {
		io.WriteString(c.conn, masked(0x01, text[:i])+masked(0x80, text[i:]))
		if got := c.until(1, `"subscribed"`); !strings.Contains(got, "é€😀") {
			t.Errorf("split at %d: %s", i, got)
		}
	}
	for i := range len(text) {
		opcode := byte(0x00)
		if i == 0 {
			opcode = 0x01
		} else if i == len(text)-1 {
			opcode = 0x80
		}
		for _, b := range []byte(masked(opcode, text[i:i+1])) {
			c.conn.Write([]byte{b})
		}
	}
	c.until(1, `"subscribed"`)
}

func FuzzFrames(f *testing.F) {
	k := open(f)
	token := k.token("bistro", "u", domain.Staff)
	for _, seed := range []string{masked(0x81, `{"type":"ping"}`), masked(0x01, "a") + masked(0x80, "b"), masked(0x88, "\x03\xe8"), "\x81\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		own := *k
		own.t = t
		c := own.raw(token)
		c.conn.Write(b)
		c.conn.(*net.TCPConn).CloseWrite()
		for {
			if _, _, err := c.frame(); err != nil {
				break
			}
		}
		c.conn.Close()
		if n := k.gateway.Stats().Panics; n > 0 {
			t.Fatal(k.log)
		}
	})
}
