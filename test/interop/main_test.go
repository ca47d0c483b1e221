package interop

import (
	"os"
	"testing"

	"istio.io/istio/pkg/log"
)

// TestMain keeps istiod's own log out of the output, all but its errors.
func TestMain(m *testing.M) {
	options := log.DefaultOptions()
	options.SetDefaultOutputLevel(log.OverrideScopeName, log.ErrorLevel)
	if err := log.Configure(options); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
