// Command peer does with centrifuge what the engine does for its screens, less
// everything about orders: what is posted is handed to every socket of an
// organisation. It is a module of its own, so that the product does not depend
// on what it is compared with.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/centrifugal/centrifuge"
)

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return err
	}
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		who, _ := centrifuge.GetCredentials(ctx)
		return centrifuge.ConnectReply{
			Subscriptions: map[string]centrifuge.SubscribeOptions{who.UserID: {}},
			Data:          []byte(`{"type":"snapshot_end","seq":0}`),
		}, nil
	})
	if err := node.Run(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	sockets := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{PingPongConfig: centrifuge.PingPongConfig{PingInterval: -1}})
	mux.HandleFunc("GET /ws", func(w http.ResponseWriter, r *http.Request) {
		org := &centrifuge.Credentials{UserID: r.URL.Query().Get("token")}
		sockets.ServeHTTP(w, r.WithContext(centrifuge.SetCredentials(r.Context(), org)))
	})
	mux.HandleFunc("POST /api/orders", func(w http.ResponseWriter, r *http.Request) {
		org := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		frame, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = node.Publish(org, frame)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening http://%s\n", ln.Addr())
	return http.Serve(ln, mux)
}
