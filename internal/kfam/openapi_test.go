package kfam

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/kfam/kfamtest"
)

// TestTheDocumentHasTheCallsThatThereAre fails for a call that is missing on either side.
func TestTheDocumentHasTheCallsThatThereAre(t *testing.T) {
	contract, err := kfamtest.NewContract(OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, r := range New(Options{}).routes() {
		calls = append(calls, r.pattern)
	}
	slices.Sort(calls)
	if diff := cmp.Diff(calls, contract.Calls()); diff != "" {
		t.Errorf("the document differs from the routes (-routes +document):\n%s", diff)
	}
}
