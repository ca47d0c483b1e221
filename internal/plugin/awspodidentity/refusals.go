package awspodidentity

import (
	"fmt"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// AnnotationRole is the annotation by which IRSA gives an account a role.
const AnnotationRole = "eks.amazonaws.com/role-arn"

// Excludes lists the annotations that must not stand on a service account that the plugin
// binds. Another plugin's entry that sets one for the same account contradicts this one's.
func (*Plugin) Excludes() []string { return []string{AnnotationRole} }

// competing refuses an account that IRSA gives a role. Which of the two roles pods get is
// decided where nobody looks: the SDKs take the credentials of IRSA first, EKS's webhook
// hands out those of Pod Identity first, and only to new pods. So there must be one.
func competing(w wish, annotations map[string]string) error {
	role := annotations[AnnotationRole]
	if role == "" {
		return nil
	}
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonCompetingAnnotation, Message: fmt.Sprintf(
		"%s has the annotation %s: %s, by which its pods may silently go on with that role instead of the one of EKS Pod Identity. Remove the annotation, and whatever sets it; or remove this entry of spec.plugins.",
		capital(w.String()), AnnotationRole, role)}
}

// foreign tells that somebody else associated the account.
func foreign(w wish, found association) error {
	why := "was not made by this controller for this Profile"
	if found.owner != "" {
		why = "belongs to the EKS add-on " + found.owner
	}
	handOver := fmt.Sprintf(" or, to hand it over, tag it: aws eks tag-resource --resource-arn %s --tags %s=%s,%s=%s", found.arn, TagProfile, w.profile, TagManagedBy, ManagedBy)
	if found.owner != "" {
		handOver = " or name other serviceAccounts."
	}
	return &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonForeignBinding, Message: fmt.Sprintf(
		"%s has the Pod Identity association %s with the role %s already, which %s and is left alone. Delete it: aws eks delete-pod-identity-association --cluster-name %s --association-id %s;%s",
		capital(w.String()), found.id, found.role, why, w.cluster, found.id, handOver)}
}

// capital begins a sentence.
func capital(text string) string { return "T" + text[1:] }
