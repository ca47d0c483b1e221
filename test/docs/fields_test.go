package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// TestEveryFieldOfAProfileIsDocumented holds the tables of docs/profiles.md against the schema,
// both ways.
func TestEveryFieldOfAProfileIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "config", "crd", "kubeflow.org_profiles.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		t.Fatal(err)
	}
	for _, version := range crd.Spec.Versions {
		var want []string
		for _, part := range []string{"spec", "status"} {
			want = append(want, fieldsBelow(part, version.Schema.OpenAPIV3Schema.Properties[part])...)
		}
		slices.Sort(want)
		if len(want) < 20 {
			t.Fatalf("the schema of %s has only the fields %q", version.Name, want)
		}
		if diff := cmp.Diff(want, documentedFields(t)); diff != "" {
			t.Errorf("the fields of %s and the tables of docs/profiles.md differ (-schema +tables):\n%s", version.Name, diff)
		}
	}
}

// fieldsBelow lists the paths of all fields in a schema, those of lists behind [].
func fieldsBelow(path string, schema apiextensionsv1.JSONSchemaProps) []string {
	if schema.Items != nil {
		path, schema = path+"[]", *schema.Items.Schema
	}
	var all []string
	for name, field := range schema.Properties {
		all = append(all, path+"."+name)
		all = append(all, fieldsBelow(path+"."+name, field)...)
	}
	return all
}

var fieldRow = regexp.MustCompile("^\\| `((?:spec|status)\\.[^`]+)` \\| .{10,}")

func documentedFields(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, line := range readPage(t, "docs/profiles.md").prose() {
		if found := fieldRow.FindStringSubmatch(line); found != nil {
			all = append(all, found[1])
		}
	}
	slices.Sort(all)
	return all
}
