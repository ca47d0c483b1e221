package vault

import (
	"regexp"
	"slices"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Spec is what an entry of spec.plugins of this kind can say.
type Spec struct {
	// Policy is the name of the ACL policy in Vault that tokens of the accounts get, beside
	// Vault's own default.
	Policy string `json:"policy"`
	// ServiceAccounts may log in. By default default-editor alone.
	ServiceAccounts []string `json:"serviceAccounts"`
	// TokenTTLSeconds is how long a token from a login is valid at first. By default the
	// auth method decides.
	TokenTTLSeconds *int64 `json:"tokenTTLSeconds"`
}

const (
	// shortestTTL leaves a pod time to use its token.
	shortestTTL = 60
	// longestTTL is Vault's max_lease_ttl unless it is configured otherwise: 32 days.
	longestTTL = 32 * 24 * 60 * 60
)

// policyName has lower-case letters only, since Vault takes Research for research, and two
// names for one policy would make two bindings of it. It begins and ends so that it can
// be the last part of a path; Vault takes no path that ends in a period.
var policyName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]{0,126}[a-z0-9_-])?$`)

// reserved are policies of Vault's own. Tokens that logged in cannot have root; the others
// mean something only on tokens that Vault makes for itself.
var reserved = []string{"root", "response-wrapping", "control-group"}

// readSpec decodes and checks a spec. Errors are InvalidSpec errors.
func readSpec(raw []byte) (Spec, error) {
	var s Spec
	if err := plugin.DecodeSpec(raw, &s); err != nil {
		return s, err
	}
	switch {
	case s.Policy == "":
		return s, plugin.InvalidSpec("policy", "is required: the name of a policy in Vault")
	case !policyName.MatchString(s.Policy):
		return s, plugin.InvalidSpec("policy", "%q cannot be used here; take a policy of at most 128 lower-case letters, digits, '-', '_' and '.', with a letter or digit first and no '.' last", s.Policy)
	case slices.Contains(reserved, s.Policy):
		return s, plugin.InvalidSpec("policy", "%q is Vault's own and cannot be given to anybody; name another policy", s.Policy)
	case s.Policy == "default":
		return s, plugin.InvalidSpec("policy", "every token has the policy default as it is; name the one that the pods need besides")
	}
	if ttl := s.TokenTTLSeconds; ttl != nil && (*ttl < shortestTTL || *ttl > longestTTL) {
		return s, plugin.InvalidSpec("tokenTTLSeconds", "%d is out of bounds; it must be from %d to %d", *ttl, shortestTTL, longestTTL)
	}
	var err error
	s.ServiceAccounts, err = plugin.ServiceAccounts(s.ServiceAccounts)
	return s, err
}
