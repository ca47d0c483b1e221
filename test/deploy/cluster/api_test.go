package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// rooms counts the Profiles, each of which has its own name and owner.
var rooms int

func owner(name string) string { return name + "@example.com" }

// registered has the access API make a Profile for a user, and returns its name.
func registered(t *testing.T, api string, settings map[string]string) string {
	t.Helper()
	rooms++
	name := fmt.Sprintf("room-%d", rooms)
	call(t, api+"profiles", name, settings, fmt.Sprintf(`{"metadata":{"name":%q},"spec":{"owner":{"kind":"User","name":%q}}}`, name, owner(name)))
	return name
}

// shared has the access API give somebody else a role in the Profile.
func shared(t *testing.T, api, name string, settings map[string]string) {
	t.Helper()
	call(t, api+"bindings", name, settings,
		fmt.Sprintf(`{"user":{"kind":"User","name":"ben@example.com"},"referredNamespace":%q,"RoleRef":{"kind":"ClusterRole","name":"edit"}}`, name))
}

// call posts to the access API as the Profile's owner does through the gateway. The API may still
// be on its way to hearing of the Profile.
func call(t *testing.T, url, name string, settings map[string]string, body string) {
	t.Helper()
	answer := ""
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			return false, err
		}
		request.Header.Set(settings["USERID_HEADER"], settings["USERID_PREFIX"]+owner(name))
		response, err := insecure.Do(request)
		if err != nil {
			return false, err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		answer = response.Status + ": " + string(text)
		return response.StatusCode == http.StatusOK, err
	})
	if err != nil {
		t.Fatalf("%s: %v; it answers %s", url, err, answer)
	}
}
