package awspodidentity

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/eks"
	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// wantTold applies for two Profiles, since what is remembered from one must not name it to
// the other, and since what changes from one answer to the next must not be in a message.
func (f *fixture) wantTold(b plugin.Binding, kind plugin.ErrorKind, reason, says string) {
	f.t.Helper()
	for _, profile := range []string{"alice", "bob"} {
		var words string
		for range 2 {
			err := f.Apply(f.t.Context(), profile, b)
			if err == nil {
				f.t.Fatal("it was done")
			}
			why := plugin.AsError(err)
			if why.Kind != kind || why.Reason != reason || !strings.Contains(why.Message, says) || why.Cause == nil {
				f.t.Errorf("told as %d %s: %s\nwant %d %s with %q; the cause is %v", why.Kind, why.Reason, why.Message, kind, reason, says, why.Cause)
			}
			if words != "" && words != why.Message {
				f.t.Errorf("the message changes:\n%s\n%s", words, why.Message)
			}
			words = why.Message
		}
		if other := map[string]string{"alice": "bob", "bob": "alice"}[profile]; strings.Contains(words, "namespace "+other) {
			f.t.Errorf("%s is told of %s: %s", profile, other, words)
		}
	}
}

func TestAnswersOfEKSAreExplained(t *testing.T) {
	tests := map[string]struct {
		fault  faults.Fault
		kind   plugin.ErrorKind
		reason string
		says   string
	}{
		"ThrottlingException":           {eks.Throttle(), plugin.Retry, profilev1.ReasonBinding, "asks to be called less often"},
		"TooManyRequestsException":      {faults.Fail(429, "TooManyRequestsException", "slow down"), plugin.Retry, profilev1.ReasonBinding, "asks to be called less often"},
		"ServerException":               {eks.ServerError(), plugin.Retry, profilev1.ReasonRetrying, "(ServerException); trying again"},
		"ServiceUnavailableException":   {faults.Fail(503, "ServiceUnavailableException", "later"), plugin.Retry, profilev1.ReasonRetrying, "(ServiceUnavailableException); trying again"},
		"InvalidRequestException":       {faults.Fail(400, "InvalidRequestException", "cluster is not active"), plugin.Retry, profilev1.ReasonRetrying, "still busy"},
		"PropagationDelay":              {faults.Fail(428, "ResourcePropagationDelayException", "wait"), plugin.Retry, profilev1.ReasonRetrying, "still busy"},
		"BadRequestException":           {faults.Fail(400, "BadRequestException", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "(BadRequestException)"},
		"ClientException":               {faults.Fail(400, "ClientException", "no"), plugin.Refused, profilev1.ReasonIdentityRejected, "(ClientException)"},
		"a code of tomorrow":            {faults.Fail(418, "TeapotException", "short and stout"), plugin.Retry, profilev1.ReasonRetrying, "(TeapotException)"},
		"AccessDenied":                  {eks.AccessDenied(), plugin.Refused, profilev1.ReasonPermissionMissing, "may not call eks:ListPodIdentityAssociations for the cluster prod"},
		"ExpiredToken":                  {faults.Fail(403, "ExpiredTokenException", "old"), plugin.Refused, profilev1.ReasonCredentialsMissing, "(ExpiredTokenException)"},
		"cut off":                       {faults.CutBefore(), plugin.Retry, profilev1.ReasonRetrying, "could not be reached"},
		"a cluster that is not there":   {faults.Fail(404, "ResourceNotFoundException", "No cluster"), plugin.Refused, profilev1.ReasonClusterNotFound, "EKS has no cluster prod"},
		"a role that is not there":      {faults.Fail(400, "InvalidParameterException", "Role provided in the request does not exist."), plugin.Refused, profilev1.ReasonIdentityNotFound, "AWS has no role"},
		"a parameter of tomorrow":       {faults.Fail(400, "InvalidParameterException", "Your role is too new."), plugin.Refused, profilev1.ReasonIdentityRejected, "The controller's log has its words"},
		"a quota":                       {faults.Fail(400, "ResourceLimitExceededException", "5000"), plugin.Refused, profilev1.ReasonAssociationLimitExceeded, "Have AWS raise the quota"},
		"an association out of nowhere": {faults.Fail(409, "ResourceInUseException", "a-1"), plugin.Retry, profilev1.ReasonRetrying, "still busy"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.server.Fault(func(eks.Request) faults.Fault { return test.fault })
			f.wantTold(editorOn(f.role("r"), ""), test.kind, test.reason, test.says)
		})
	}
}

