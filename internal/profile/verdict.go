package profile

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// verdict is what may be done about a Profile's namespace.
type verdict struct {
	action namespaceAction
	// failure tells the user why nothing may be done; nil for the other actions.
	failure *failure
}

type namespaceAction int

const (
	leaveAlone namespaceAction = iota
	create
	keep
	adopt
)

// rule looks at one aspect. It returns a verdict and true, or false when it has
// nothing to say.
type rule func(*situation, tenancy.ReservedNames) (verdict, bool)

// rules are asked in this order and the first that speaks decides. What concerns the
// Profile alone comes first, so that a reserved name is refused whatever the namespace
// of that name looks like. The last one always speaks.
var rules = []rule{
	reservedName,
	invalidName,
	invalidOwner,
	noNamespace,
	namespaceTerminating,
	ownNamespace,
	namespaceOfAnotherController,
	adoptableNamespace,
	foreignNamespace,
}

// judge decides what may be done about the namespace.
func judge(s *situation, reserved tenancy.ReservedNames) verdict {
	for _, rule := range rules {
		if v, decided := rule(s, reserved); decided {
			return v
		}
	}
	return verdict{}
}

func refuse(reason, message string) (verdict, bool) {
	return verdict{failure: &failure{kind: refused, reason: reason, message: message}}, true
}

func reservedName(s *situation, reserved tenancy.ReservedNames) (verdict, bool) {
	if !reserved.Contains(s.profile.Name) {
		return verdict{}, false
	}
	return refuse(profilev1.ReasonReservedName, fmt.Sprintf(
		"The name %q is reserved and never becomes a Profile's namespace. Delete this Profile and create one with another name.", s.profile.Name))
}

func invalidName(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	complaints := validation.IsDNS1123Label(s.profile.Name)
	if len(complaints) == 0 {
		return verdict{}, false
	}
	return refuse(profilev1.ReasonInvalidName, fmt.Sprintf(
		"The name %q cannot be the name of a namespace: %s. Create a Profile with another name.", s.profile.Name, strings.Join(complaints, "; ")))
}

func invalidOwner(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	err := tenancy.CheckOwner(s.profile.Spec.Owner)
	if err == nil {
		return verdict{}, false
	}
	return refuse(profilev1.ReasonInvalidOwner, fmt.Sprintf(
		"%s. Correct spec.owner; until then nothing is changed.", err))
}

func noNamespace(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	return verdict{action: create}, s.namespace == nil
}

func namespaceTerminating(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	if s.namespace.DeletionTimestamp == nil {
		return verdict{}, false
	}
	if ownedBy(s.namespace, s.profile) {
		return verdict{failure: &failure{kind: waiting, reason: profilev1.ReasonNamespaceTerminating,
			message: "The namespace was deleted while its Profile lives. It is created again as soon as the old one is gone; to be rid of both, delete the Profile."}}, true
	}
	return verdict{failure: &failure{kind: waiting, reason: profilev1.ReasonPredecessorTerminating,
		message: "A namespace of this name from before this Profile is still being removed. The Profile's own is created as soon as it is gone."}}, true
}

func ownNamespace(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	return verdict{action: keep}, ownedBy(s.namespace, s.profile)
}

func namespaceOfAnotherController(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	other := metav1.GetControllerOf(s.namespace)
	if other == nil || formerSelf(*other, s.profile) {
		return verdict{}, false
	}
	return refuse(profilev1.ReasonForeignNamespace, fmt.Sprintf(
		"The namespace %q is managed by %s %q and is left alone. Create a Profile with another name.", s.profile.Name, other.Kind, other.Name))
}

func adoptableNamespace(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	return verdict{action: adopt}, s.namespace.Annotations[tenancy.OwnerAnnotation] == s.profile.Spec.Owner.Name
}

func foreignNamespace(s *situation, _ tenancy.ReservedNames) (verdict, bool) {
	has := "has no annotation owner"
	if owner, there := s.namespace.Annotations[tenancy.OwnerAnnotation]; there {
		has = fmt.Sprintf("names the owner %q in its annotation owner", owner)
	}
	return refuse(profilev1.ReasonForeignNamespace, fmt.Sprintf(
		"The namespace %q existed before this Profile, %s, and is left alone. Create a Profile with another name; or, to hand the namespace over to this one: kubectl annotate --overwrite namespace %s owner=%q",
		s.profile.Name, has, s.profile.Name, s.profile.Spec.Owner.Name))
}

// ownedBy tells whether the namespace refers to this very Profile, by UID: a Profile
// that was deleted and created again under the same name is another one.
func ownedBy(namespace *corev1.Namespace, p *profilev1.Profile) bool {
	return slices.ContainsFunc(namespace.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == p.UID })
}

// formerSelf tells whether a reference is to an earlier Profile of the same name,
// which is what restoring a backup leaves behind.
func formerSelf(o metav1.OwnerReference, p *profilev1.Profile) bool {
	return o.Kind == "Profile" && o.Name == p.Name && o.UID != p.UID && ptr.Deref(o.Controller, false) &&
		strings.HasPrefix(o.APIVersion, profilev1.GroupVersion.Group+"/")
}
