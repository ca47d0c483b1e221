package gcpworkloadidentity

import (
	"encoding/json"
	"fmt"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// annotation is read by GKE's metadata server on Kubernetes service accounts.
const annotation = "iam.gke.io/gcp-service-account"

// settings are what is recorded of a binding besides the two accounts. The fields stand in
// alphabetical order, so that equal settings are equal bytes however they are read back.
type settings struct {
	AnnotateOnly bool `json:"annotateOnly,omitempty"`
	// IdentityNamespace is the project of the workload identity pool when the binding was
	// planned. It is recorded because the member must be taken back under the name by which it
	// was granted, whatever project the controller's credentials belong to by then.
	IdentityNamespace string `json:"identityNamespace,omitempty"`
}

// bindings are what a spec asks for. poolProject is not used for annotateOnly.
func bindings(s Spec, poolProject string) ([]plugin.Binding, error) {
	recorded := settings{IdentityNamespace: poolProject}
	if s.AnnotateOnly {
		recorded = settings{AnnotateOnly: true}
	}
	text, err := json.Marshal(recorded)
	if err != nil {
		return nil, err
	}
	var all []plugin.Binding
	for _, name := range s.ServiceAccounts {
		all = append(all, plugin.Binding{ServiceAccount: name, Identity: s.GcpServiceAccount,
			Annotations: map[string]string{annotation: s.GcpServiceAccount}, Settings: string(text)})
	}
	return all, nil
}

// grant is what a recorded binding means in IAM.
type grant struct {
	account account
	// poolProject is the project of the workload identity pool, and member who of it may use
	// the account.
	poolProject, member string
}

// grantOf reads a binding that was recorded. external is false when the binding has no part
// in IAM.
func grantOf(profile string, b plugin.Binding) (g grant, external bool, err error) {
	if g.account, err = parseAccount("identity", b.Identity); err != nil {
		return g, false, err
	}
	var recorded settings
	if err = json.Unmarshal([]byte(b.Settings), &recorded); err != nil {
		return g, false, fmt.Errorf("settings of the binding to %s: %w", b.Identity, err)
	}
	if recorded.AnnotateOnly {
		return g, false, nil
	}
	if g.poolProject, err = parsePool("identityNamespace", recorded.IdentityNamespace); err != nil {
		return g, false, err
	}
	g.member = member(g.poolProject, profile, b.ServiceAccount)
	return g, true, nil
}
