package rest

import (
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// docs is the page that shows the document and tries calls out. Everything it
// loads is in the binary.
func docs() func(*Exchange) error {
	page := fasthttpadaptor.NewFastHTTPHandler(v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "heard", SwaggerJSON: "/openapi.json", BasePath: "/docs",
		AppendHead: `<meta name="viewport" content="width=device-width, initial-scale=1">`,
		SettingsUI: map[string]string{
			"showExtensions":  "false",
			"tryItOutEnabled": "true",
		},
	}))
	return func(x *Exchange) error { page(x.Ctx); return nil }
}
