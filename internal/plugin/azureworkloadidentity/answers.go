package azureworkloadidentity

import (
	"fmt"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// TagName is the tag of an identity that names the Profile that may have it, or '*' for
// all. Azure allows no slash in names of tags.
const TagName = "kubeflow-profile"

func refusal(reason, format string, details ...any) *plugin.Error {
	return &plugin.Error{Kind: plugin.Refused, Reason: reason, Message: fmt.Sprintf(format, details...)}
}

func waitingFor(id ResourceID) *plugin.Error {
	return &plugin.Error{Kind: plugin.Waiting, Reason: profilev1.ReasonBinding,
		Message: fmt.Sprintf("Waiting for the federated identity credentials of %s to be changed.", id)}
}

// anotherIdentity tells that what the resource ID names is not what the annotations would
// offer to pods.
func anotherIdentity(id ResourceID, want, field, found string) *plugin.Error {
	return refusal(profilev1.ReasonIdentityMismatch,
		"%s is %s in spec.plugins, and the identity %s has %s. Nothing was changed. Correct %s or identityResourceId.", field, want, id, found, field)
}

func untagged(id ResourceID, profile string) *plugin.Error {
	return refusal(profilev1.ReasonIdentityNotTagged,
		"The identity %s does not have the tag %s=%s (or =*), which this controller requires (-azure-require-identity-tag). Whoever owns the identity can add it: az tag update --operation Merge --resource-id %s --tags %s=%s",
		id, TagName, profile, id, TagName, profile)
}

// altered tells that a credential has our name and is not what we would have made.
func altered(id ResourceID, r request) *plugin.Error {
	return refusal(profilev1.ReasonForeignBinding,
		"The identity %s has a federated identity credential %s that is not what this controller makes; it was left alone. Delete it, and it is made anew: az identity federated-credential delete --subscription %s --resource-group %s --identity-name %s --name %s",
		id, r.name, id.Subscription, id.Group, id.Name, r.name)
}

// takenBy tells that somebody else has admitted the account. Azure has room for one
// credential for each issuer and subject. To count theirs as ours would mean to delete it
// with the Profile, or to leave the account admitted.
func takenBy(id ResourceID, r request, name string) *plugin.Error {
	return refusal(profilev1.ReasonForeignBinding,
		"The identity %s admits %s already by the federated identity credential %s, which this controller did not make; it was left alone. Set annotateOnly: true to use it as it is, or delete it to have this controller make its own.",
		id, r.subject, name)
}

// full tells that there is no room for a credential, and the ways out.
func full(id ResourceID, r request, found reading, limit int) *plugin.Error {
	return refusal(profilev1.ReasonFederatedCredentialLimitExceeded,
		"The identity %s has no room for %s: it has %d federated identity credentials, of which this controller made %d for this cluster, and Azure allows %d. Ways out: delete those that nothing needs (az identity federated-credential list), bind fewer service accounts, or spread the Profiles over more identities.",
		id, r.subject, len(found.credentials), found.ours(r.issuer), limit)
}
