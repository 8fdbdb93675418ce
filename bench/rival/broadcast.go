package rival

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// A Broadcast hands a message to sockets.
type Broadcast func(sockets []*websocket.Conn, message []byte)

// Gorilla is a broadcast as gorilla's users write it.
func Gorilla(sockets []*websocket.Conn, message []byte) {
	for _, conn := range sockets {
		_ = conn.WriteMessage(websocket.TextMessage, message) // who is gone is no concern of a loop's
	}
}

// ServeBroadcast has no orders: it hands what is posted to every socket that came
// with the same token, and then answers. There are no rules, no log and no disk.
func ServeBroadcast(ln net.Listener, broadcast Broadcast) error {
	var mu sync.Mutex
	sockets := map[string][]*websocket.Conn{}
	upgrader := websocket.Upgrader{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it was answered
		}
		token := r.URL.Query().Get("token")
		mu.Lock()
		sockets[token] = append(sockets[token], conn)
		_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"snapshot_end","seq":0}`))
		mu.Unlock()
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("POST /api/orders", func(w http.ResponseWriter, r *http.Request) {
		message, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		broadcast(sockets[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")], message)
	})
	return http.Serve(ln, mux)
}
