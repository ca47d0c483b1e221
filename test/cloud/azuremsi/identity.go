package azuremsi

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
)

// Credential is a federated identity credential: whoever has a token of the issuer for the
// subject and the audience can be the identity.
type Credential struct {
	Name, Issuer, Subject, Audience string
}

// identity is a user-assigned managed identity. Its Server's lock protects it.
type identity struct {
	id       string
	clientID string
	tags     map[string]string
	// granted are the identity's own rights in Resource Manager.
	granted []string
	// credentials are those of the present, before those from before the last change.
	credentials, before []Credential
	// writing is true while a write is on its way.
	writing bool
}

// key is how Resource Manager compares names.
func key(name string) string { return strings.ToLower(name) }

// find must be called with the lock held.
func (s *Server) find(subscription, group, name string) (*identity, *apiError) {
	switch found, known := s.identities[key(ID(subscription, group, name))]; {
	case key(subscription) != Subscription:
		return nil, &apiError{http.StatusNotFound, "SubscriptionNotFound", fmt.Sprintf("The subscription '%s' could not be found.", subscription)}
	case !s.groups[key(group)]:
		return nil, &apiError{http.StatusNotFound, "ResourceGroupNotFound", fmt.Sprintf("Resource group '%s' could not be found.", group)}
	case !known:
		return nil, &apiError{http.StatusNotFound, "ResourceNotFound", fmt.Sprintf("The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", name, group)}
	default:
		return found, nil
	}
}

// startWriting lets nobody else write until done is called.
func (s *Server) startWriting(id string) (done func(), refusal *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, known := s.identities[key(id)]
	switch {
	case !known:
		return func() {}, nil
	case found.writing:
		return nil, &apiError{http.StatusConflict, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
			"Too many Federated Identity Credentials are written concurrently for the managed identity."}
	}
	found.writing = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		found.writing = false
	}, nil
}

var credentialName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$`)

// refuses tells what is wrong with a credential.
func (i *identity) refuses(name string, body armmsi.FederatedIdentityCredential, limit int) *apiError {
	bad := func(format string, details ...any) *apiError {
		return &apiError{http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, details...)}
	}
	p := body.Properties
	switch {
	case !credentialName.MatchString(name):
		return bad("Federated Identity Credential name '%s' is invalid.", name)
	case p == nil || p.Issuer == nil || *p.Issuer == "" || p.Subject == nil || *p.Subject == "" || len(p.Audiences) == 0:
		return bad("Federated Identity Credential from HTTP body has empty properties")
	case len(p.Audiences) != 1 || p.Audiences[0] == nil || *p.Audiences[0] == "":
		return bad("Federated identity credentials must have exactly one audience.")
	case !publishable(*p.Issuer):
		return bad("The issuer '%s' is not an https URL.", *p.Issuer)
	}
	others := slices.DeleteFunc(slices.Clone(i.credentials), func(c Credential) bool { return key(c.Name) == key(name) })
	switch {
	case slices.ContainsFunc(others, func(c Credential) bool { return c.Issuer == *p.Issuer && c.Subject == *p.Subject }):
		return bad("Issuer and subject combination already exists for this Managed Identity.")
	case len(others) >= limit:
		return bad("The managed identity has %d federated identity credentials, which is the maximum.", len(others))
	}
	return nil
}

func publishable(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

// set adds a credential or replaces the one of that name, and tells which.
func (i *identity) set(c Credential) (replaced bool) {
	at := i.index(c.Name)
	switch {
	case at < 0:
		i.keep(append(slices.Clone(i.credentials), c))
	case i.credentials[at] != c:
		changed := slices.Clone(i.credentials)
		changed[at] = c
		i.keep(changed)
	}
	return at >= 0
}

func (i *identity) remove(name string) bool {
	at := i.index(name)
	if at >= 0 {
		i.keep(slices.Delete(slices.Clone(i.credentials), at, at+1))
	}
	return at >= 0
}

func (i *identity) index(name string) int {
	return slices.IndexFunc(i.credentials, func(c Credential) bool { return key(c.Name) == key(name) })
}

func (i *identity) keep(changed []Credential) { i.before, i.credentials = i.credentials, changed }

// visible are the credentials of the present, or those from before the last change.
func (i *identity) visible(stale bool) []Credential {
	if stale {
		return i.before
	}
	return i.credentials
}

func (i *identity) wire() armmsi.Identity {
	tags := map[string]*string{}
	for name, value := range i.tags {
		tags[name] = to.Ptr(value)
	}
	return armmsi.Identity{ID: to.Ptr(i.id), Location: to.Ptr("westeurope"), Tags: tags, Type: to.Ptr("Microsoft.ManagedIdentity/userAssignedIdentities"),
		Properties: &armmsi.UserAssignedIdentityProperties{ClientID: to.Ptr(i.clientID), TenantID: to.Ptr(Tenant)}}
}

func (i *identity) wireOf(c Credential) *armmsi.FederatedIdentityCredential {
	return &armmsi.FederatedIdentityCredential{ID: to.Ptr(i.id + "/federatedIdentityCredentials/" + c.Name), Name: to.Ptr(c.Name),
		Type: to.Ptr("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"),
		Properties: &armmsi.FederatedIdentityCredentialProperties{Issuer: to.Ptr(c.Issuer), Subject: to.Ptr(c.Subject),
			Audiences: []*string{to.Ptr(c.Audience)}}}
}
