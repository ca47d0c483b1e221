package awspodidentity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// settings are what is recorded of a binding besides the account. The fields stand in
// alphabetical order, so that equal settings are equal bytes however they are read back.
type settings struct {
	// Cluster is recorded because what was associated has to be taken back in the same
	// cluster, whatever the controller is told to be its name by then.
	Cluster       string `json:"cluster"`
	RoleArn       string `json:"roleArn"`
	TargetRoleArn string `json:"targetRoleArn,omitempty"`
}

// identityOf names what accounts are bound to. The target role is part of the name, so
// that a change of it is a change of identity to the ledger, which leaves no gap; where
// only settings change, the old binding goes first.
func identityOf(s Spec) string {
	if s.TargetRoleArn == "" {
		return s.RoleArn
	}
	return s.TargetRoleArn + " through " + s.RoleArn
}

// bindings are what a spec asks for in a cluster.
func bindings(s Spec, cluster string) ([]plugin.Binding, error) {
	text, err := json.Marshal(settings{Cluster: cluster, RoleArn: s.RoleArn, TargetRoleArn: s.TargetRoleArn})
	if err != nil {
		return nil, err
	}
	var all []plugin.Binding
	for _, account := range s.ServiceAccounts {
		all = append(all, plugin.Binding{ServiceAccount: account, Identity: identityOf(s), Settings: string(text)})
	}
	return all, nil
}

// account is a service account of a cluster. EKS keeps one association for each.
type account struct{ cluster, namespace, name string }

// wish is an association as a binding wants it.
type wish struct {
	account
	profile          string
	role, targetRole string
}

// wishOf reads a binding that was recorded.
func wishOf(profile string, b plugin.Binding) (wish, error) {
	var recorded settings
	if err := json.Unmarshal([]byte(b.Settings), &recorded); err != nil {
		return wish{}, fmt.Errorf("settings of the binding to %s: %w", b.Identity, err)
	}
	if recorded.Cluster == "" || recorded.RoleArn == "" {
		return wish{}, fmt.Errorf("settings of the binding to %s name no cluster or no role", b.Identity)
	}
	return wish{account: account{recorded.Cluster, profile, b.ServiceAccount}, profile: profile,
		role: recorded.RoleArn, targetRole: recorded.TargetRoleArn}, nil
}

// mark is the value of TagBinding. It is a digest because roles may have characters that
// tags may not, and longer names.
func (w wish) mark() string {
	sum := sha256.Sum256([]byte(w.role + "\n" + w.targetRole))
	return hex.EncodeToString(sum[:8])
}
