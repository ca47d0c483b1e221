// Package layers checks the map of the house: which room may lean on which. The linter
// checks what each file imports; this checks what comes along with it.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kfprofiles/kfprofiles"

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
}

// packages lists every package of the module, with all it depends on.
func packages(t *testing.T) []goPackage {
	t.Helper()
	output, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages; this test would check nothing", len(all))
	}
	return all
}

// within tells whether path is the package or below it. A path that starts with a slash
// is one of our own rooms.
func within(path, room string) bool {
	if strings.HasPrefix(room, "/") {
		room = module + room
	}
	return path == room || strings.HasPrefix(path, room+"/")
}

func withinAny(path string, rooms []string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool { return within(path, room) })
}

// isForTests tells whether a package helps tests and does not ship, as net/http/httptest.
func isForTests(path string) bool { return strings.HasSuffix(path, "test") }

var (
	clusterClients = []string{"k8s.io/client-go", "sigs.k8s.io/controller-runtime"}
	cloudSDKs      = []string{"github.com/aws", "github.com/Azure", "cloud.google.com/go", "google.golang.org/api"}
	scaffolding    = []string{"/test", "/demo", "/playground", "testing"}
)

// TestRoomsLeanOnlyOnWhatTheyMay names, for each room, what it must not depend on, not
// even through others.
func TestRoomsLeanOnlyOnWhatTheyMay(t *testing.T) {
	rules := []struct {
		room      string
		forbidden []string
	}{
		{"/api", slices.Concat(clusterClients, cloudSDKs, scaffolding, []string{"/internal", "/cmd"})},
		{"/internal/tenancy", slices.Concat(clusterClients, cloudSDKs, []string{"/internal/desired", "/internal/apply", "/internal/profile"})},
		{"/internal/contributor", slices.Concat(cloudSDKs, []string{"/internal/desired", "/internal/apply", "/internal/profile", "/internal/access"})},
		{"/internal/desired", slices.Concat(clusterClients, cloudSDKs, []string{"/internal/apply", "/internal/profile"})},
		{"/internal/apply", slices.Concat(cloudSDKs, []string{"/internal/desired", "/internal/profile"})},
		{"/internal/namespacelabels", slices.Concat(clusterClients, cloudSDKs, []string{"/api", "/internal/profile"})},
		{"/internal/metricsguard", slices.Concat(cloudSDKs, []string{"/api", "/internal/profile"})},
		{"/plugin", slices.Concat(clusterClients, cloudSDKs, []string{"/internal/identity", "/internal/profile", "/internal/plugin"})},
		{"/internal/identity", slices.Concat(cloudSDKs, []string{"/internal/plugin", "/internal/profile"})},
		{"/internal/plugin/awsirsa/trustpolicy", slices.Concat(clusterClients, cloudSDKs, []string{"/api", "/internal/profile"})},
		{"/internal/profile", slices.Concat(cloudSDKs, []string{"/internal/access", "/internal/kfam", "/internal/cli"})},
		{"/internal", scaffolding},
		{"/plugin", scaffolding},
		{"/controller", slices.Concat(scaffolding, []string{"/internal/access", "/internal/kfam"})},
		{"/cmd", scaffolding},
	}
	all := packages(t)
	for _, rule := range rules {
		found := false
		for _, p := range all {
			if !within(p.ImportPath, rule.room) || isForTests(p.ImportPath) {
				continue
			}
			found = true
			for _, dependency := range p.Deps {
				if withinAny(dependency, rule.forbidden) {
					t.Errorf("%s depends on %s", p.ImportPath, dependency)
				}
			}
		}
		if !found {
			t.Errorf("there is no room %s any more; correct the rule", rule.room)
		}
	}
}

// TestDesiredIsPure keeps the clock, the environment and the outside world away from
// the package that decides.
func TestDesiredIsPure(t *testing.T) {
	impure := []string{"context", "time", "os", "log", "net", "math/rand", "crypto/rand", "syscall"}
	for _, p := range packages(t) {
		if !within(p.ImportPath, "/internal/desired") && !within(p.ImportPath, "/internal/tenancy") {
			continue
		}
		for _, imported := range p.Imports {
			if withinAny(imported, impure) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if !within(p.ImportPath, "/test") && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
