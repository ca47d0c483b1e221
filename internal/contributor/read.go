package contributor

import (
	"errors"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// ErrUnrelated is the reason why Read passes over a RoleBinding that does not even claim to
// be a contributor's, as most in a cluster do not.
var ErrUnrelated = errors.New("it has no annotations user and role")

// Read returns the contributor that a RoleBinding stands for, whatever the RoleBinding's
// name, or the reason why it stands for none. Tenants write RoleBindings too, so nothing in
// it is believed: what the annotations claim must be just what it grants. The owner's
// RoleBinding reads as an admin.
func Read(binding *rbacv1.RoleBinding) (Contributor, error) {
	claimed, ok := claim(binding)
	if !ok {
		return Contributor{}, ErrUnrelated
	}
	if len(binding.Subjects) != 1 {
		return Contributor{}, fmt.Errorf("it has %d subjects; a contributor's has one", len(binding.Subjects))
	}
	subject := binding.Subjects[0]
	c := Contributor{Namespace: binding.Namespace, Kind: subject.Kind, Name: subject.Name, Role: claimed.role}
	if err := c.Check(); err != nil {
		return Contributor{}, err
	}
	clusterRole, _ := c.Role.ClusterRole()
	switch granted := binding.RoleRef; {
	case subject.APIGroup != "" && subject.APIGroup != rbacv1.GroupName:
		return Contributor{}, fmt.Errorf("its subject is of the API group %q", subject.APIGroup)
	case subject.Name != claimed.user:
		return Contributor{}, fmt.Errorf("its annotation claims %q, and its subject is %q", claimed.user, subject.Name)
	case granted.APIGroup != rbacv1.GroupName || granted.Kind != "ClusterRole" || granted.Name != clusterRole:
		return Contributor{}, fmt.Errorf("its annotation claims the role %q, and it grants %s %q", string(c.Role), granted.Kind, granted.Name)
	}
	return c, nil
}

// ReadPolicy returns the contributor for whom an AuthorizationPolicy was made, or false. A
// policy says too little to be recognised by its annotations alone, since anybody may write
// those on any policy, so its name must be one that c's policy can have. What the
// controller keeps is never a contributor's to remove, and so reads as none.
func ReadPolicy(policy *istiov1beta1.AuthorizationPolicy) (Contributor, bool) {
	claimed, ok := claim(policy)
	if !ok || keptByController(policy) {
		return Contributor{}, false
	}
	for _, kind := range []string{rbacv1.UserKind, rbacv1.GroupKind} {
		c := Contributor{Namespace: policy.Namespace, Kind: kind, Name: claimed.user, Role: claimed.role}
		if policy.Name == ObjectName(c) || policy.Name == LegacyName(c) {
			return c, c.Check() == nil
		}
	}
	return Contributor{}, false
}

type claims struct {
	user string
	role tenancy.Role
}

func claim(o metav1.Object) (claims, bool) {
	user, hasUser := o.GetAnnotations()[tenancy.UserAnnotation]
	role, hasRole := o.GetAnnotations()[tenancy.RoleAnnotation]
	return claims{user: user, role: tenancy.Role(role)}, hasUser && hasRole
}
