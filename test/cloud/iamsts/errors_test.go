package iamsts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// as tells whether the SDK made its own type of an error.
func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// TestTheSDKKnowsTheErrors tries each error that a user of these operations has to tell
// apart, by the SDK's own type where it has one.
func TestTheSDKKnowsTheErrors(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/", services, nil)
	s.AddRole("linked", "/aws-service-role/eks.amazonaws.com/", services, nil)
	client := s.iam(t)
	update := func(role, policy string) error {
		_, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &policy})
		return err
	}
	faulty := func(f Fault) func() error {
		return func() error {
			s.Fault(func(Request) Fault { return f })
			defer s.Fault(nil)
			return update("alice", services)
		}
	}
	long := strings.Replace(services, `"Action"`, `"Sid":"`+strings.Repeat("x", 2048)+`","Action"`, 1)
	tests := map[string]struct {
		try     func() error
		known   func(error) bool
		code    string
		status  int
		message string
	}{
		"no such role": {func() error { return update("bob", services) }, as[*types.NoSuchEntityException],
			"NoSuchEntity", 404, "The role with name bob cannot be found."},
		"too long": {func() error { return update("alice", long) }, as[*types.LimitExceededException],
			"LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048"},
		"malformed": {func() error { return update("alice", "{") }, as[*types.MalformedPolicyDocumentException],
			"MalformedPolicyDocument", 400, "This policy contains invalid Json"},
		"service-linked": {func() error { return update("linked", services) }, as[*types.UnmodifiableEntityException],
			"UnmodifiableEntity", 400, "Cannot perform the operation on the protected role 'linked' - this role is only modifiable by AWS"},
		"role exists": {func() error {
			_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("alice"), AssumeRolePolicyDocument: aws.String(services)})
			return err
		}, as[*types.EntityAlreadyExistsException], "EntityAlreadyExists", 409, "Role with name alice already exists."},
		"bad name": {func() error { return update("al/ice", services) }, nil, "ValidationError", 400, ""},
		"bad path": {func() error {
			_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("bob"), Path: aws.String("x"), AssumeRolePolicyDocument: aws.String(services)})
			return err
		}, nil, "ValidationError", 400, ""},
		"service failure": {faulty(ServerError()), as[*types.ServiceFailureException], "ServiceFailure", 500, ""},
		"concurrent modification": {func() error {
			s.Fault(func(Request) Fault { return ConcurrentModification() })
			defer s.Fault(nil)
			_, err := client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: aws.String("alice"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
			return err
		}, as[*types.ConcurrentModificationException], "ConcurrentModification", 409, ""},
		"throttled":         {faulty(Throttle()), nil, "Throttling", 400, "Rate exceeded"},
		"too many requests": {faulty(RequestLimitExceeded()), nil, "RequestLimitExceeded", 503, ""},
		"anything":          {faulty(Fail(http.StatusTeapot, "Teapot", "short and stout")), nil, "Teapot", 418, "short and stout"},
		"not allowed": {faulty(AccessDenied()), nil, "AccessDenied", 403, "User: arn:aws:iam::123456789012:user/example is not authorized to perform: " +
			"iam:UpdateAssumeRolePolicy on resource: role alice because no identity-based policy allows the iam:UpdateAssumeRolePolicy action"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.try()
			wantCode(t, err, test.code)
			if test.known != nil && !test.known(err) {
				t.Errorf("the SDK has no type for %v", err)
			}
			if response, ok := errors.AsType[*awshttp.ResponseError](err); !ok || response.HTTPStatusCode() != test.status || response.RequestID == "" {
				t.Errorf("got %v, want status %d and a request ID", err, test.status)
			}
			if !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v, want %s", err, test.message)
			}
		})
	}
	if got := len(s.History("alice")); got != 1 {
		t.Errorf("the refused writes left %d versions", got)
	}
}

func TestWhoAsksForMoreThanAllowedIsToldWhat(t *testing.T) {
	s := start(t, Options{})
	s.AddRole("alice", "/profiles/", services, nil)
	s.AddRole("bob", "/", services, nil)
	reader := s.AddUser("reader", Permission{Actions: []string{"iam:get*"}, Resources: []string{"arn:aws:iam::*:role/profiles/*"}})
	client := iam.NewFromConfig(once(t, s.ConfigFor(reader)))
	get := func(ctx context.Context, role string) error {
		_, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
		return err
	}
	if err := get(t.Context(), "alice"); err != nil {
		t.Error(err)
	}
	_, listErr := client.ListRoles(t.Context(), nil)
	_, providersErr := client.ListOpenIDConnectProviders(t.Context(), nil)
	_, createErr := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("x"), Path: aws.String("/y/"), AssumeRolePolicyDocument: aws.String(services)})
	_, updateErr := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("alice"), PolicyDocument: aws.String(services)})
	tests := []struct {
		err          error
		action, told string
	}{
		{get(t.Context(), "bob"), "GetRole", "role bob"},
		{get(t.Context(), "nobody"), "GetRole", "role nobody"},
		{listErr, "ListRoles", "arn:aws:iam::123456789012:role/"},
		{providersErr, "ListOpenIDConnectProviders", "arn:aws:iam::123456789012:oidc-provider/*"},
		{createErr, "CreateRole", "arn:aws:iam::123456789012:role/y/x"},
		{updateErr, "UpdateAssumeRolePolicy", "role alice"},
	}
	for _, test := range tests {
		wantCode(t, test.err, "AccessDenied")
		want := "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: iam:" + test.action +
			" on resource: " + test.told + " because no identity-based policy allows the iam:" + test.action + " action"
		if test.err == nil || !strings.HasSuffix(test.err.Error(), want) {
			t.Errorf("got %v\nwant %s", test.err, want)
		}
	}
}
