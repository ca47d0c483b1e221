package trustpolicy

import (
	"flag"
	"testing"
)

// TestMain has the properties tried on more policies than rapid does by itself, in a few
// seconds. The flag -rapid.checks still overrides it.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "800"); err != nil {
		panic(err)
	}
	m.Run()
}
