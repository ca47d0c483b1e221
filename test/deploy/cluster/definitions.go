package cluster

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	// The operator's definitions are files of the module that this package is in.
	_ "github.com/prometheus-operator/prometheus-operator/pkg/versionutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// definitionFiles are the files, by module, with the kinds of others that the manifests have
// objects of.
var definitionFiles = map[string][]string{
	"istio.io/api": {"kubernetes/customresourcedefinitions.gen.yaml"},
	"github.com/prometheus-operator/prometheus-operator": {
		"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
		"example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
		"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
	},
}

// wanted are the definitions of those files that are installed.
var wanted = map[string]bool{
	"authorizationpolicies.security.istio.io": true,
	"virtualservices.networking.istio.io":     true,
	"servicemonitors.monitoring.coreos.com":   true,
	"podmonitors.monitoring.coreos.com":       true,
	"prometheusrules.monitoring.coreos.com":   true,
}

// definitions returns the wanted definitions as their makers publish them.
func definitions(ctx context.Context) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	for module, files := range definitionFiles {
		folder, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			return nil, fmt.Errorf("find module %s: %w; run go mod download", module, err)
		}
		for _, file := range files {
			objects, err := playground.Read(filepath.Join(strings.TrimSpace(string(folder)), file))
			if err != nil {
				return nil, err
			}
			for _, o := range objects {
				if wanted[o.GetName()] {
					found = append(found, o)
				}
			}
		}
	}
	if len(found) != len(wanted) {
		return nil, fmt.Errorf("found %d of %d definitions: a module has moved its files", len(found), len(wanted))
	}
	return found, nil
}
