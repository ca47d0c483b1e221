package doctor

import (
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// definition is what judgeCRD has nothing to say against.
func definition() *apiextensionsv1.CustomResourceDefinition {
	schema := func() *apiextensionsv1.CustomResourceValidation {
		with := func(field string) apiextensionsv1.JSONSchemaProps {
			return apiextensionsv1.JSONSchemaProps{Properties: map[string]apiextensionsv1.JSONSchemaProps{field: {}}}
		}
		return &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
			Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": with("contributors"), "status": with("identities")}}}
	}
	status := &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	crd.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{
		{Name: "v1", Served: true, Storage: true, Subresources: status, Schema: schema()},
		{Name: "v1beta1", Served: true, Subresources: status.DeepCopy(), Schema: schema()},
	}
	crd.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
	return crd
}

func TestJudgeCRD(t *testing.T) {
	for want, harm := range map[string]func(*apiextensionsv1.CustomResourceDefinition){
		"is served as v1 (stored) and v1beta1":         func(*apiextensionsv1.CustomResourceDefinition) {},
		"does not serve version v1,":                   func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[0].Served = false },
		"does not serve version v1beta1,":              func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions = crd.Spec.Versions[:1] },
		"version v1beta1 has no status subresource":    func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[1].Subresources.Status = nil },
		"version v1 has no status subresource":         func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[0].Subresources = nil },
		"version v1 is not the stored one":             func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[0].Storage = false },
		"profiles.kubeflow.org is not established":     func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Status.Conditions[0].Status = "False" },
		"is of another or an older controller: reason": func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[1].Schema = nil },
		"an older controller: reasons of conditions and": func(crd *apiextensionsv1.CustomResourceDefinition) {
			delete(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"].Properties, "identities")
		},
	} {
		crd := definition()
		harm(crd)
		findings := judgeCRD(crd)
		if len(findings) != 1 || !strings.Contains(findings[0].Message, want) {
			t.Errorf("the findings are %+v, want %q", findings, want)
		}
	}
}