// What EKS itself says no to, without any order to fail.
func TestWhatEKSRefusesIsExplained(t *testing.T) {
	all := []string{"eks:*", "iam:*"}
	tests := map[string]struct {
		role    func(f *fixture) string
		allowed []iamsts.Permission
		reason  string
		says    string
	}{
		"no such role": {func(*fixture) string { return aliceRole }, nil, profilev1.ReasonIdentityNotFound, "AWS has no role " + aliceRole + ". Create it"},
		"a namesake under another path": {func(f *fixture) string { f.role("alice"); return "arn:aws:iam::123456789012:role/x/alice" }, nil,
			profilev1.ReasonIdentityNotFound, "AWS has no role arn:aws:iam::123456789012:role/x/alice"},
		"a role for machines": {func(f *fixture) string { return f.account.AddRole("m", "/", machinesPolicy, nil) }, nil,
			profilev1.ReasonIdentityRejected, "must allow the service pods.eks.amazonaws.com the actions sts:AssumeRole and sts:TagSession"},
		"another account": {func(*fixture) string { return "arn:aws:iam::210987654321:role/r" }, nil, profilev1.ReasonRoleInAnotherAccount, "the other one in targetRoleArn"},
		"no listing": {func(f *fixture) string { return f.role("r") }, []iamsts.Permission{{Actions: []string{"iam:*"}, Resources: []string{"*"}}},
			profilev1.ReasonPermissionMissing, "eks:ListPodIdentityAssociations for the cluster prod"},
		"no creation": {func(f *fixture) string { return f.role("r") }, []iamsts.Permission{{Actions: []string{"eks:List*", "iam:*"}, Resources: []string{"*"}}},
			profilev1.ReasonPermissionMissing, "eks:CreatePodIdentityAssociation for the cluster prod"},
		"no passing": {func(f *fixture) string { return f.role("r") }, []iamsts.Permission{{Actions: all, Resources: []string{"arn:aws:eks:*"}}},
			profilev1.ReasonPermissionMissing, "may not call iam:PassRole on arn:aws:iam::123456789012:role/r"},
		"no looking": {func(f *fixture) string { return f.role("r") }, []iamsts.Permission{{Actions: []string{"eks:*", "iam:PassRole"}, Resources: []string{"*"}}},
			profilev1.ReasonPermissionMissing, "may not call iam:GetRole on arn:aws:iam::123456789012:role/r"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			if test.allowed != nil {
				f.client = client(t, f.server.ConfigFor(f.account.AddUser("controller", test.allowed...)))
			}
			f.wantTold(editorOn(test.role(f), ""), plugin.Refused, test.reason, test.says)
		})
	}
}

func TestThePermissionsOfTheDocumentationAreEnough(t *testing.T) {
	f := start(t)
	f.client = client(t, f.server.ConfigFor(f.account.AddUser("controller",
		iamsts.Permission{Actions: []string{"eks:ListPodIdentityAssociations", "eks:CreatePodIdentityAssociation"},
			Resources: []string{"arn:aws:eks:us-east-1:123456789012:cluster/prod"}},
		iamsts.Permission{Actions: []string{"eks:DescribePodIdentityAssociation", "eks:UpdatePodIdentityAssociation", "eks:DeletePodIdentityAssociation", "eks:TagResource"},
			Resources: []string{"arn:aws:eks:us-east-1:123456789012:podidentityassociation/prod/*"}},
		iamsts.Permission{Actions: []string{"iam:PassRole", "iam:GetRole"}, Resources: []string{"arn:aws:iam::123456789012:role/profiles/*"}})))
	a := f.account.AddRole("a", "/profiles/", podsPolicy, nil)
	b := f.account.AddRole("b", "/profiles/", podsPolicy, nil)
	f.MustApply("alice", editorOn(a, ""))
	f.MustApply("alice", editorOn(b, targetRole))
	f.MustRevoke("alice", editorOn(a, ""))
	f.MustRevoke("alice", editorOn(b, targetRole))
	f.wantNone("alice")
}

