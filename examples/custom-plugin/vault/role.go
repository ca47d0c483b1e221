package vault

import (
	"slices"
	"strings"
)

// role is what we know of a role of the Kubernetes auth method, as Vault's API has it.
// Other settings of the role, such as the addresses that tokens may be used from, stay as
// they are, because Vault keeps what a write does not name.
type role struct {
	// Names of the service accounts that may log in.
	Names []string `json:"bound_service_account_names"`
	// Namespaces that the accounts may be in.
	Namespaces []string `json:"bound_service_account_namespaces"`
	// Selector admits further namespaces by their labels. We never set it.
	Selector string `json:"bound_service_account_namespace_selector,omitempty"`
	// Audience that the account's token must have, or none.
	Audience string `json:"audience"`
	// Policies that tokens get.
	Policies []string `json:"token_policies"`
	// TTL of tokens in seconds; 0 leaves it to the auth method.
	TTL int64 `json:"token_ttl"`
}

// is tells whether a role says what it should.
func (r role) is(wanted role) bool {
	return r.boundAs(wanted) && slices.Equal(r.Policies, wanted.Policies) && r.Audience == wanted.Audience && r.TTL == wanted.TTL
}

// ours tells whether we may have written a role: it admits nobody but the account that it
// has its name from, and gives one policy, whichever.
func (r role) ours(wanted role) bool { return r.boundAs(wanted) && len(r.Policies) == 1 }

func (r role) boundAs(wanted role) bool {
	return slices.Equal(r.Names, wanted.Names) && slices.Equal(r.Namespaces, wanted.Namespaces) && r.Selector == ""
}

// grants tells whether a role, whoever wrote it, gives the wanted account the wanted policy.
// A pattern counts as fitting: it is for whoever wrote it to say what it is meant for.
func (r role) grants(wanted role) bool {
	return fits(r.Names, wanted.Names[0]) && (r.Selector != "" || fits(r.Namespaces, wanted.Namespaces[0])) &&
		slices.Contains(r.Policies, wanted.Policies[0])
}

func fits(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return p == name || strings.Contains(p, "*") })
}
