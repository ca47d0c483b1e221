package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ProfileCondition tells whether one aspect of a Profile is as it should be. Its
// JSON form is that of metav1.Condition. Only type and status are required by the
// schema, because conditions that the Kubeflow Profile controller wrote have no
// reason and no time, and must stay valid.
type ProfileCondition struct {
	// Type is the aspect, for example Ready or QuotaReady.
	Type ConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status metav1.ConditionStatus `json:"status"`
	// Reason is one word in CamelCase for programs. The constants of this package
	// whose names start with Reason list them all.
	//
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message is one or more sentences for people: what is wrong and what to do. It
	// never holds times or counters, so that it changes only when the matter does.
	//
	// +optional
	Message string `json:"message,omitempty"`
	// LastTransitionTime is when Status last changed.
	//
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitzero"`
	// ObservedGeneration is the metadata.generation that this condition speaks of.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// ConditionType names one aspect of a Profile.
type ConditionType string

// The aspects that the controller reports on, one for each of its steps.
const (
	// ConditionReady is True when every other condition is. Wait for it with
	// kubectl wait --for=condition=Ready profile/NAME.
	ConditionReady ConditionType = "Ready"
	// ConditionNamespaceReady is True when the namespace exists, belongs to the
	// Profile, and carries the owner annotation and the labels.
	ConditionNamespaceReady ConditionType = "NamespaceReady"
	// ConditionAccessReady is True when the service accounts, the role bindings and,
	// where a mesh is used, the AuthorizationPolicy are in place.
	ConditionAccessReady ConditionType = "AccessReady"
	// ConditionQuotaReady is True when the ResourceQuota is as the Profile says, or
	// absent when the Profile sets no limits.
	ConditionQuotaReady ConditionType = "QuotaReady"
	// ConditionIdentityReady is True when every plugin has bound its identity.
	ConditionIdentityReady ConditionType = "IdentityReady"
)

// Reasons of conditions that are True.
const (
	// ReasonReady: everything that the Profile asks for is in place.
	ReasonReady = "Ready"
	// ReasonApplied: this step's objects are as they should be.
	ReasonApplied = "Applied"
	// ReasonNoQuota: the Profile sets no limits, so there is no ResourceQuota.
	ReasonNoQuota = "NoQuota"
	// ReasonNoPlugins: the Profile names no plugins, so there is nothing to bind.
	ReasonNoPlugins = "NoPlugins"
)

// Reasons of conditions that are False because the Profile cannot be carried out as
// it is written. Nothing is retried until somebody changes something.
const (
	// ReasonReservedName: the name belongs to the system or was reserved with the
	// flag -reserved-namespaces. Create a Profile with another name.
	ReasonReservedName = "ReservedName"
	// ReasonInvalidName: the name cannot be the name of a namespace. Create a Profile
	// with another name.
	ReasonInvalidName = "InvalidName"
	// ReasonInvalidOwner: spec.owner cannot be bound safely. Correct spec.owner.
	ReasonInvalidOwner = "InvalidOwner"
	// ReasonInvalidContributor: an entry of spec.contributors cannot be bound safely. The
	// others are in place. Correct the entry that the message names.
	ReasonInvalidContributor = "InvalidContributor"
	// ReasonForeignNamespace: a namespace of that name exists and is not this
	// Profile's. It is left alone. Delete or rename one of the two, or, to hand the
	// namespace over to the Profile, set its annotation owner to the Profile's owner.
	ReasonForeignNamespace = "ForeignNamespace"
	// ReasonUnknownPlugin: a plugin kind that this controller does not have. Correct
	// spec.plugins, or run a controller that was built with that plugin.
	ReasonUnknownPlugin = "UnknownPlugin"
	// ReasonInvalidPluginSpec: an entry of spec.plugins cannot be read or has a bad value.
	// Nothing of it was applied and nothing that was applied before was taken back.
	// Correct the field that the message names.
	ReasonInvalidPluginSpec = "InvalidPluginSpec"
	// ReasonPluginConflict: two entries of spec.plugins ask for different things on the
	// same service account. Remove one of them.
	ReasonPluginConflict = "PluginConflict"
	// ReasonUntrustedRecord: status.identities has an entry that this controller did not
	// write and that spec.plugins does not ask for. It is left alone. Check the identity
	// that it names by hand, then remove the entry.
	ReasonUntrustedRecord = "UntrustedRecord"
	// ReasonIdentityNotFound: the cloud has no such role or account. Correct spec.plugins
	// or create it.
	ReasonIdentityNotFound = "IdentityNotFound"
	// ReasonPermissionMissing: the controller's own cloud identity lacks a permission; the
	// message names it. Grant it to the controller.
	ReasonPermissionMissing = "PermissionMissing"
	// ReasonCredentialsMissing: the controller has no usable cloud credentials. Give its
	// ServiceAccount a cloud identity, or set annotateOnly where the plugin has that.
	ReasonCredentialsMissing = "CredentialsMissing"
	// ReasonRoleInAnotherAccount: the AWS role is not in the account that the controller
	// works in, so its trust policy cannot be edited. Set annotateOnly and edit the trust
	// policy by hand.
	ReasonRoleInAnotherAccount = "RoleInAnotherAccount"
	// ReasonRoleNotTagged: the controller runs with -aws-require-role-tag and the role does
	// not have the tag kubeflow.org/profile with the Profile's name or '*'.
	ReasonRoleNotTagged = "RoleNotTagged"
	// ReasonTrustPolicyLimitExceeded: the trust policy of the AWS role has no room for a
	// further subject. Have the quota raised, spread Profiles over more roles, or use EKS
	// Pod Identity.
	ReasonTrustPolicyLimitExceeded = "TrustPolicyLimitExceeded"
	// ReasonTrustPolicyInvalid: the trust policy of the AWS role cannot be edited without
	// guessing. Correct it.
	ReasonTrustPolicyInvalid = "TrustPolicyInvalid"
	// ReasonIdentityMismatch: the Azure identity that identityResourceId names does not have
	// the clientId or tenantId of the same entry. Correct spec.plugins.
	ReasonIdentityMismatch = "IdentityMismatch"
	// ReasonIdentityNotTagged: the controller runs with -azure-require-identity-tag and the
	// Azure identity does not have the tag kubeflow-profile with the Profile's name or '*'.
	ReasonIdentityNotTagged = "IdentityNotTagged"
	// ReasonForeignBinding: something in the cloud that this controller did not make stands
	// where its own would be, or binds the service account already; it is left alone. The
	// message names it: remove it, or set annotateOnly where the plugin has that.
	ReasonForeignBinding = "ForeignBinding"
	// ReasonFederatedCredentialLimitExceeded: the Azure identity has as many federated
	// identity credentials as Azure allows. Delete some, or spread Profiles over more
	// identities.
	ReasonFederatedCredentialLimitExceeded = "FederatedCredentialLimitExceeded"
	// ReasonClusterNotFound: the cloud does not know the cluster that this controller works
	// in, or nobody told the controller its name. The message says which setting is wrong.
	ReasonClusterNotFound = "ClusterNotFound"
	// ReasonAssociationLimitExceeded: the EKS cluster has as many Pod Identity associations
	// as AWS allows. Have the quota raised, or delete some.
	ReasonAssociationLimitExceeded = "AssociationLimitExceeded"
	// ReasonCompetingAnnotation: the service account carries an annotation that gives its
	// pods another identity of the same cloud. Remove the annotation or the plugin's entry.
	ReasonCompetingAnnotation = "CompetingAnnotation"
	// ReasonAllowPolicyLimitExceeded: the allow policy of the Google service account has as
	// many principals as Google allows. Take some out, or spread Profiles over more Google
	// service accounts.
	ReasonAllowPolicyLimitExceeded = "AllowPolicyLimitExceeded"
	// ReasonAllowPolicyInvalid: the allow policy of the Google service account cannot be
	// edited without guessing. Upgrade the controller, or set annotateOnly.
	ReasonAllowPolicyInvalid = "AllowPolicyInvalid"
	// ReasonIdentityRejected: the cloud refused the change for another reason, which the
	// message tells.
	ReasonIdentityRejected = "IdentityRejected"
	// ReasonRejected: the API server refused an object as invalid or forbidden; the
	// message says which and why. Correct the Profile, or whatever the message names.
	ReasonRejected = "Rejected"
)

// Reasons of conditions that are False because something else has to happen first.
// The controller watches for it and goes on by itself.
const (
	// ReasonMeshNotInstalled: Istio's AuthorizationPolicy kind is not served by the
	// cluster. Install Istio, or start the controller with -mesh=none.
	ReasonMeshNotInstalled = "MeshNotInstalled"
	// ReasonNamespaceTerminating: the namespace was deleted while its Profile lives.
	// It comes back as soon as the old one is gone.
	ReasonNamespaceTerminating = "NamespaceTerminating"
	// ReasonPredecessorTerminating: a namespace of that name from before this Profile
	// is still being removed. The Profile's own follows as soon as it is gone.
	ReasonPredecessorTerminating = "PredecessorTerminating"
	// ReasonBinding: the identities are being bound or taken back; the message says what
	// is being waited for.
	ReasonBinding = "Binding"
	// ReasonNamespaceNotReady: this step works inside the namespace and waits for it.
	ReasonNamespaceNotReady = "NamespaceNotReady"
)

// ReasonRetrying is the reason of a condition that is False because of a passing
// fault, such as an API server that is away. The controller tries again by itself,
// with growing pauses.
const ReasonRetrying = "Retrying"
