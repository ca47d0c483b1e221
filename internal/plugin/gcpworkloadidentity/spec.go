package gcpworkloadidentity

import (
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Spec is what an entry of spec.plugins of this kind can say. Keys are read without regard
// to case.
type Spec struct {
	// GcpServiceAccount is the e-mail address of the Google service account.
	GcpServiceAccount string `json:"gcpServiceAccount"`
	// AnnotateOnly leaves IAM alone: nothing is called there, not even to read. The policy of
	// the Google service account is somebody else's to write.
	AnnotateOnly bool `json:"annotateOnly"`
	// ServiceAccounts may use the Google service account. By default default-editor alone.
	ServiceAccounts []string `json:"serviceAccounts"`
	// IdentityNamespace is the project whose workload identity pool the cluster belongs to,
	// where that is not the controller's own: the fleet host project of a fleet.
	IdentityNamespace string `json:"identityNamespace"`
}

// readSpec decodes and checks a spec. Errors are InvalidSpec errors. The spec comes back
// with its defaults, and with the bare project as its identity namespace.
func readSpec(raw []byte) (Spec, account, error) {
	var s Spec
	if err := plugin.DecodeSpec(raw, &s); err != nil {
		return s, account{}, err
	}
	if s.GcpServiceAccount == "" {
		return s, account{}, plugin.InvalidSpec("gcpServiceAccount", "is required: the e-mail address of the Google service account that the Profile's pods shall use")
	}
	a, err := parseAccount("gcpServiceAccount", s.GcpServiceAccount)
	if err != nil {
		return s, a, err
	}
	if s.IdentityNamespace != "" {
		if s.IdentityNamespace, err = parsePool("identityNamespace", s.IdentityNamespace); err != nil {
			return s, a, err
		}
	}
	s.ServiceAccounts, err = plugin.ServiceAccounts(s.ServiceAccounts)
	return s, a, err
}
