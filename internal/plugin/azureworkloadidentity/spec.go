package azureworkloadidentity

import (
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Spec is what an entry of spec.plugins of this kind can say.
type Spec struct {
	// ClientID is the client ID of the managed identity, a UUID.
	ClientID string `json:"clientId"`
	// TenantID is the tenant of the identity, a UUID. By default the webhook decides, which
	// takes the tenant that it was installed with.
	TenantID string `json:"tenantId"`
	// IdentityResourceID is the identity's name in Resource Manager. It is needed unless
	// AnnotateOnly is set.
	IdentityResourceID string `json:"identityResourceId"`
	// AnnotateOnly leaves Azure alone: nothing is called there, not even to read. The
	// federated identity credential is somebody else's to make.
	AnnotateOnly bool `json:"annotateOnly"`
	// ServiceAccounts may be the identity. By default default-editor alone.
	ServiceAccounts []string `json:"serviceAccounts"`
}

// wanted is a Spec that was checked.
type wanted struct {
	clientID, tenantID string
	// identity is nil when none was named.
	identity     *ResourceID
	annotateOnly bool
	accounts     []string
}

// readSpec decodes and checks a spec. Errors are InvalidSpec errors.
func readSpec(raw []byte) (wanted, error) {
	var s Spec
	if err := plugin.DecodeSpec(raw, &s); err != nil {
		return wanted{}, err
	}
	if s.ClientID == "" {
		return wanted{}, plugin.InvalidSpec("clientId", "is required: the client ID of the managed identity that the Profile's pods shall have; az identity show --query clientId prints it")
	}
	w := wanted{annotateOnly: s.AnnotateOnly}
	var err error
	if w.clientID, err = parseUUID("clientId", s.ClientID); err != nil {
		return w, err
	}
	if s.TenantID != "" {
		if w.tenantID, err = parseUUID("tenantId", s.TenantID); err != nil {
			return w, err
		}
	}
	if w.identity, err = identityOf(s); err != nil {
		return w, err
	}
	w.accounts, err = plugin.ServiceAccounts(s.ServiceAccounts)
	return w, err
}

func identityOf(s Spec) (*ResourceID, error) {
	if s.IdentityResourceID != "" {
		id, err := parseResourceID("identityResourceId", s.IdentityResourceID)
		return &id, err
	}
	if !s.AnnotateOnly {
		return nil, plugin.InvalidSpec("identityResourceId", "is required, because the identity gets a federated identity credential; az identity show --query id prints it. Or set annotateOnly: true and make the credential yourself")
	}
	return nil, nil
}
