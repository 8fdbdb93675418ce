package limits

import (
	"fmt"
	"net"
	"syscall"

	"github.com/gorilla/websocket"

	"heard/bench/rival"
)

// peerEnv makes the test binary a peer of the engine: what is posted is handed
// to every socket of an organisation.
const peerEnv = "HEARD_BENCH_PEER"

// bareLoop is what no server can beat that makes one write(2) for each frame.
func bareLoop(sockets []*websocket.Conn, message []byte) {
	frame := append([]byte{0x81, 126, byte(len(message) >> 8), byte(len(message))}, message...)
	for _, conn := range sockets {
		raw, err := conn.NetConn().(*net.TCPConn).SyscallConn()
		if err != nil {
			panic(err)
		}
		_ = raw.Control(func(fd uintptr) { _, _ = syscall.Write(int(fd), frame) })
	}
}

func servePeer(broadcast rival.Broadcast) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening http://%s\n", ln.Addr())
	panic(rival.ServeBroadcast(ln, broadcast))
}
