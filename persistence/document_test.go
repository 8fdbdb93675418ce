package persistence_test

import (
	"testing"
	"unsafe"

	"heard/persistence"
)

// TestTextsOfADocumentAreOnePiece: as they were given, one behind the other in memory.
func TestTextsOfADocumentAreOnePiece(t *testing.T) {
	given := [6]string{"id", "", "टेबल", "waiter", "dine_in", "12\nroti"}
	got := persistence.Together(given)
	if got != given {
		t.Fatalf("%q, want %q", got, given)
	}
	end := unsafe.StringData(got[0])
	for i, text := range got {
		if text != "" && unsafe.StringData(text) != end {
			t.Errorf("text %d is in a place of its own", i)
		}
		end = (*byte)(unsafe.Add(unsafe.Pointer(end), len(text)))
	}
	if allocs := testing.AllocsPerRun(100, func() { persistence.Together(given) }); allocs != 1 {
		t.Errorf("%v allocations", allocs)
	}
}
