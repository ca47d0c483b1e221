package tenancy

import (
	"errors"
	"strings"
	"unicode"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// CheckOwner reports why owner cannot be bound, or nil. The API server checks the
// same when a Profile is written; this repeats it because Profiles that were stored
// under an older schema never passed that check, and because a '*' that reached a
// mesh policy would admit everybody.
func CheckOwner(owner rbacv1.Subject) error {
	switch owner.Kind {
	case rbacv1.UserKind, rbacv1.GroupKind:
	case rbacv1.ServiceAccountKind:
		if len(validation.IsDNS1123Label(owner.Namespace)) > 0 {
			return errors.New("spec.owner.namespace must name the namespace of the service account")
		}
		if len(validation.IsDNS1123Subdomain(owner.Name)) > 0 {
			return errors.New("spec.owner.name must be the name of a service account")
		}
	default:
		return errors.New("spec.owner.kind must be User, Group or ServiceAccount")
	}
	switch {
	case owner.Name == "":
		return errors.New("spec.owner.name must not be empty")
	case strings.TrimSpace(owner.Name) != owner.Name:
		return errors.New("spec.owner.name must not begin or end with white space")
	case strings.Contains(owner.Name, "*"):
		return errors.New("spec.owner.name must not contain '*', which the mesh would read as a pattern")
	case strings.ContainsFunc(owner.Name, unicode.IsControl):
		return errors.New("spec.owner.name must not contain control characters")
	}
	return nil
}

// Subject returns owner as RBAC wants it in a RoleBinding: with the apiGroup that
// belongs to its kind, whatever the Profile says, and a namespace only for a
// service account.
func Subject(owner rbacv1.Subject) rbacv1.Subject {
	if owner.Kind == rbacv1.ServiceAccountKind {
		return rbacv1.Subject{Kind: owner.Kind, Name: owner.Name, Namespace: owner.Namespace}
	}
	return rbacv1.Subject{Kind: owner.Kind, APIGroup: rbacv1.GroupName, Name: owner.Name}
}

// Username returns the name under which the API server knows a subject, and so the name
// that a gateway puts into the user header when the subject itself is calling: that of a
// service account is system:serviceaccount:<namespace>:<name>. The bare name of a service
// account may as well be the name of a person.
func Username(subject rbacv1.Subject) string {
	if subject.Kind == rbacv1.ServiceAccountKind {
		return "system:serviceaccount:" + subject.Namespace + ":" + subject.Name
	}
	return subject.Name
}
