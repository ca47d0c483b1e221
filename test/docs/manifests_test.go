package docs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestEveryManifest shows each YAML block to those who would read it: Profiles to the API server
// and the controller, kustomizations to kustomize.
func TestEveryManifest(t *testing.T) {
	n := 0
	for _, p := range pages(t) {
		for _, b := range p.in("yaml") {
			t.Run(fmt.Sprintf("%s:%d", p.path, b.line), func(t *testing.T) {
				for _, o := range manifests(t, b) {
					n++
					tryManifest(t, o)
				}
			})
		}
	}
	if n < 20 {
		t.Errorf("only %d manifests were looked at", n)
	}
}

// manifests reads the objects of a block. One that is only the spec of a Profile is given the rest.
func manifests(t *testing.T, b block) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(b.text()), 4096); ; {
		content := map[string]any{}
		err := decoder.Decode(&content)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{Object: content}
		if _, isSpec := content["spec"]; isSpec && len(content) == 1 {
			complete(t, o)
		}
		all = append(all, o)
	}
}

func complete(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	o.SetAPIVersion(profilev1.GroupVersion.String())
	o.SetKind("Profile")
	o.SetName("fragment")
	if _, has, _ := unstructured.NestedMap(o.Object, "spec", "owner"); !has {
		if err := unstructured.SetNestedStringMap(o.Object, map[string]string{"kind": "User", "name": "ann@example.com"}, "spec", "owner"); err != nil {
			t.Fatal(err)
		}
	}
}

func tryManifest(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	switch {
	case o.GetKind() == "Profile":
		tryProfile(t, o)
	case o.GetKind() == "Kustomization":
		tryKustomization(t, o)
	case o.GetKind() == "":
		// Part of somebody else's file, such as the list of users in the configuration of Dex.
	case o.GetNamespace() != "":
		// The namespace is that of a Profile. For the API server to judge the object, it has to be
		// one that is there.
		o.SetNamespace("default")
		fallthrough
	default:
		if err := tryObject(t.Context(), open(t).pg.Client, o); err != nil {
			t.Error(err)
		}
	}
}

// tryProfile makes the Profile under a name of its own, after the API server has judged it as it
// is, and has the controller read its plugins.
func tryProfile(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	cluster := open(t).pg.Client
	if err := tryObject(t.Context(), cluster, o.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	o.SetName("")
	o.SetGenerateName("documented-")
	o.SetAnnotations(nil)
	if err := cluster.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	identity := identityOf(t, cluster, o.GetName())
	unknownHere := identity.Reason == profilev1.ReasonUnknownPlugin && strings.Contains(identity.Message, "VaultKubernetesRole")
	if slices.Contains([]string{profilev1.ReasonInvalidPluginSpec, profilev1.ReasonUnknownPlugin, profilev1.ReasonPluginConflict}, identity.Reason) && !unknownHere {
		t.Errorf("the controller says %s: %s", identity.Reason, identity.Message)
	}
}

// kindsOfOthers are those that clusters have besides, and the control plane of the tests has not.
var kindsOfOthers = []string{"notebook", "notebooks", "virtualservice", "requestauthentication", "workflow", "servicemonitor"}

// tryObject has the API server judge an object and store nothing. Kinds of others are passed over.
func tryObject(ctx context.Context, cluster client.Client, o *unstructured.Unstructured) error {
	if slices.Contains(kindsOfOthers, strings.ToLower(o.GetKind())) {
		return nil
	}
	err := cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("docs"), client.ForceOwnership, client.DryRunAll)
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("the control plane has no kind %s; list it in kindsOfOthers of test/docs/manifests_test.go if another project has it", o.GetKind())
	}
	return err
}

func identityOf(t *testing.T, cluster client.Client, name string) profilev1.ProfileCondition {
	t.Helper()
	p := &profilev1.Profile{}
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err := cluster.Get(ctx, client.ObjectKey{Name: name}, p)
		return conditionOf(p, profilev1.ConditionIdentityReady).Reason != "", err
	})
	if err != nil {
		t.Fatalf("the controller does not report on the Profile: %v", err)
	}
	return conditionOf(p, profilev1.ConditionIdentityReady)
}

// beside is how a kustomization somewhere in the repository names a folder of config.
var beside = regexp.MustCompile(`"(\.\./)+config/`)

// tryKustomization builds a kustomization of a document.
func tryKustomization(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	cache := filepath.Join(root(t), ".cache")
	folder, err := os.MkdirTemp(cache, "documented-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	text, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	deeper := beside.ReplaceAll(text, []byte(`"../../config/`))
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), deeper, 0o600); err != nil {
		t.Fatal(err)
	}
	objects, err := playground.Render(filepath.Join(".cache", filepath.Base(folder)))
	if err != nil || len(objects) == 0 {
		t.Errorf("it makes %d objects: %v", len(objects), err)
	}
}

// TestEveryJSONBlock parses policies and what else is JSON.
func TestEveryJSONBlock(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.in("json") {
			if !json.Valid([]byte(b.text())) {
				t.Errorf("%s:%d is not JSON", p.path, b.line)
			}
		}
	}
}
