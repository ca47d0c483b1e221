package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Profile is one team's room on a shared cluster: a namespace of the same name
// with its access rules, service accounts, quota and cloud identity.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
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
	Spec profilev1.ProfileSpec `json:"spec,omitempty"`
	// Status is what the controller found and did. Only the controller writes it.
	Status profilev1.ProfileStatus `json:"status,omitempty"`
}

// ProfileList is a list of Profiles.
//
// +kubebuilder:object:root=true
type ProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Profile `json:"items"`
}
