package azureworkloadidentity

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
)

// request sends one request within the ration.
func (e *editor) request(ctx context.Context, o operation, send func() error) error {
	if err := e.budget.Take(ctx); err != nil {
		return err
	}
	err := send()
	status, _ := answerOf(err)
	e.budget.Learn(status == http.StatusTooManyRequests)
	e.observe(o.name, resultOf(err))
	return err
}

// reading reads an identity and its credentials. The identity comes first, because only
// there Resource Manager tells clearly that it does not exist.
func (e *editor) reading(ctx context.Context, id ResourceID) (reading, operation, error) {
	var identity armmsi.Identity
	err := e.request(ctx, getIdentity, func() (err error) {
		identity, err = e.api.Identity(ctx, id)
		return err
	})
	if err != nil {
		return reading{}, getIdentity, err
	}
	var listed []*armmsi.FederatedIdentityCredential
	err = e.request(ctx, listCredentials, func() (err error) {
		listed, err = e.api.Credentials(ctx, id)
		return err
	})
	return readingOf(identity, listed), listCredentials, err
}

// readingOf takes what is needed from the SDK's words, in which everything may be missing.
func readingOf(identity armmsi.Identity, listed []*armmsi.FederatedIdentityCredential) reading {
	found := reading{tags: map[string]string{}}
	if p := identity.Properties; p != nil {
		found.clientID, found.tenantID = valueOf(p.ClientID), valueOf(p.TenantID)
	}
	for name, value := range identity.Tags {
		found.tags[lower(name)] = valueOf(value)
	}
	for _, one := range listed {
		if one == nil {
			continue
		}
		c := credential{name: valueOf(one.Name)}
		if p := one.Properties; p != nil {
			c.issuer, c.subject = valueOf(p.Issuer), valueOf(p.Subject)
			for _, audience := range p.Audiences {
				c.audiences = append(c.audiences, valueOf(audience))
			}
		}
		found.credentials = append(found.credentials, c)
	}
	return found
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// write makes or deletes the credential of a request.
func (e *editor) write(ctx context.Context, id ResourceID, r request, do todo) error {
	return e.request(ctx, do.operation(), func() error {
		if do == remove {
			return e.api.DeleteCredential(ctx, id, r.name)
		}
		return e.api.PutCredential(ctx, id, r.name, armmsi.FederatedIdentityCredentialProperties{
			Issuer: to.Ptr(r.issuer), Subject: to.Ptr(r.subject), Audiences: to.SliceOfPtrs(r.audience)})
	})
}

// scopeOf tells what a failed write is about. A bad request is one about this very
// credential; all else would happen to others on the identity as well.
func scopeOf(o operation, r request, err error) scope {
	if status, _ := answerOf(err); status == http.StatusBadRequest {
		return scope{o, r.name}
	}
	return scope{o, ""}
}
