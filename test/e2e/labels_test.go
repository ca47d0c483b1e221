package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

const labelsFileName = "namespace-labels.yaml"

// configMapFolder is a folder as the kubelet mounts a ConfigMap: the file is a link into
// ..data, which is itself a link to a folder that a change replaces as a whole.
type configMapFolder struct {
	t       *testing.T
	path    string
	version int
}

func newConfigMapFolder(t *testing.T, content string) *configMapFolder {
	t.Helper()
	c := &configMapFolder{t: t, path: t.TempDir()}
	c.swap(content)
	c.must(os.Symlink(filepath.Join("..data", labelsFileName), c.file()))
	return c
}

func (c *configMapFolder) file() string { return filepath.Join(c.path, labelsFileName) }

// swap puts other content in place the way the kubelet does.
func (c *configMapFolder) swap(content string) {
	c.t.Helper()
	c.version++
	data, old := filepath.Join(c.path, "..data"), fmt.Sprintf("..version_%d", c.version-1)
	fresh := fmt.Sprintf("..version_%d", c.version)
	c.must(os.Mkdir(filepath.Join(c.path, fresh), 0o755))
	c.must(os.WriteFile(filepath.Join(c.path, fresh, labelsFileName), []byte(content), 0o644))
	c.must(os.Symlink(fresh, data+"_tmp"))
	c.must(os.Rename(data+"_tmp", data))
	c.must(os.RemoveAll(filepath.Join(c.path, old)))
}

func (c *configMapFolder) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// awaitLabels waits until the namespace has just these labels besides Kubernetes' own.
func (f *fixture) awaitLabels(namespace string, want map[string]string) {
	f.t.Helper()
	want["kubernetes.io/metadata.name"] = namespace
	f.eventually("namespace "+namespace+" has the labels", func() error {
		if got := live(f, namespaceNamed(namespace)).Labels; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("it has %v, want %v", got, want)
		}
		return nil
	})
}

// awaitUsable waits until the metric says whether the labels file can be used.
func (f *fixture) awaitUsable(want float64) {
	f.t.Helper()
	f.eventually("the metric tells about the labels file", func() error {
		samples, err := scrape(f.controller)
		if err != nil {
			return err
		}
		if got := sum(samples, "kfprofiles_namespace_labels_file_usable"); got != want {
			return fmt.Errorf("it is %v, want %v", got, want)
		}
		return nil
	})
}

func (f *fixture) awaitLogged(words string) {
	f.t.Helper()
	f.eventually("the log says "+words, func() error {
		if !strings.Contains(string(logAfter(f.controller, f.logSeen)), words) {
			return errors.New("it does not")
		}
		return nil
	})
}

func TestNamespaceLabelsFollowTheirFileWithoutARestart(t *testing.T) {
	f := newFixture(t)
	folder := newConfigMapFolder(t, "example.com/tier: gold\n")
	f.startWith(playground.ControllerOptions{LabelsFile: folder.file()})
	silver := MakeNamespace("label-silver", "label-silver@example.com")
	silver.Labels = map[string]string{"example.com/tier": "silver"}
	f.create(silver, MakeProfile("label-silver").Obj(), MakeProfile("label-gold").Obj())
	f.awaitReady("label-silver", "label-gold")
	f.awaitUsable(1)
	f.awaitLabels("label-gold", map[string]string{"istio-injection": "enabled", "example.com/tier": "gold"})
	f.awaitLabels("label-silver", map[string]string{"istio-injection": "enabled", "example.com/tier": "silver"})

	// A new value is for namespaces without one; a new key is for all.
	folder.swap("example.com/tier: platinum\nexample.com/kept: \"yes\"\n")
	f.awaitLabels("label-gold", map[string]string{"istio-injection": "enabled", "example.com/tier": "gold", "example.com/kept": "yes"})
	f.awaitLabels("label-silver", map[string]string{"istio-injection": "enabled", "example.com/tier": "silver", "example.com/kept": "yes"})

	// An empty value removes, also what somebody set, and also the sidecar label.
	folder.swap("example.com/tier: \"\"\nistio-injection: \"\"\nexample.com/kept: \"yes\"\n")
	f.awaitLabels("label-gold", map[string]string{"example.com/kept": "yes"})
	f.awaitLabels("label-silver", map[string]string{"example.com/kept": "yes"})
	change(f, namespaceNamed("label-gold"), func(n *corev1.Namespace) { n.Labels["istio-injection"] = "enabled" })
	f.awaitLabels("label-gold", map[string]string{"example.com/kept": "yes"})
	f.stop()
}

func TestABrokenLabelsFileKeepsTheLastGoodLabels(t *testing.T) {
	f := newFixture(t)
	folder := newConfigMapFolder(t, "example.com/good: \"1\"\n")
	f.startWith(playground.ControllerOptions{LabelsFile: folder.file()})
	for what, broken := range map[string]struct{ content, mistake string }{
		"no-map":       {"- a\n- b\n", "not a YAML map from label keys"},
		"no-yaml":      {"{{", "not a YAML map from label keys"},
		"no-label":     {"example.com/good: \"1\"\nnot a label: x\n", "is not a label key"},
		"no-string":    {"example.com/good: {nested: x}\n", "not a YAML map from label keys"},
		"nothing-left": {"", "no such file"},
	} {
		t.Run(what, func(t *testing.T) {
			f := f.within(t)
			f.logSeen = len(wholeLog(f.controller))
			name := "label-" + what
			if broken.content == "" {
				folder.must(os.Remove(filepath.Join(folder.path, "..data")))
			} else {
				folder.swap(broken.content)
			}
			f.awaitUsable(0)
			f.create(MakeProfile(name).Obj())
			f.awaitReady(name)
			f.awaitLabels(name, map[string]string{"istio-injection": "enabled", "example.com/good": "1"})
			f.awaitLogged("the namespace labels file cannot be used; the last good labels stay in force")
			f.awaitLogged(broken.mistake)
			f.awaitEvent("Pod", playground.ControllerPod, "NamespaceLabelsBroken")
			folder.swap("example.com/good: \"1\"\nexample.com/repaired-" + what + ": \"1\"\n")
			f.awaitUsable(1)
			f.eventually("the repaired file is in force", func() error {
				if live(f, namespaceNamed(name)).Labels["example.com/repaired-"+what] != "1" {
					return errors.New("the namespace has no such label")
				}
				return nil
			})
			// What later turns find in force is the same for all.
			folder.swap("example.com/good: \"1\"\n")
			f.settle()
		})
	}
	f.stop()
}

func TestAMissingLabelsFileIsNoReasonToExit(t *testing.T) {
	f := newFixture(t)
	path := filepath.Join(t.TempDir(), "not", "there", labelsFileName)
	f.startWith(playground.ControllerOptions{LabelsFile: path})
	f.create(MakeProfile("label-none").Obj())
	f.awaitReady("label-none")
	f.awaitUsable(0)
	f.awaitLabels("label-none", map[string]string{"istio-injection": "enabled"})

	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("example.com/late: \"1\"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	f.awaitLabels("label-none", map[string]string{"istio-injection": "enabled", "example.com/late": "1"})
	f.awaitUsable(1)
	f.mustBe("label-none", "Ready", metav1.ConditionTrue, "Ready")
	f.stop()
}
