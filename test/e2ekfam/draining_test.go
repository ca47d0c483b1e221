package e2ekfam

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestAReplicaThatIsAskedToStopGoesOnAnswering, and says that nobody should be sent there, until
// nobody is. The delay is longer than the test.
func TestAReplicaThatIsAskedToStopGoesOnAnswering(t *testing.T) {
	owner := room(t, "draining")
	k, err := pg.StartKFAM(t.Context(), playground.KFAMOptions{Flags: unmeshedFlags("-shutdown-delay=1h")})
	if err != nil {
		t.Fatal(err)
	}
	// Asked a second time, it ends at once, and calls that a failure.
	t.Cleanup(func() { _ = k.Stop() })
	sent := func(r request) answer {
		got, _ := send(t, from("127.0.0.1"), k.URL, r)
		return got
	}
	asOwner := []string{"kubeflow-userid", owner}
	soon(t, "it knows the Profile", func() bool {
		return sent(request{method: http.MethodGet, path: bindingsPath + "?namespace=draining", headers: asOwner}).body == listOf(bindingOf(owner, "draining", "admin"))
	})
	if err := syscall.Kill(k.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	soon(t, "nobody should be sent there", func() bool {
		return sent(request{method: http.MethodGet, path: "/readyz"}).status == http.StatusServiceUnavailable
	})
	// This one also needs what it reads from the API server to go on.
	shares := request{method: http.MethodPost, path: bindingsPath, body: bindingOf("x@example.com", "draining", "view"), headers: asOwner}
	if got := sent(shares); got.status != http.StatusOK {
		t.Errorf("sharing is answered with %+v", got)
	}
	soon(t, "it knows whom that lets in", func() bool {
		return sent(request{method: http.MethodGet, path: bindingsPath + "?user=x@example.com", headers: asOwner}).body == listOf(bindingOf("x@example.com", "draining", "view"))
	})
}
