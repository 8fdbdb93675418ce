package vectors

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestOwnVectorsPass(t *testing.T) {
	for _, result := range checkFile(t, "testdata/vectors.json") {
		if result.Err != nil {
			t.Errorf("%s: %v", result.ID, result.Err)
		}
	}
}

// A checker that passes everything would pass the test above: each of these is wrong, and the report must say how.
func TestPlantedMistakesAreReported(t *testing.T) {
	var file struct{ Vectors []struct{ ID, Note string } }
	text, err := os.ReadFile("testdata/planted.json")
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, result := range checkFile(t, "testdata/planted.json") {
		planted := file.Vectors[i]
		switch {
		case result.ID != planted.ID:
			t.Errorf("result %d is %s, want %s", i, result.ID, planted.ID)
		case result.Err == nil:
			t.Errorf("%s passed, want %s", result.ID, planted.Note)
		case !strings.Contains(result.Err.Error(), planted.Note):
			t.Errorf("%s: %v, want %s", result.ID, result.Err, planted.Note)
		}
	}
}

func TestAMalformedFileIsAnError(t *testing.T) {
	for text, wrong := range map[string]string{
		``:                              "it is empty",
		`[]`:                            `array where an object with "vectors" should be`,
		`"x"`:                           `string where an object with "vectors" should be`,
		`{}`:                            `it has no "vectors"`,
		`{"vectors": null}`:             `it has no "vectors"`,
		`{"vectors": {}}`:               "vectors is object at byte 13",
		`{"vectors": [`:                 "it ends too early",
		`{"vectors": []} {}`:            "more follows its first object",
		`{"vectors": [{"id": 7}]}`:      "vectors.id is number at byte 21",
		`{"vectors": [{"expect": []}]}`: "vectors.expect is array at byte",
		`nonsense`:                      "no JSON at byte 2",
	} {
		results, err := Check(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), "not a file of billing vectors: "+wrong) {
			t.Errorf("%q: %v, %v; want %s", text, results, err, wrong)
		}
	}
	if results, err := Check(strings.NewReader(`{"vectors": []}`)); err != nil || len(results) != 0 {
		t.Errorf("an empty file: %v, %v", results, err)
	}
}

func checkFile(t *testing.T, path string) []Result {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	results, err := Check(file)
	if err != nil || len(results) == 0 {
		t.Fatalf("%d vectors, %v", len(results), err)
	}
	return results
}
