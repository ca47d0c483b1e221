package iamsts

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/go-jose/go-jose/v4/jwt"
)

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	c := startCluster(t, "/id/a")
	s := start(t, Options{IssuerClient: c.Client()})
	s.AddProvider(c.URL(), audience)
	role := s.AddRole("alice", "/profiles/", trusting(s, c.URL(), alice), nil)

	out, err := assume(t.Context(), s.sts(t), role, sign(t, c.key, "key-1", c.claims()))
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(out.SubjectFromWebIdentityToken) + aws.ToString(out.Audience) + aws.ToString(out.Provider); got != alice+audience+s.ProviderARN(c.URL()) {
		t.Errorf("answered %s", got)
	}
	if left := time.Until(aws.ToTime(out.Credentials.Expiration)); left < 59*time.Minute || left > time.Hour {
		t.Errorf("credentials expire in %s", left)
	}
	session := s.ConfigFor(Credentials{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken})
	who, err := sts.NewFromConfig(once(t, session)).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(who.Arn), "arn:aws:sts::123456789012:assumed-role/alice/test"; got != want {
		t.Errorf("the credentials are those of %s, want %s", got, want)
	}
	_, err = iam.NewFromConfig(once(t, session)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("alice")})
	wantCode(t, err, "AccessDenied")
}

func TestTokensAreVerified(t *testing.T) {
	c, other, unknown := startCluster(t, ""), startCluster(t, ""), startCluster(t, "")
	s := start(t, Options{IssuerClient: c.Client()})
	s.AddProvider(c.URL(), audience, "second")
	s.AddProvider(other.URL(), audience)
	s.AddProvider(c.URL()+"/", audience)
	own := s.AddRole("alice", "/", trusting(s, c.URL(), alice), nil)
	s.AddRole("bob", "/", trusting(s, c.URL(), bob), nil)
	good := c.claims()
	changed := func(change func(*jwt.Claims)) string {
		claims := good
		change(&claims)
		return sign(t, c.key, "key-1", claims)
	}
	now := time.Now()
	tests := map[string]struct{ role, token, code string }{
		"good":                                  {own, sign(t, c.key, "key-1", good), ""},
		"good and another audience":             {own, changed(func(c *jwt.Claims) { c.Audience = jwt.Audience{"x", audience} }), ""},
		"no token":                              {own, "token", "InvalidIdentityToken"},
		"an issuer that names itself otherwise": {own, changed(func(c *jwt.Claims) { c.Issuer += "/" }), "InvalidIdentityToken"},
		"not signed":                            {own, "eyJhbGciOiJub25lIn0.e30.", "InvalidIdentityToken"},
		"another key":                           {own, sign(t, newKey(t), "key-1", good), "InvalidIdentityToken"},
		"a key that is not published":           {own, sign(t, c.key, "key-2", good), "InvalidIdentityToken"},
		"expired":                               {own, changed(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(now) }), "ExpiredTokenException"},
		"never expires":                         {own, changed(func(c *jwt.Claims) { c.Expiry = nil }), "InvalidIdentityToken"},
		"not yet valid":                         {own, changed(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(now.Add(time.Hour)) }), "InvalidIdentityToken"},
		"another audience":                      {own, changed(func(c *jwt.Claims) { c.Audience = jwt.Audience{"x"} }), "InvalidIdentityToken"},
		"an audience that the policy does not take":  {own, changed(func(c *jwt.Claims) { c.Audience = jwt.Audience{"second"} }), "AccessDenied"},
		"a provider that the account does not know":  {own, sign(t, unknown.key, "key-1", unknown.claims()), "InvalidIdentityToken"},
		"an issuer whose certificate is not trusted": {own, sign(t, other.key, "key-1", other.claims()), "IDPCommunicationError"},
		"another subject": {own, changed(func(c *jwt.Claims) { c.Subject = bob }), "AccessDenied"},
		"another's role":  {"arn:aws:iam::123456789012:role/bob", sign(t, c.key, "key-1", good), "AccessDenied"},
		"no such role":    {"arn:aws:iam::123456789012:role/carol", sign(t, c.key, "key-1", good), "AccessDenied"},
		"another path":    {"arn:aws:iam::123456789012:role/x/alice", sign(t, c.key, "key-1", good), "AccessDenied"},
		"another account": {"arn:aws:iam::210987654321:role/alice", sign(t, c.key, "key-1", good), "AccessDenied"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := assume(t.Context(), s.sts(t), test.role, test.token)
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantCode(t, err, test.code)
		})
	}
	_, err := assume(t.Context(), s.sts(t), own, "token")
	if _, ok := errors.AsType[*ststypes.InvalidIdentityTokenException](err); !ok {
		t.Errorf("the SDK does not know %v", err)
	}
	_, err = assume(t.Context(), s.sts(t), own, tests["expired"].token)
	if _, ok := errors.AsType[*ststypes.ExpiredTokenException](err); !ok {
		t.Errorf("the SDK does not know %v", err)
	}
}
