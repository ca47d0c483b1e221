package azuremsi

import (
	"context"
	"net/http"
	"strconv"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi/fake"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

// call is one request. Microsoft's transport does not hand the subscription on.
type call struct {
	*Server
	subscription string
	fault        faults.Fault
}

// functions are what Microsoft's transport calls with what it read.
func (c *call) functions() *fake.ServerFactory {
	return &fake.ServerFactory{
		UserAssignedIdentitiesServer: fake.UserAssignedIdentitiesServer{Get: c.getIdentity},
		FederatedIdentityCredentialsServer: fake.FederatedIdentityCredentialsServer{
			CreateOrUpdate: c.put, Delete: c.delete, Get: c.get, NewListPager: c.list},
	}
}

// respond gives Microsoft's transport an answer, or a refusal when there is one.
func respond[T any](status int, answer T, refusal *apiError) (resp azfake.Responder[T], errResp azfake.ErrorResponder) {
	if refusal != nil {
		errResp.SetError(refusal)
	} else {
		resp.SetResponse(status, answer, nil)
	}
	return resp, errResp
}

func (c *call) getIdentity(_ context.Context, group, name string, _ *armmsi.UserAssignedIdentitiesClientGetOptions) (azfake.Responder[armmsi.UserAssignedIdentitiesClientGetResponse], azfake.ErrorResponder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var answer armmsi.UserAssignedIdentitiesClientGetResponse
	found, refusal := c.find(c.subscription, group, name)
	if refusal == nil {
		answer.Identity = found.wire()
	}
	return respond(http.StatusOK, answer, refusal)
}

func (c *call) put(_ context.Context, group, name, credential string, body armmsi.FederatedIdentityCredential, _ *armmsi.FederatedIdentityCredentialsClientCreateOrUpdateOptions) (azfake.Responder[armmsi.FederatedIdentityCredentialsClientCreateOrUpdateResponse], azfake.ErrorResponder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var answer armmsi.FederatedIdentityCredentialsClientCreateOrUpdateResponse
	found, refusal := c.find(c.subscription, group, name)
	if refusal == nil {
		refusal = found.refuses(credential, body, c.options.CredentialLimit)
	}
	if refusal != nil {
		return respond(0, answer, refusal)
	}
	added := Credential{Name: credential, Issuer: *body.Properties.Issuer, Subject: *body.Properties.Subject, Audience: *body.Properties.Audiences[0]}
	answer.FederatedIdentityCredential = *found.wireOf(added)
	status := http.StatusCreated
	if found.set(added) {
		status = http.StatusOK
	}
	c.record(found.id, found.credentials)
	return respond(status, answer, nil)
}

func (c *call) delete(_ context.Context, group, name, credential string, _ *armmsi.FederatedIdentityCredentialsClientDeleteOptions) (azfake.Responder[armmsi.FederatedIdentityCredentialsClientDeleteResponse], azfake.ErrorResponder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var answer armmsi.FederatedIdentityCredentialsClientDeleteResponse
	found, refusal := c.find(c.subscription, group, name)
	if refusal != nil {
		return respond(0, answer, refusal)
	}
	status := http.StatusNoContent
	if found.remove(credential) {
		status = http.StatusOK
	}
	c.record(found.id, found.credentials)
	return respond(status, answer, nil)
}

func (c *call) get(_ context.Context, group, name, credential string, _ *armmsi.FederatedIdentityCredentialsClientGetOptions) (azfake.Responder[armmsi.FederatedIdentityCredentialsClientGetResponse], azfake.ErrorResponder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var answer armmsi.FederatedIdentityCredentialsClientGetResponse
	found, refusal := c.find(c.subscription, group, name)
	if refusal != nil {
		return respond(0, answer, refusal)
	}
	for _, have := range found.visible(c.fault.IsStale()) {
		if key(have.Name) == key(credential) {
			answer.FederatedIdentityCredential = *found.wireOf(have)
			return respond(http.StatusOK, answer, nil)
		}
	}
	return respond(0, answer, &apiError{http.StatusNotFound, "NotFound", "The federated identity credential does not exist"})
}

// list has pages of its own, one for each request: the skip token is where the next
// one begins.
func (c *call) list(group, name string, o *armmsi.FederatedIdentityCredentialsClientListOptions) (resp azfake.PagerResponder[armmsi.FederatedIdentityCredentialsClientListResponse]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, refusal := c.find(c.subscription, group, name)
	if refusal != nil {
		resp.AddError(refusal)
		return
	}
	from := 0
	if o != nil && o.Skiptoken != nil {
		from, _ = strconv.Atoi(*o.Skiptoken)
	}
	all := found.visible(c.fault.IsStale())
	from = min(max(from, 0), len(all))
	until := min(from+c.options.PageSize, len(all))
	var page armmsi.FederatedIdentityCredentialsClientListResponse
	for _, have := range all[from:until] {
		page.Value = append(page.Value, found.wireOf(have))
	}
	if until < len(all) {
		page.NextLink = to.Ptr(c.URL() + found.id + "/federatedIdentityCredentials?api-version=" + APIVersion + "&%24skiptoken=" + strconv.Itoa(until))
	}
	resp.AddPage(http.StatusOK, page, nil)
	return
}
