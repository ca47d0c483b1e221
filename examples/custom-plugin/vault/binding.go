package vault

import (
	"encoding/json"
	"fmt"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Annotations of the service account, for people and for whatever writes a pod's Vault
// configuration. The domain is that of whoever wrote the plugin.
const (
	annotationRole     = "vault.example.com/role"
	annotationAuthPath = "vault.example.com/auth-path"
)

// settings are what is recorded of a binding besides account and policy. The role is
// recorded as a whole, so that it is found again when the flags have changed. The fields
// stand in alphabetical order, so that equal settings are equal bytes however they are read
// back; what is empty is left out.
type settings struct {
	AuthPath string `json:"authPath"`
	Role     string `json:"role"`
	TokenTTL int64  `json:"tokenTTLSeconds,omitempty"`
}

// bindings are what a spec asks for.
func (o Options) bindings(profile string, s Spec) ([]plugin.Binding, error) {
	var all []plugin.Binding
	for _, account := range s.ServiceAccounts {
		recorded := settings{AuthPath: o.AuthPath, Role: o.RolePrefix + profile + "." + account}
		if s.TokenTTLSeconds != nil {
			recorded.TokenTTL = *s.TokenTTLSeconds
		}
		text, err := json.Marshal(recorded)
		if err != nil {
			return nil, err
		}
		all = append(all, plugin.Binding{ServiceAccount: account, Identity: s.Policy, Settings: string(text),
			Annotations: map[string]string{annotationRole: recorded.Role, annotationAuthPath: "auth/" + recorded.AuthPath}})
	}
	return all, nil
}

// target is a role in Vault and what it should say.
type target struct {
	settings
	role role
}

// targetOf reads a binding that was recorded.
func (o Options) targetOf(profile string, b plugin.Binding) (target, error) {
	var t target
	if err := json.Unmarshal([]byte(b.Settings), &t.settings); err != nil {
		return t, fmt.Errorf("settings of the binding of %s to %s: %w", b.ServiceAccount, b.Identity, err)
	}
	t.role = role{Names: []string{b.ServiceAccount}, Namespaces: []string{profile},
		Policies: []string{b.Identity}, Audience: o.Audience, TTL: t.TokenTTL}
	return t, nil
}

// path is where the role is, below /v1/.
func (t target) path() string { return "auth/" + t.AuthPath + "/role/" + t.Role }
