// Package namespacelabels reads the file of default labels for profile namespaces
// and follows its changes. The file is usually mounted from a ConfigMap, where a
// change arrives as the swap of a symbolic link.
package namespacelabels

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"
)

// Parse reads a YAML map from label keys to label values. An empty value means that
// the key is to be removed. What Kubernetes would refuse as a label, and what it would
// put back at once, is an error here, so that a typing error is found when the file is
// read and not in every Profile.
func Parse(data []byte) (map[string]string, error) {
	labels := map[string]string{}
	if err := yaml.UnmarshalStrict(data, &labels); err != nil {
		return nil, fmt.Errorf("not a YAML map from label keys to label values: %w", err)
	}
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		problems = append(problems, check(key, labels[key]))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return labels, nil
}

func check(key, value string) error {
	if key == corev1.LabelMetadataName {
		return fmt.Errorf("%s: Kubernetes sets this label itself", key)
	}
	if complaints := validation.IsQualifiedName(key); len(complaints) > 0 {
		return fmt.Errorf("%q is not a label key: %s", key, strings.Join(complaints, "; "))
	}
	if complaints := validation.IsValidLabelValue(value); len(complaints) > 0 {
		return fmt.Errorf("%s: %q is not a label value: %s", key, value, strings.Join(complaints, "; "))
	}
	return nil
}
