package chart

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	chartcommon "helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// folder is the chart's.
const folder = "../../../charts/kfprofiles"

// valuesFiles are those to install the chart with, in the place of each overlay.
var valuesFiles = map[string][]string{
	"standalone":   nil,
	"kubeflow":     {"values-kubeflow.yaml"},
	"kubeflow-pss": {"values-kubeflow.yaml", "values-kubeflow-pss.yaml"},
}

// render returns the objects that helm install would make, or why it refuses the values.
func render(namespace string, values map[string]any) (manifests.Objects, error) {
	files, err := renderFiles(namespace, values)
	if err != nil {
		return nil, err
	}
	var objects manifests.Objects
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".yaml" {
			continue
		}
		more, err := decode(files[name])
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	return objects, nil
}

// renderFiles returns what becomes of each template, by its name.
func renderFiles(namespace string, values map[string]any) (map[string]string, error) {
	loaded, err := loader.LoadDir(folder)
	if err != nil {
		return nil, err
	}
	all, err := util.ToRenderValues(loaded, values, chartcommon.ReleaseOptions{Name: "kfprofiles", Namespace: namespace, Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(loaded, all)
}

func decode(text string) (manifests.Objects, error) {
	var objects manifests.Objects
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(o)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(o.Object) > 0 {
			objects = append(objects, o)
		}
	}
}

// read returns the values of files of the chart, the later ones over the earlier ones.
func read(t *testing.T, files ...string) map[string]any {
	t.Helper()
	values := map[string]any{}
	for _, file := range files {
		values = loader.MergeMaps(values, readFile(t, filepath.Join(folder, file)))
	}
	return values
}

func readFile(t *testing.T, file string) map[string]any {
	t.Helper()
	values, err := loader.LoadValues(bytes.NewReader(contents(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	return values
}
