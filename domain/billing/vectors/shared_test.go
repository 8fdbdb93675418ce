package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSharedVectors(t *testing.T) {
	folder := sharedFolder()
	path := filepath.Join(folder, "billing", "vectors.json")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("SKIPPED, the shared vectors are not on this machine (set HEARD_SHARED): %v", err)
	}
	defer file.Close()
	results, err := Check(file)
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, result := range results {
		if result.Err != nil {
			t.Errorf("%s: %v", result.ID, result.Err)
			continue
		}
		passed++
	}
	t.Logf("%d of %d vectors of %s pass", passed, len(results), path)
	if len(results) == 0 {
		t.Error("the file is empty")
	}
}

// sharedFolder is $HEARD_SHARED, or the folder shared beside the repository that this package is in.
func sharedFolder() string {
	if folder := os.Getenv("HEARD_SHARED"); folder != "" {
		return folder
	}
	folder, err := os.Getwd()
	for err == nil && folder != filepath.Dir(folder) {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return filepath.Join(filepath.Dir(folder), "shared")
		}
		folder = filepath.Dir(folder)
	}
	return "shared"
}
