package mongotest

import (
	"os"
	"testing"
)

// TestNoTestWritesToTheDatabaseOfTheURI: whatever a real server's URI looks like.
func TestNoTestWritesToTheDatabaseOfTheURI(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://h:27017":                            "mongodb://h:27017/test",
		"mongodb://h:27017/":                           "mongodb://h:27017/test",
		"mongodb://h:27017/?replicaSet=rs0":            "mongodb://h:27017/test?replicaSet=rs0",
		"mongodb://h:27017?replicaSet=rs0":             "mongodb://h:27017/test?replicaSet=rs0",
		"mongodb://h:27017/heard":                      "mongodb://h:27017/test",
		"mongodb://a:1,b:2/heard?w=1":                  "mongodb://a:1,b:2/test?w=1",
		"mongodb+srv://cluster.example/heard":          "mongodb+srv://cluster.example/test",
		"mongodb://u:p@h/admin":                        "mongodb://u:p@h/test?authSource=admin",
		"mongodb://u:p@h/admin?tls=true":               "mongodb://u:p@h/test?tls=true&authSource=admin",
		"mongodb://u:p@h/heard?authSource=admin&w=1":   "mongodb://u:p@h/test?authSource=admin&w=1",
		"mongodb://127.0.0.1:1/?directConnection=true": "mongodb://127.0.0.1:1/test?directConnection=true",
	} {
		if got := uriOf(uri, "test"); got != want {
			t.Errorf("%s: %s, want %s", uri, got, want)
		}
	}
}

// TestServerThatIsNotOursIsNotKilled: nothing of ours is started in its place.
func TestServerThatIsNotOursIsNotKilled(t *testing.T) {
	t.Setenv(Variable, "mongodb://127.0.0.1:1")
	for name, end := range map[string]func(*Server){"kill": (*Server).Kill, "restart": (*Server).Restart} {
		var s *Server
		var skipped *testing.T
		t.Run(name, func(t *testing.T) {
			s, skipped = Start(t), t
			end(s)
		})
		if !skipped.Skipped() || !s.Real || s.URI != os.Getenv(Variable) || s.process != nil {
			t.Errorf("%s: skipped %t, %+v", name, skipped.Skipped(), s)
		}
	}
}
