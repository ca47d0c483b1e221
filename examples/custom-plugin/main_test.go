package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

const (
	module = "github.com/kfprofiles/kfprofiles"
	root   = "../.."
)

// TestThePageShowsWhatIsHere keeps the documentation from growing old.
func TestThePageShowsWhatIsHere(t *testing.T) {
	page := read(t, filepath.Join(root, "docs", "plugins", "your-own.md"))
	for _, file := range []string{"main.go", "controller-policy.hcl", "deploy/kustomization.yaml"} {
		if !strings.Contains(page, "\n"+read(t, file)+"```\n") {
			t.Errorf("docs/plugins/your-own.md does not show %s as it is; copy it there", file)
		}
	}
}

// TestOnlyWhatIsPublicIsUsed has the example do without what others cannot import.
func TestOnlyWhatIsPublicIsUsed(t *testing.T) {
	public := []string{module + "/api/v1", module + "/controller", module + "/plugin"}
	own := module + "/examples/custom-plugin/"
	for _, file := range programFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, module) && !strings.HasPrefix(path, own) && !slices.Contains(public, path) {
				t.Errorf("%s imports %s, which is not public", file, path)
			}
		}
	}
}

// TestItCompilesOutsideThisRepository has the compiler look at the example in a module of
// somebody else, as its own code.
func TestItCompilesOutsideThisRepository(t *testing.T) {
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	const theirs = "example.com/platform"
	folder := t.TempDir()
	for _, file := range programFiles(t) {
		write(t, filepath.Join(folder, file), strings.ReplaceAll(read(t, file), module+"/examples/custom-plugin", theirs))
	}
	_, requirements, _ := strings.Cut(read(t, filepath.Join(root, "go.mod")), "\ngo ")
	write(t, filepath.Join(folder, "go.mod"), "module "+theirs+"\n\ngo "+requirements+
		"\nrequire "+module+" v1.0.0\nreplace "+module+" => "+checkout+"\n")
	write(t, filepath.Join(folder, "go.sum"), read(t, filepath.Join(root, "go.sum")))
	compile := exec.Command("go", "vet", "-mod=mod", ".", "./vault")
	compile.Dir, compile.Env = folder, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if output, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestTheDeploymentRunsThisController has the installation keep all that it has, with another
// program and one more argument.
func TestTheDeploymentRunsThisController(t *testing.T) {
	before, after := containers(t, playground.Overlay), containers(t, "examples/custom-plugin/deploy")
	want := before["manager"]
	want.Image, want.Args = "registry.example.com/custom-plugin:v1", append(want.Args, "-vault-address=https://vault.example.com:8200")
	before["manager"] = want
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the containers (-want +got):\n%s", diff)
	}
}

// containers are those of the Deployment of an installation, by name.
func containers(t *testing.T, folder string) map[string]corev1.Container {
	t.Helper()
	objects, err := playground.Render(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]corev1.Container{}
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		var d appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &d); err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			found[c.Name] = c
		}
	}
	return found
}

// programFiles are the Go files of the example that are no tests.
func programFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "vaulttest") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatalf("found %v, %v", files, err)
	}
	return files
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
