package apply

import (
	"fmt"
	"maps"

	"google.golang.org/protobuf/proto"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// impose writes into live what want says, leaves the rest of live alone, and returns
// the names of the parts that differed. Parts that are wholly ours, such as a
// binding's subjects, are replaced; labels and annotations are only added to.
func impose(live, want client.Object) ([]string, error) {
	changed := imposeMetadata(live, want)
	switch want := want.(type) {
	case *corev1.ServiceAccount, *corev1.Namespace:
	case *corev1.ResourceQuota:
		live := live.(*corev1.ResourceQuota)
		if !equality.Semantic.DeepEqual(live.Spec, want.Spec) {
			live.Spec = want.Spec
			changed = append(changed, "spec")
		}
	case *rbacv1.RoleBinding:
		live := live.(*rbacv1.RoleBinding)
		if !equality.Semantic.DeepEqual(live.Subjects, want.Subjects) {
			live.Subjects = want.Subjects
			changed = append(changed, "subjects")
		}
	case *istiov1beta1.AuthorizationPolicy:
		live := live.(*istiov1beta1.AuthorizationPolicy)
		if !proto.Equal(&live.Spec, &want.Spec) {
			want.Spec.DeepCopyInto(&live.Spec)
			changed = append(changed, "spec")
		}
	default:
		return nil, fmt.Errorf("apply does not know how to compare %T", want)
	}
	return changed, nil
}

func imposeMetadata(live, want client.Object) []string {
	var changed []string
	if _, isNamespace := want.(*corev1.Namespace); isNamespace {
		// The labels of a namespace were decided with its present ones at hand, and
		// some of those may have to go.
		if !maps.Equal(live.GetLabels(), want.GetLabels()) {
			live.SetLabels(want.GetLabels())
			changed = append(changed, "labels")
		}
	} else if labels, differs := withAll(live.GetLabels(), want.GetLabels()); differs {
		live.SetLabels(labels)
		changed = append(changed, "labels")
	}
	if annotations, differs := withAll(live.GetAnnotations(), want.GetAnnotations()); differs {
		live.SetAnnotations(annotations)
		changed = append(changed, "annotations")
	}
	if owners, differs := withOwners(live.GetOwnerReferences(), want.GetOwnerReferences()); differs {
		live.SetOwnerReferences(owners)
		changed = append(changed, "ownerReferences")
	}
	return changed
}
