package doctor

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// guardName is the name of the policy that refuses deletions, and of its binding.
const guardName = "profiles-prevent-deletion"

func examineGuard(ctx context.Context, e *examination) ([]Finding, error) {
	for _, o := range []client.Object{&admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}} {
		err := e.cluster.Get(ctx, client.ObjectKey{Name: guardName}, o)
		if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
			return []Finding{judgeNoGuard(e.profiles)}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", guardName, err)
		}
	}
	return []Finding{fine("Deletion guard", "Profiles with the annotation %s cannot be deleted.", profilev1.PreventDeletionAnnotation)}, nil
}

// judgeNoGuard is a problem where somebody relies on it.
func judgeNoGuard(profiles []profilev1.Profile) Finding {
	const name, advice = "Deletion guard", "Apply config/admission, which needs Kubernetes 1.30 or later."
	var relying []string
	for _, p := range profiles {
		if p.Annotations[profilev1.PreventDeletionAnnotation] == "true" {
			relying = append(relying, p.Name)
		}
	}
	if len(relying) > 0 {
		return problem(name, advice, "the policy %s is missing, so the annotation %s does not protect %s.", guardName, profilev1.PreventDeletionAnnotation, enumerate(relying))
	}
	return warning(name, advice, "the policy %s is missing, so the annotation %s protects nothing.", guardName, profilev1.PreventDeletionAnnotation)
}
