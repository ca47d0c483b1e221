package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// IdentityBinding records that a service account of the Profile's namespace was, or may
// have been, bound to an identity outside the cluster, with all that is needed to take
// that back. It is written before the first call to a cloud, so that nothing is ever
// left behind that nobody knows of.
//
// Only the controller writes it. An entry that somebody else wrote or changed is
// recognized by its seal and is not acted on, unless spec.plugins asks for the very same.
type IdentityBinding struct {
	// Plugin is the kind of the plugin that binds.
	Plugin string `json:"plugin"`
	// ServiceAccount is the account in the Profile's namespace that is bound.
	ServiceAccount string `json:"serviceAccount"`
	// Identity is what it is bound to, in the words of the plugin's cloud, for example
	// the ARN of a role.
	Identity string `json:"identity"`
	// Phase tells how far the binding has come.
	Phase IdentityPhase `json:"phase"`
	// Annotations are what the plugin set on the service account.
	//
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// LastVerifiedTime is when the controller last saw outside the cluster itself that the
	// binding holds. It is written anew every half hour at most, and missing while the
	// controller has not looked or may not, as with annotateOnly. Nothing depends on it.
	//
	// +optional
	LastVerifiedTime *metav1.Time `json:"lastVerifiedTime,omitempty"`
	// Settings are what else the plugin needs to take the binding back.
	//
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Settings *runtime.RawExtension `json:"settings,omitempty"`
	// Seal lets the controller recognize its own entries.
	//
	// +optional
	Seal string `json:"seal,omitempty"`
}

// IdentityPhase tells how far a binding has come.
type IdentityPhase string

// The phases of a binding.
const (
	// IdentityPending: recorded; it may or may not hold outside the cluster.
	IdentityPending IdentityPhase = "Pending"
	// IdentityBound: it holds outside the cluster, and the service account is annotated.
	IdentityBound IdentityPhase = "Bound"
)
