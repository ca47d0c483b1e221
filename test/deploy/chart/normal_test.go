package chart

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// hashed is a name to which kustomize has added a hash of the contents. The chart has a checksum
// in the pod instead; both roll the pods when a setting changes.
var hashed = regexp.MustCompile(`"profiles-config-[0-9a-z]{10}"`)

// normal returns the objects by kind and name, without what only one of the two ways can have:
// kustomize's hash and its Namespace, which helm install --create-namespace makes; Helm's
// labels and annotations; the comments of a file; the order of environments.
func normal(t *testing.T, objects manifests.Objects) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			continue
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(hashed.ReplaceAll(text, []byte(`"profiles-config"`)), &object); err != nil {
			t.Fatal(err)
		}
		cleanMetadata(object)
		switch o.GetKind() {
		case "Deployment":
			cleanPod(object)
		case "ConfigMap":
			readLabels(t, object)
		}
		key := fmt.Sprintf("%v %v/%v", object["kind"], at(object, "metadata")["namespace"], at(object, "metadata")["name"])
		if _, twice := all[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		all[key] = object
	}
	return all
}

func cleanMetadata(object map[string]any) {
	metadata := at(object, "metadata")
	delete(at(metadata, "labels"), "helm.sh/chart")
	annotations := at(metadata, "annotations")
	delete(annotations, "helm.sh/resource-policy")
	if len(annotations) == 0 {
		delete(metadata, "annotations")
	}
}

func cleanPod(deployment map[string]any) {
	template := at(at(deployment, "spec"), "template")
	delete(at(at(template, "metadata"), "annotations"), "checksum/config")
	for _, c := range at(template, "spec")["containers"].([]any) {
		environment := c.(map[string]any)["env"].([]any)
		slices.SortFunc(environment, func(a, b any) int {
			return cmp.Compare(a.(map[string]any)["name"].(string), b.(map[string]any)["name"].(string))
		})
	}
}

// readLabels puts the labels of the file in the place of its text.
func readLabels(t *testing.T, configMap map[string]any) {
	t.Helper()
	data := at(configMap, "data")
	text, there := data["namespace-labels.yaml"]
	if !there {
		return
	}
	var labels map[string]any
	if err := yaml.UnmarshalStrict([]byte(text.(string)), &labels); err != nil {
		t.Fatal(err)
	}
	data["namespace-labels.yaml"] = labels
}

// at returns the object at a key, or nil, from which a key can be deleted as well.
func at(object map[string]any, key string) map[string]any {
	inner, _ := object[key].(map[string]any)
	return inner
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
