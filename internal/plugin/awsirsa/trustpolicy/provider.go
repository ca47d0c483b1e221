package trustpolicy

import (
	"regexp"
	"strings"
)

// DefaultAudience is the audience that the EKS pod identity webhook asks tokens for, in
// all partitions.
const DefaultAudience = "sts.amazonaws.com"

// Provider is an OIDC identity provider of IAM: the issuer of one cluster's tokens, known
// to one account.
type Provider struct {
	// ARN is arn:<partition>:iam::<account>:oidc-provider/<Issuer>.
	ARN string
	// Issuer is the issuer's URL without "https://".
	Issuer string
}

var (
	providerARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/`)
	// An issuer goes into condition keys, so it holds nothing that JSON or IAM would read
	// as more than itself.
	issuer       = regexp.MustCompile(`^[A-Za-z0-9._~%:/@+=,-]+$`)
	audienceText = regexp.MustCompile(`^[A-Za-z0-9._~%:/@+=,#!&;()-]+$`)
)

// NewProvider returns the provider for an issuer's URL in a partition and an account.
func NewProvider(partition, account, issuerURL string) (Provider, error) {
	name := strings.TrimPrefix(issuerURL, "https://")
	p := Provider{ARN: "arn:" + partition + ":iam::" + account + ":oidc-provider/" + name, Issuer: name}
	if err := p.validate(); err != nil {
		return Provider{}, err
	}
	return p, nil
}

func (p Provider) validate() error {
	if !issuer.MatchString(p.Issuer) || strings.Contains(p.Issuer, "://") {
		return argumentError("issuer %q: give the URL of the cluster's token issuer, for IAM without https:// and without a query", p.Issuer)
	}
	prefix := providerARN.FindString(p.ARN)
	if prefix == "" || p.ARN[len(prefix):] != p.Issuer {
		return argumentError("provider ARN %q: want arn:<partition>:iam::<12 digits>:oidc-provider/%s", p.ARN, p.Issuer)
	}
	return nil
}

func (p Provider) subjectKey() string  { return p.Issuer + ":sub" }
func (p Provider) audienceKey() string { return p.Issuer + ":aud" }

// CheckAudience returns an ErrArgument for an audience that cannot go into a trust policy
// as it is.
func CheckAudience(audience string) error {
	if !audienceText.MatchString(audience) {
		return argumentError("audience %q: want the aud of the tokens, usually %s, without spaces, quotes, wildcards or variables", audience, DefaultAudience)
	}
	return nil
}
