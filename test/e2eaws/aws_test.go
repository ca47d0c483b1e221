//go:build e2eaws

package e2eaws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/test/rados"
)

const (
	audience = trustpolicy.DefaultAudience
	// otherAudience is known to the provider too, so that a token for it is
	// judged by the role's trust policy.
	otherAudience = "sts.example.com"
	// patience is how long an answer of the gateway may take.
	patience = 30 * time.Second
)

// configOf is what an SDK's client of the gateway is made with. Nothing is tried twice: what
// is refused here stays refused.
func configOf(who aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: rados.Region, BaseEndpoint: &gateway.Endpoint, Credentials: who, RetryMaxAttempts: 1,
		HTTPClient: &http.Client{Transport: ownBody{}, Timeout: patience}}
}

// ownBody sends a copy of each request's body. The SDK closes its own as soon as the answer
// begins, and from loopback that can be before the transport has seen its end, which
// then breaks the connection off.
type ownBody struct{}

// RoundTrip sends a copy of the request, as its contract demands.
func (ownBody) RoundTrip(request *http.Request) (*http.Response, error) {
	copied := request.Clone(request.Context())
	if request.Body != nil && request.Body != http.NoBody {
		body, err := io.ReadAll(request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return nil, err
		}
		copied.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(copied)
}

func admin() *iam.Client {
	return iam.NewFromConfig(configOf(credentials.NewStaticCredentialsProvider(gateway.AccessKey, gateway.SecretKey, "")))
}

// trust has the gateway know a cluster's issuer.
func trust(ctx context.Context, c *cluster) error {
	made, err := admin().CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &c.issuerURL, ClientIDList: []string{audience, otherAudience}, ThumbprintList: []string{c.thumbprint}})
	if err != nil {
		return fmt.Errorf("create the OIDC provider of %s: %w", c.issuerURL, err)
	}
	if arn := c.provider().ARN; aws.ToString(made.OpenIDConnectProviderArn) != arn {
		return fmt.Errorf("the provider's ARN is %s, want %s", aws.ToString(made.OpenIDConnectProviderArn), arn)
	}
	return nil
}

// role is an IAM role in a test.
type role struct {
	t    *testing.T
	name string
	arn  string
}

// createRole makes a role with a trust policy, for one test. Spaces become tabs, for the gateway
// does not read the SDK's spaces.
func createRole(t *testing.T, name, policy string) *role {
	t.Helper()
	policy = strings.ReplaceAll(policy, " ", "\t")
	made, err := admin().CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &policy})
	if err != nil {
		t.Fatalf("create role %s: %v", name, err)
	}
	arn := "arn:aws:iam::" + gateway.Account + ":role/" + name
	if got := aws.ToString(made.Role.Arn); got != arn {
		t.Fatalf("the role's ARN is %s, want %s", got, arn)
	}
	return &role{t: t, name: name, arn: arn}
}

// trustPolicy reads the trust policy. The gateway sends it as it is, and not URL-encoded.
func (r *role) trustPolicy() string {
	r.t.Helper()
	found, err := admin().GetRole(r.t.Context(), &iam.GetRoleInput{RoleName: &r.name})
	if err != nil {
		r.t.Fatalf("get role %s: %v", r.name, err)
	}
	return aws.ToString(found.Role.AssumeRolePolicyDocument)
}

// edit has the editor change the trust policy, as the plugin does, and checks that IAM
// keeps every byte of the outcome.
func (r *role) edit(how func(policy []byte) ([]byte, error)) {
	r.t.Helper()
	edited, err := how([]byte(r.trustPolicy()))
	if err != nil {
		r.t.Fatalf("edit the trust policy of %s: %v", r.name, err)
	}
	document := string(edited)
	if _, err = admin().UpdateAssumeRolePolicy(r.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &r.name, PolicyDocument: &document}); err != nil {
		r.t.Fatalf("update the trust policy of %s: %v\n%s", r.name, err, document)
	}
	mustEqual(r.t, "the trust policy after its update", r.trustPolicy(), document)
}

func (r *role) grant(c *cluster, subjects ...string) {
	r.t.Helper()
	r.edit(func(policy []byte) ([]byte, error) {
		return trustpolicy.Grant(policy, c.provider(), audience, subjects)
	})
}

func (r *role) revoke(c *cluster, subjects ...string) {
	r.t.Helper()
	r.edit(func(policy []byte) ([]byte, error) { return trustpolicy.Revoke(policy, c.provider(), subjects) })
}

// allow gives the role rights in S3.
func (r *role) allow(actions ...string) {
	r.t.Helper()
	document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":"arn:aws:s3:::*"}]}`, strings.Join(actions, `","`))
	name := "rights"
	if _, err := admin().PutRolePolicy(r.t.Context(), &iam.PutRolePolicyInput{RoleName: &r.name, PolicyName: &name, PolicyDocument: &document}); err != nil {
		r.t.Fatalf("put a policy on role %s: %v", r.name, err)
	}
}

// assume exchanges a token for credentials of the role, as a pod with an AWS SDK does. It
// asks again when the gateway refused only because it got no keys from the issuer.
func (r *role) assume(ctx context.Context, token string) (*types.Credentials, error) {
	session := "test"
	for attempt := 1; ; attempt++ {
		began := time.Now()
		answer, err := sts.NewFromConfig(configOf(aws.AnonymousCredentials{})).AssumeRoleWithWebIdentity(ctx,
			&sts.AssumeRoleWithWebIdentityInput{RoleArn: &r.arn, RoleSessionName: &session, WebIdentityToken: &token})
		if err == nil {
			return answer.Credentials, nil
		}
		if time.Since(began) < rados.IssuerPatience || attempt == 3 {
			return nil, err
		}
	}
}

// mustAdmit fails the test unless the token gets into the role, and returns an S3 client
// with the role's credentials.
func (r *role) mustAdmit(who, token string) *s3.Client {
	r.t.Helper()
	c, err := r.assume(r.t.Context(), token)
	if err != nil {
		r.t.Fatalf("%s must get into role %s: %v\n%s", who, r.name, err, r.trustPolicy())
	}
	provider := credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken))
	return s3.NewFromConfig(configOf(provider), func(o *s3.Options) { o.UsePathStyle = true })
}

// mustRefuse fails the test unless the token is denied the role.
func (r *role) mustRefuse(who, token string) {
	r.t.Helper()
	if _, err := r.assume(r.t.Context(), token); !isDenied(err) {
		r.t.Fatalf("%s must be denied role %s, got %v\n%s", who, r.name, err, r.trustPolicy())
	}
}

// isDenied goes by the HTTP status, since the gateway's error codes do not reach the SDK.
func isDenied(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusForbidden
}
