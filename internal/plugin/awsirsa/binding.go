package awsirsa

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Annotations that the EKS pod identity webhook reads on service accounts.
const (
	annotationRole             = "eks.amazonaws.com/role-arn"
	annotationAudience         = "eks.amazonaws.com/audience"
	annotationRegionalEndpoint = "eks.amazonaws.com/sts-regional-endpoints"
	annotationExpiration       = "eks.amazonaws.com/token-expiration"
)

// settings are what is recorded of a binding besides role and account. The fields stand in
// alphabetical order, so that equal settings are equal bytes however they are read back.
type settings struct {
	AnnotateOnly bool   `json:"annotateOnly,omitempty"`
	Audience     string `json:"audience,omitempty"`
	// Issuer is the URL of the cluster's token issuer when the binding was planned. It is
	// recorded because the subject must be taken back for the same issuer for
	// which it was granted.
	Issuer string `json:"issuer,omitempty"`
}

// bindings are what a spec asks for. issuer is not used for annotateOnly.
func bindings(s Spec, issuer string) ([]plugin.Binding, error) {
	recorded := settings{AnnotateOnly: true}
	if !s.AnnotateOnly {
		recorded = settings{Audience: s.Audience, Issuer: issuer}
		if recorded.Audience == "" {
			recorded.Audience = trustpolicy.DefaultAudience
		}
	}
	text, err := json.Marshal(recorded)
	if err != nil {
		return nil, err
	}
	var all []plugin.Binding
	for _, account := range s.ServiceAccounts {
		all = append(all, plugin.Binding{ServiceAccount: account, Identity: s.AwsIamRole,
			Annotations: annotations(s), Settings: string(text)})
	}
	return all, nil
}

func annotations(s Spec) map[string]string {
	a := map[string]string{annotationRole: s.AwsIamRole}
	if s.Audience != "" {
		a[annotationAudience] = s.Audience
	}
	if s.StsRegionalEndpoints != nil {
		a[annotationRegionalEndpoint] = strconv.FormatBool(*s.StsRegionalEndpoints)
	}
	if s.TokenExpirationSeconds != nil {
		a[annotationExpiration] = strconv.FormatInt(*s.TokenExpirationSeconds, 10)
	}
	return a
}

// grant is one subject that may assume a role.
type grant struct {
	provider trustpolicy.Provider
	audience string
	subject  string
}

// grantOf reads a binding that was recorded. external is false when the binding has no
// part in IAM.
func grantOf(profile string, b plugin.Binding) (g grant, external bool, err error) {
	role, err := parseRoleARN("identity", b.Identity)
	if err != nil {
		return g, false, err
	}
	var recorded settings
	if err = json.Unmarshal([]byte(b.Settings), &recorded); err != nil {
		return g, false, fmt.Errorf("settings of the binding to %s: %w", b.Identity, err)
	}
	if recorded.AnnotateOnly {
		return g, false, nil
	}
	g = grant{audience: recorded.Audience, subject: trustpolicy.Subject(profile, b.ServiceAccount)}
	g.provider, err = trustpolicy.NewProvider(role.partition, role.account, recorded.Issuer)
	return g, true, err
}
