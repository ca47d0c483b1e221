package migration

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/doctor"
	"github.com/kfprofiles/kfprofiles/internal/cli/installation"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// aboutProfiles tells of each Profile that does not just stay as it is.
func aboutProfiles(r rooms, i installation.Installation) []doctor.Finding {
	var findings []doctor.Finding
	same := 0
	for n := range r.profiles {
		p := &r.profiles[n]
		if refusal := refusal(p, r.namespaces[p.Name], i.Reserved()); refusal != "" {
			findings = append(findings, doctor.Finding{Check: "Profile " + p.Name, Status: doctor.Problem, Message: refusal})
			continue
		}
		changes := slices.Concat(namespaceChange(p, r.namespaces[p.Name]), bindingChanges(p, r.bindings[p.Name]),
			policyChange(p, r, i.Manager.Settings()), quotaChange(p, r.quotas[p.Name]))
		specs := specComplaints(p)
		switch {
		case len(specs) > 0:
			findings = append(findings, doctor.Finding{Check: "Profile " + p.Name, Status: doctor.Problem, Message: strings.Join(append(specs, changes...), "; ") + "."})
		case len(changes) > 0:
			findings = append(findings, warning("Profile "+p.Name, "", "%s.", strings.Join(changes, "; ")))
		default:
			same++
		}
	}
	return append([]doctor.Finding{fine("Profiles", "%d of %d stay as they are.", same, len(r.profiles))}, findings...)
}

// refused are the Profiles that our controller will refuse, by name.
func refused(r rooms, i installation.Installation) []string {
	var names []string
	for n := range r.profiles {
		p := &r.profiles[n]
		if refusal(p, r.namespaces[p.Name], i.Reserved()) != "" || len(specComplaints(p)) > 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// refusal tells why our controller will not work on a Profile, or returns the empty string.
// Whatever the existing one made of it is left as it is.
func refusal(p *profilev1.Profile, namespace *corev1.Namespace, reserved tenancy.ReservedNames) string {
	switch {
	case reserved.Contains(p.Name):
		return fmt.Sprintf("will be refused (%s): the name is the system's. What was made of it stays; delete the Profile and create one with another name.", profilev1.ReasonReservedName)
	case len(validation.IsDNS1123Label(p.Name)) > 0:
		return fmt.Sprintf("will be refused (%s): no namespace can have this name. Create one with another name.", profilev1.ReasonInvalidName)
	}
	if err := tenancy.CheckOwner(p.Spec.Owner); err != nil {
		return fmt.Sprintf("will be refused (%s): %s. What was made of it stays as it is until then.", profilev1.ReasonInvalidOwner, err)
	}
	if namespace == nil || isHome(p, namespace) {
		return ""
	}
	controller := metav1.GetControllerOf(namespace)
	if controller != nil && controller.Kind == "Profile" && controller.Name == p.Name {
		return "" // An earlier Profile of this name, as after a restored backup.
	}
	if controller != nil || namespace.Annotations[tenancy.OwnerAnnotation] != p.Spec.Owner.Name {
		return fmt.Sprintf("will be refused (%s): the namespace is not this Profile's, and its annotation owner says %q. To hand it over: kubectl annotate --overwrite namespace %s owner=%q",
			profilev1.ReasonForeignNamespace, namespace.Annotations[tenancy.OwnerAnnotation], p.Name, p.Spec.Owner.Name)
	}
	return ""
}

func isHome(p *profilev1.Profile, namespace *corev1.Namespace) bool {
	return slices.ContainsFunc(namespace.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == p.UID })
}

func namespaceChange(p *profilev1.Profile, namespace *corev1.Namespace) []string {
	switch {
	case namespace == nil:
		return []string{"namespace " + p.Name + " is missing and is made"}
	case !isHome(p, namespace):
		return []string{"namespace " + p.Name + " is adopted: from then on it goes when the Profile goes"}
	default:
		return nil
	}
}

// bindingChanges compares what the role bindings say; labels and owner references are
// added without saying so.
func bindingChanges(p *profilev1.Profile, present []rbacv1.RoleBinding) []string {
	var changes []string
	for _, wanted := range desired.RoleBindings(p) {
		at := slices.IndexFunc(present, func(b rbacv1.RoleBinding) bool { return b.Name == wanted.Name })
		switch {
		case at < 0:
			changes = append(changes, "rolebinding/"+wanted.Name+" is missing and is made")
		case present[at].RoleRef != wanted.RoleRef:
			changes = append(changes, fmt.Sprintf("rolebinding/%s gave %s and gives %s instead", wanted.Name, present[at].RoleRef.Name, wanted.RoleRef.Name))
		case !apiequality.Semantic.DeepEqual(present[at].Subjects, wanted.Subjects):
			changes = append(changes, fmt.Sprintf("rolebinding/%s is repaired: it is for %s and no one else", wanted.Name, wanted.Subjects[0].Name))
		}
	}
	return changes
}

func policyChange(p *profilev1.Profile, r rooms, settings desired.Settings) []string {
	if !settings.Mesh {
		return nil
	}
	wanted := desired.OwnerPolicy(p, settings)
	for _, policy := range r.policies {
		if policy.Namespace != p.Name || policy.Name != wanted.Name {
			continue
		}
		if proto.Equal(&policy.Spec, &wanted.Spec) {
			return nil
		}
		return []string{"authorizationpolicy/" + wanted.Name + " is repaired"}
	}
	return []string{"authorizationpolicy/" + wanted.Name + " is missing and is made"}
}

func quotaChange(p *profilev1.Profile, present []corev1.ResourceQuota) []string {
	wanted := p.Spec.ResourceQuotaSpec
	at := slices.IndexFunc(present, func(q corev1.ResourceQuota) bool { return q.Name == tenancy.ResourceQuota })
	switch {
	case at < 0 && len(wanted.Hard) > 0:
		return []string{"resourcequota/" + tenancy.ResourceQuota + " is missing and is made"}
	case at >= 0 && len(wanted.Hard) > 0 && !apiequality.Semantic.DeepEqual(present[at].Spec, wanted):
		return []string{"resourcequota/" + tenancy.ResourceQuota + " is repaired"}
	default:
		return nil
	}
}
