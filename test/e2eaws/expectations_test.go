//go:build e2eaws

package e2eaws

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustEqual ends the test unless got is want.
func mustEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Fatalf("%s is not as it should be (-want +got):\n%s", what, difference)
	}
}