func TestWhyEKSCannotBeAskedIsExplained(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tests := map[string]struct {
		change func(*fixture, *aws.Config)
		kind   plugin.ErrorKind
		reason string
		says   string
	}{
		"no credentials": {func(_ *fixture, c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("no EC2 IMDS role found, request 4711")
			})
		}, plugin.Refused, profilev1.ReasonCredentialsMissing, "has no AWS credentials"},
		"no region": {func(_ *fixture, c *aws.Config) { c.Region = "" }, plugin.Refused, profilev1.ReasonClusterNotFound, "Set AWS_REGION"},
		"a wrong secret": {func(f *fixture, c *aws.Config) {
			*c = f.server.ConfigFor(iamsts.Credentials{AccessKeyID: f.account.Credentials().AccessKeyID, SecretAccessKey: "x"})
		}, plugin.Refused, profilev1.ReasonCredentialsMissing, "(InvalidSignatureException)"},
		"an unknown key": {func(f *fixture, c *aws.Config) {
			*c = f.server.ConfigFor(iamsts.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: "x"})
		}, plugin.Refused, profilev1.ReasonCredentialsMissing, "(UnrecognizedClientException)"},
		"nobody listens": {func(_ *fixture, c *aws.Config) { c.BaseEndpoint = &closed.URL }, plugin.Retry, profilev1.ReasonRetrying, "could not be reached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			config := f.server.Config()
			test.change(f, &config)
			f.client = client(t, config)
			f.wantTold(editorOn(f.role("r"), ""), test.kind, test.reason, test.says)
			if err := f.Revoke(t.Context(), "alice", editorOn(aliceRole, "")); err == nil {
				t.Error("what could not be asked for counts as taken back")
			}
		})
	}
}

// Proxies in front of EKS answer in forms of their own.
func TestAnswersThatAreNotEKSs(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		kind   plugin.ErrorKind
		reason string
	}{
		"not allowed":          {403, "<html>no</html>", plugin.Refused, profilev1.ReasonPermissionMissing},
		"no page":              {404, "<html>not found</html>", plugin.Retry, profilev1.ReasonRetrying},
		"too many":             {429, "", plugin.Retry, profilev1.ReasonBinding},
		"a broken proxy":       {502, "<html>bad gateway</html>", plugin.Retry, profilev1.ReasonRetrying},
		"a page that is not":   {200, "<html>log in</html>", plugin.Retry, profilev1.ReasonRetrying},
		"an empty association": {200, `{"associations":[{"associationId":"a-1","namespace":"alice","serviceAccount":"default-editor"},{"associationId":"a-1","namespace":"bob","serviceAccount":"default-editor"}]}`, plugin.Retry, profilev1.ReasonRetrying},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			imitation := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer imitation.Close()
			f := start(t)
			config := f.server.Config()
			config.BaseEndpoint = &imitation.URL
			f.client = client(t, config)
			f.wantTold(editorOn(f.role("r"), ""), test.kind, test.reason, "")
			if err := f.Revoke(t.Context(), "alice", editorOn(aliceRole, "")); err == nil {
				t.Error("a page that is not EKS's counts as taken back")
			}
		})
	}
}

func TestARefusalIsAskedForOnceForAllWhoShareIt(t *testing.T) {
	tests := map[string]struct {
		prepare func(*fixture) plugin.Binding
		want    map[string]int
	}{
		"no such cluster": {func(f *fixture) plugin.Binding { f.server.RemoveCluster(testCluster); return editorOn(f.role("r"), "") }, nothingIs},
		"no such role":    {func(f *fixture) plugin.Binding { return editorOn(aliceRole, "") }, madeAnew},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			b := test.prepare(f)
			for _, profile := range plugintest.Profiles(20) {
				if err := f.Apply(t.Context(), profile, b); err == nil {
					t.Fatal("it was done")
				}
			}
			f.wantRequests(test.want)
		})
	}
	f := start(t)
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", editorOn(aliceRole, "")), profilev1.ReasonIdentityNotFound)
	f.MustApply("alice", editorOn(f.role("r"), ""))
	f.memory.timing.Failure = 0
	f.role("alice")
	f.MustApply("alice", editorOn(aliceRole, ""))
}

func TestARevokeInAClusterThatIsGoneSucceeds(t *testing.T) {
	f := start(t)
	b := editorOn(f.role("r"), "")
	f.MustApply("alice", b)
	f.server.RemoveCluster(testCluster)
	f.MustRevoke("alice", b)
}

func TestAnAnswerWithAnotherRoleIsNotTakenForTheRightOne(t *testing.T) {
	f := start(t)
	f.MustApply("alice", editorOn(f.role("r"), targetRole))
	f.client = keepsTarget{f.client}
	plugintest.WantRefusal(t, f.Apply(t.Context(), "alice", editorOn(f.role("r"), "")), profilev1.ReasonIdentityRejected)
}

// keepsTarget is an EKS that takes an empty target role for one that is not given.
type keepsTarget struct{ EKS }

func (k keepsTarget) UpdatePodIdentityAssociation(ctx context.Context, in *sdk.UpdatePodIdentityAssociationInput, o ...func(*sdk.Options)) (*sdk.UpdatePodIdentityAssociationOutput, error) {
	if aws.ToString(in.TargetRoleArn) == "" {
		in.TargetRoleArn = nil
	}
	return k.EKS.UpdatePodIdentityAssociation(ctx, in, o...)
}
