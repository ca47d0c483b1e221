package azureworkloadidentity

import (
	"encoding/json"
	"fmt"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// Annotations that the webhook of azure-workload-identity reads on service accounts.
const (
	annotationClientID = "azure.workload.identity/client-id"
	annotationTenantID = "azure.workload.identity/tenant-id"
)

// settings are what is recorded of a binding besides identity and account. The fields stand
// in alphabetical order, so that equal settings are equal bytes however they are read back.
type settings struct {
	AnnotateOnly bool   `json:"annotateOnly,omitempty"`
	Audience     string `json:"audience,omitempty"`
	// Issuer is the URL of the cluster's token issuer when the binding was planned. The
	// credential must be taken back for the same issuer for which it was made.
	Issuer string `json:"issuer,omitempty"`
}

// bindings are what a spec asks for. issuer and audience are not used for annotateOnly.
func bindings(w wanted, issuer, audience string) ([]plugin.Binding, error) {
	recorded := settings{Audience: audience, Issuer: issuer}
	if w.annotateOnly {
		recorded = settings{AnnotateOnly: true}
	}
	text, err := json.Marshal(recorded)
	if err != nil {
		return nil, err
	}
	identity := w.clientID
	if w.identity != nil {
		identity = w.identity.String()
	}
	var all []plugin.Binding
	for _, account := range w.accounts {
		all = append(all, plugin.Binding{ServiceAccount: account, Identity: identity, Annotations: annotations(w), Settings: string(text)})
	}
	return all, nil
}

func annotations(w wanted) map[string]string {
	a := map[string]string{annotationClientID: w.clientID}
	if w.tenantID != "" {
		a[annotationTenantID] = w.tenantID
	}
	return a
}

// requestOf reads a binding that was recorded. external is false when the binding has no
// part in Azure.
func requestOf(profile string, b plugin.Binding) (id ResourceID, r request, external bool, err error) {
	var recorded settings
	if err = json.Unmarshal([]byte(b.Settings), &recorded); err != nil {
		return id, r, false, fmt.Errorf("settings of the binding to %s: %w", b.Identity, err)
	}
	if recorded.AnnotateOnly {
		return id, r, false, nil
	}
	if id, err = parseResourceID("identity", b.Identity); err != nil {
		return id, r, false, err
	}
	if recorded.Issuer == "" || recorded.Audience == "" {
		return id, r, false, fmt.Errorf("settings of the binding to %s: issuer and audience are missing", b.Identity)
	}
	r = request{grant: grantFor(recorded.Issuer, recorded.Audience, profile, b.ServiceAccount), profile: profile,
		clientID: b.Annotations[annotationClientID], tenantID: b.Annotations[annotationTenantID]}
	return id, r, true, nil
}
