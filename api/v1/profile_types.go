package v1

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ProfileFinalizer holds a Profile back from disappearing until everything that
// was set up outside the cluster for it has been taken back. A Profile without
// identities outside the cluster has none: it goes at once, even while no controller
// runs. It has the name
// that the Kubeflow Profile controller uses, so that an admin can switch between
// the two in both directions.
const ProfileFinalizer = "profile-finalizer"

// PreventDeletionAnnotation set to "true" on a Profile makes the API server
// refuse to delete it. It is enforced by a ValidatingAdmissionPolicy that is
// deployed with the controller, not by the controller itself.
const PreventDeletionAnnotation = "kubeflow.org/prevent-deletion"

// Profile is one team's room on a shared cluster: a namespace of the same name
// with its access rules, service accounts, quota and cloud identity.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:storageversion
// +kubebuilder:resource:path=profiles,scope=Cluster
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.owner.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",optionalOldSelf=true,message="metadata.name becomes the name of a namespace: at most 63 characters, lower-case letters, digits and '-', and a letter or digit at both ends"
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || !(self.metadata.name.startsWith('kube-') || self.metadata.name in ['default', 'kubeflow', 'istio-system'])",optionalOldSelf=true,message="metadata.name is reserved for the system (kube-*, default, kubeflow, istio-system): choose another name"
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || has(self.spec)",optionalOldSelf=true,message="spec is required: it names at least spec.owner, the User, Group or ServiceAccount that administers the namespace"
type Profile struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the admin wants the room to be.
	Spec ProfileSpec `json:"spec,omitempty"`
	// Status is what the controller found and did. Only the controller writes it.
	Status ProfileStatus `json:"status,omitempty"`
}

// ProfileSpec is what the admin wants the room to be.
//
// +kubebuilder:validation:XValidation:rule="has(self.owner)",message="spec.owner is required: the User, Group or ServiceAccount that administers the namespace"
type ProfileSpec struct {
	// The rules on owner ask for each field whether it is there, although the schema
	// requires it: a rule that cannot be evaluated refuses even a Profile that was stored
	// without the field and is not being changed, and so would block its deletion.

	// Owner administers the namespace: a User, a Group or a ServiceAccount. It is
	// bound to the ClusterRole kubeflow-admin in the namespace and admitted by the
	// mesh policy. Changing it hands the room over: the former owner loses access.
	//
	// +kubebuilder:validation:XValidation:rule="!has(self.kind) || self.kind in ['User', 'Group', 'ServiceAccount']",message="spec.owner.kind must be User, Group or ServiceAccount"
	// +kubebuilder:validation:XValidation:rule="!has(self.name) || size(self.name) > 0",message="spec.owner.name must not be empty: it is the user name, group name or service account that administers the namespace"
	// +kubebuilder:validation:XValidation:rule="!has(self.name) || size(self.name) <= 1024",message="spec.owner.name must be at most 1024 characters"
	// +kubebuilder:validation:XValidation:rule="!has(self.name) || !self.name.matches('[*[:cntrl:]]|(^[[:space:]])|([[:space:]]$)')",message="spec.owner.name must not contain '*' (the mesh would read it as a pattern), control characters, or white space at either end"
	// +kubebuilder:validation:XValidation:rule="!has(self.kind) || self.kind != 'ServiceAccount' || (has(self.__namespace__) && size(self.__namespace__) > 0)",message="spec.owner.namespace is required when spec.owner.kind is ServiceAccount"
	// +kubebuilder:validation:XValidation:rule="!has(self.apiGroup) || self.apiGroup == '' || (self.apiGroup == 'rbac.authorization.k8s.io' && has(self.kind) && self.kind != 'ServiceAccount')",message="spec.owner.apiGroup must be empty, or rbac.authorization.k8s.io for a User or a Group"
	Owner rbacv1.Subject `json:"owner,omitempty"`

	// Contributors are users and groups that may work in the namespace besides the owner.
	// Each has a RoleBinding and a mesh policy, as if the owner had shared the namespace in
	// the dashboard. Removing an entry takes them away; whom the owner added there stays.
	//
	// +optional
	// +kubebuilder:validation:MaxItems=512
	Contributors []Contributor `json:"contributors,omitempty"`

	// Plugins bind service accounts of the namespace to identities outside the
	// cluster, one entry an identity. What spec means belongs to the plugin that
	// kind names. Removing an entry takes back what it granted.
	//
	// +optional
	Plugins []Plugin `json:"plugins,omitempty"`

	// ResourceQuotaSpec is kept as the ResourceQuota kf-resource-quota in the
	// namespace while its hard limits are not empty, and removed when they become
	// empty.
	//
	// +optional
	ResourceQuotaSpec corev1.ResourceQuotaSpec `json:"resourceQuotaSpec,omitempty"`
}

// Contributor is a user or group with a role in the namespace.
//
// +kubebuilder:validation:XValidation:rule="self.kind in ['User', 'Group']",message="the kind of a contributor must be User or Group"
// +kubebuilder:validation:XValidation:rule="size(self.name) > 0",message="the name of a contributor must not be empty: it is the user name or group name"
// +kubebuilder:validation:XValidation:rule="!self.name.matches('[*[:cntrl:]]|(^[[:space:]])|([[:space:]]$)')",message="the name of a contributor must not contain '*' (the mesh would read it as a pattern), control characters, or white space at either end"
// +kubebuilder:validation:XValidation:rule="self.role in ['admin', 'edit', 'view']",message="the role of a contributor must be admin, edit or view"
type Contributor struct {
	// Kind is User or Group.
	//
	// +kubebuilder:validation:MaxLength=16
	Kind string `json:"kind"`
	// Name is the user's or group's name.
	//
	// +kubebuilder:validation:MaxLength=1024
	Name string `json:"name"`
	// Role is admin, edit or view, which stand for the ClusterRoles kubeflow-admin,
	// kubeflow-edit and kubeflow-view.
	//
	// +kubebuilder:validation:MaxLength=16
	Role string `json:"role"`
}

// Plugin names an identity plugin and carries its settings.
type Plugin struct {
	// APIVersion is accepted for compatibility and not read.
	//
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`
	// Kind names the plugin, for example AwsIamForServiceAccount or
	// WorkloadIdentity. A kind that this controller does not have is reported in the
	// condition IdentityReady; everything else still works.
	//
	// +kubebuilder:validation:MinLength=1
	Kind string `json:"kind"`
	// Spec is read by the plugin alone. A field that it does not know or cannot use
	// is reported in the condition IdentityReady, never skipped in silence.
	//
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Spec *runtime.RawExtension `json:"spec,omitempty"`
}

// ProfileStatus is what the controller found and did.
type ProfileStatus struct {
	// ObservedGeneration is the metadata.generation that this status speaks of. A
	// smaller number than the present one means that the controller has not yet
	// dealt with the latest change.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions tell what is in place, one a step, and Ready over all of them. See
	// the ConditionType constants.
	//
	// +optional
	Conditions []ProfileCondition `json:"conditions,omitempty"`
	// Identities are the bindings to identities outside the cluster that exist or may
	// exist. What is listed here and no longer asked for in spec.plugins is taken back.
	//
	// +optional
	Identities []IdentityBinding `json:"identities,omitempty"`
}

// ProfileList is a list of Profiles.
//
// +kubebuilder:object:root=true
type ProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Profile `json:"items"`
}
