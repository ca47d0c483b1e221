package iamsts

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

func allowing(action, resource, more string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "` + action + `", "Resource": ["` + resource + `"]` + more + `}]}`
}

func TestSessionsMayDoWhatTheRolesOwnPoliciesAllow(t *testing.T) {
	s, home := start(t, Options{}), startCluster(t, "/id/a")
	s.options.IssuerClient = home.Client()
	s.AddProvider(home.URL(), audience)
	arn := s.AddRole("alice", "/", trusting(s, home.URL(), alice), nil)
	s.AddRole("bob", "/", services, nil)
	client := s.iam(t)
	policy := allowing("iam:Get*", s.account.arn("iam", "role/a*"), "")
	for name, document := range map[string]string{"own": policy, "limited": allowing("iam:*", "*", `, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`)} {
		if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("alice"), PolicyName: &name, PolicyDocument: &document}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String("alice"), PolicyName: aws.String("own")})
	if err != nil {
		t.Fatal(err)
	}
	if document, err := url.PathUnescape(*got.PolicyDocument); err != nil || document != policy {
		t.Errorf("%v, %s", err, cmp.Diff(policy, document))
	}
	listed, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"limited", "own"}, listed.PolicyNames); diff != "" {
		t.Error(diff)
	}
	session, err := assume(t.Context(), s.sts(t), arn, sign(t, home.key, "key-1", home.claims()))
	if err != nil {
		t.Fatal(err)
	}
	c := session.Credentials
	inside := iam.NewFromConfig(once(t, s.ConfigFor(Credentials{*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken})))
	if _, err := inside.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("alice")}); err != nil {
		t.Error(err)
	}
	_, err = inside.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("bob")})
	wantCode(t, err, "AccessDenied")
	wantCode(t, update(t.Context(), inside, "alice", services), "AccessDenied")
	wider := allowing("iam:*", "*", "")
	if _, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("alice"), PolicyName: aws.String("own"), PolicyDocument: &wider}); err != nil {
		t.Fatal(err)
	}
	if _, err = inside.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("bob")}); err != nil {
		t.Errorf("after the policy was widened: %v", err)
	}
}

func TestRolePoliciesThatAreRefused(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	client := s.iam(t)
	put := func(name, document string) error {
		_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("alice"), PolicyName: &name, PolicyDocument: &document})
		return err
	}
	wantCode(t, put("a b", allowing("iam:*", "*", "")), "ValidationError")
	for _, bad := range []string{
		"{", `{"Statement": []}`, `{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}`,
		`{"Statement": [{"Effect": "Allow", "Action": "iam:*"}]}`, allowing("iam:*", "*", `, "Principal": "*"`),
	} {
		wantCode(t, put("own", bad), "MalformedPolicyDocument")
	}
	_, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String("alice"), PolicyName: aws.String("own")})
	if !as[*types.NoSuchEntityException](err) {
		t.Errorf("of a policy that was refused: %v", err)
	}
}

func TestManagedPoliciesAreAttachedByName(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	client, arn := s.iam(t), "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	for range 2 {
		if _, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("alice"), PolicyArn: &arn}); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := client.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("alice")})
	if err != nil || len(listed.AttachedPolicies) != 1 || *listed.AttachedPolicies[0].PolicyArn != arn || *listed.AttachedPolicies[0].PolicyName != "AmazonS3ReadOnlyAccess" {
		t.Errorf("listed %v, %v", listed, err)
	}
	_, err = client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:role/readers-of-all")})
	wantCode(t, err, "InvalidInput")
}

func TestAudiencesAreAddedToAProvider(t *testing.T) {
	s := start(t, Options{})
	arn := aws.String(s.AddProvider("https://oidc.example.com/id/a", "x"))
	client := s.iam(t)
	for range 2 {
		if _, err := client.AddClientIDToOpenIDConnectProvider(t.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String(audience)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x", audience}, got.ClientIDList); diff != "" {
		t.Error(diff)
	}
}

func TestTheQuotaOfTrustPoliciesIsInTheSummary(t *testing.T) {
	got, err := start(t, Options{TrustPolicySizeLimit: 4096}).iam(t).GetAccountSummary(t.Context(), nil)
	if err != nil || got.SummaryMap["AssumeRolePolicySizeQuota"] != 4096 {
		t.Errorf("%v, %v", got, err)
	}
}
