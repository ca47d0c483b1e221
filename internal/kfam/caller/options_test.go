package caller

import (
	"strings"
	"testing"
)

func TestOptionsThatProtectNobodyAreRefused(t *testing.T) {
	good := func() *OIDCOptions {
		return &OIDCOptions{Issuer: "https://idp.example", Audiences: []string{"kfam"}}
	}
	with := func(change func(*OIDCOptions)) Options {
		o := good()
		change(o)
		return Options{OIDC: o}
	}
	reviewed := &TokenReviewOptions{Reviewer: &reviews{}, Issuers: []string{"https://idp.example"}}
	tests := map[string]struct {
		options   Options
		complaint string
	}{
		"user header is a token's":         {Options{UserIDHeader: "authorization"}, "Authorization"},
		"user header is the certificate's": {Options{UserIDHeader: "x-forwarded-client-cert"}, "no other meaning"},
		"user header is no header":         {Options{UserIDHeader: "a b"}, "no other meaning"},
		"user header with an underscore":   {Options{UserIDHeader: "kubeflow_userid"}, "no other meaning"},
		"prefix nobody can send":           {Options{UserIDPrefix: " x"}, "can never be sent"},
		"principal as an URI":              {Options{TrustedPrincipals: []string{"spiffe://" + gateway}}, "cluster.local/ns/NAMESPACE"},
		"principal with a pattern":         {Options{TrustedPrincipals: []string{"cluster.local/ns/*/sa/x"}}, "without patterns"},
		"every principal":                  {Options{TrustedPrincipals: []string{"*"}}, "not a principal"},
		"empty principal":                  {Options{TrustedPrincipals: []string{""}}, "not a principal"},
		"names":                            {Options{Names: "lower"}, "ignore-email-case"},
		"issuer without TLS":               {with(func(o *OIDCOptions) { o.Issuer = "http://idp.example" }), "https"},
		"issuer with a query":              {with(func(o *OIDCOptions) { o.Issuer += "?a" }), "https URL without"},
		"no issuer":                        {with(func(o *OIDCOptions) { o.Issuer = "" }), "https"},
		"no audience":                      {with(func(o *OIDCOptions) { o.Audiences = nil }), "audience"},
		"empty audience":                   {with(func(o *OIDCOptions) { o.Audiences = []string{""} }), "audience"},
		"algorithm none":                   {with(func(o *OIDCOptions) { o.Algorithms = []string{"none"} }), `"none"`},
		"HMAC":                             {with(func(o *OIDCOptions) { o.Algorithms = []string{"RS256", "HS256"} }), `"HS256"`},
		"no client for reviews":            {Options{TokenReviews: &TokenReviewOptions{}}, "client of the API server"},
		"empty audience for reviews":       {Options{TokenReviews: &TokenReviewOptions{Reviewer: &reviews{}, Audiences: []string{""}}}, "audience"},
		"one issuer for two ways":          {Options{OIDC: good(), TokenReviews: reviewed}, "one way only"},
		"all complaints at once":           {Options{UserIDHeader: "host", TrustedPrincipals: []string{"*"}}, "not a principal"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(test.options)
			if err == nil || !strings.Contains(err.Error(), test.complaint) {
				t.Errorf("New = %v, want a complaint with %q", err, test.complaint)
			}
		})
	}
	for name, o := range map[string]Options{"nothing": {}, "Kubeflow": meshed(), "OIDC": {OIDC: good()},
		"reviews": {TokenReviews: &TokenReviewOptions{Reviewer: &reviews{}, Audiences: []string{"kfam"}}}} {
		if _, err := New(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
