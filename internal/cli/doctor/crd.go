package doctor

import (
	"context"
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// applyCRD is how the definition of this product gets into a cluster.
const applyCRD = "Apply it: make install, or kubectl profile migrate --apply on a cluster with the existing Kubeflow controller."

func examineCRD(ctx context.Context, e *examination) ([]Finding, error) {
	crd, err := ReadCRD(ctx, e.cluster, "profiles.kubeflow.org")
	if err != nil {
		return nil, err
	}
	return judgeCRD(crd), nil
}

// ReadCRD reads the definition of a kind, or returns nil when there is none.
func ReadCRD(ctx context.Context, cluster client.Reader, name string) (*apiextensionsv1.CustomResourceDefinition, error) {
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
	err := cluster.Get(ctx, client.ObjectKey{Name: name}, found)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the definition %s: %w", name, err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, crd); err != nil {
		return nil, fmt.Errorf("read the definition %s: %w", name, err)
	}
	return crd, nil
}

func judgeCRD(crd *apiextensionsv1.CustomResourceDefinition) []Finding {
	const name = "CRD"
	if crd == nil {
		return []Finding{problem(name, applyCRD, "the cluster does not know Profiles: there is no definition profiles.kubeflow.org.")}
	}
	for _, wanted := range []string{"v1", "v1beta1"} {
		i := slices.IndexFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Name == wanted && v.Served })
		switch {
		case i < 0:
			return []Finding{problem(name, applyCRD, "profiles.kubeflow.org does not serve version %s, which other programs use.", wanted)}
		case crd.Spec.Versions[i].Subresources == nil || crd.Spec.Versions[i].Subresources.Status == nil:
			return []Finding{problem(name, applyCRD, "version %s has no status subresource, so that no condition can be stored.", wanted)}
		case wanted == "v1" && !crd.Spec.Versions[i].Storage:
			return []Finding{problem(name, applyCRD, "version v1 is not the stored one.")}
		}
	}
	if !established(crd) {
		return []Finding{problem(name, "See: kubectl describe crd profiles.kubeflow.org", "profiles.kubeflow.org is not established.")}
	}
	if !IsOurs(crd) {
		return []Finding{problem(name, applyCRD, "profiles.kubeflow.org is of another or an older controller: reasons of conditions and contributors would be thrown away.")}
	}
	return []Finding{fine(name, "profiles.kubeflow.org is served as v1 (stored) and v1beta1, with status.")}
}

func established(crd *apiextensionsv1.CustomResourceDefinition) bool {
	return slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
}

// IsOurs tells whether a definition has the fields that this product added to the kind.
func IsOurs(crd *apiextensionsv1.CustomResourceDefinition) bool {
	return len(crd.Spec.Versions) > 0 && !slices.ContainsFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
		if v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
			return true
		}
		_, contributors := v.Schema.OpenAPIV3Schema.Properties["spec"].Properties["contributors"]
		_, identities := v.Schema.OpenAPIV3Schema.Properties["status"].Properties["identities"]
		return v.Served && (!contributors || !identities)
	})
}
