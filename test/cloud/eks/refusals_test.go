package eks

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestARoleIsCheckedWhenItIsAssociated(t *testing.T) {
	c := start(t, Options{})
	with := func(name, statements string) string {
		return c.account.AddRole(name, "/x/", `{"Version":"2012-10-17","Statement":`+statements+`}`, nil)
	}
	const pods = `"Principal":{"Service":"pods.eks.amazonaws.com"}`
	tests := map[string]struct{ role, says string }{
		"good":                  {with("good", `{"Effect":"Allow",`+pods+`,"Action":["sts:AssumeRole","sts:TagSession"]}`), ""},
		"in two statements":     {with("two", `[{"Effect":"Allow",`+pods+`,"Action":"sts:AssumeRole"},{"Effect":"Allow",`+pods+`,"Action":"sts:TagSession"}]`), ""},
		"by wildcard":           {with("wild", `[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","pods.eks.amazonaws.com"]},"Action":"sts:*"}]`), ""},
		"without tagging":       {with("untagged", `{"Effect":"Allow",`+pods+`,"Action":"sts:AssumeRole"}`), "Trust policy"},
		"denied":                {with("denied", `{"Effect":"Deny",`+pods+`,"Action":["sts:AssumeRole","sts:TagSession"]}`), "Trust policy"},
		"for machines":          {with("machines", `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}`), "Trust policy"},
		"not there":             {"arn:aws:iam::123456789012:role/none", "does not exist"},
		"under another path":    {"arn:aws:iam::123456789012:role/good", "does not exist"},
		"in another account":    {"arn:aws:iam::210987654321:role/x/good", "Cross-account"},
		"in another partition":  {"arn:aws-cn:iam::123456789012:role/x/good", "Cross-account"},
		"no role, but the root": {"arn:aws:iam::123456789012:root", "Cross-account"},
	}
	id := c.create("bob", "default-editor", tests["good"].role)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, created := c.CreatePodIdentityAssociation(t.Context(), request("alice", strings.ReplaceAll(name, " ", "-"), test.role))
			_, updated := c.UpdatePodIdentityAssociation(t.Context(), &sdk.UpdatePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: &id, RoleArn: &test.role})
			for _, err := range []error{created, updated} {
				if test.says == "" {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				wantError[*types.InvalidParameterException](t, err)
				if err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("it says %v, want %q", err, test.says)
				}
			}
		})
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	c := start(t, Options{})
	role := c.role("r")
	id := c.create("bob", "default-editor", role)
	tagged := request("alice", "default-editor", role)
	tagged.Tags = map[string]string{"AWS:x": "y"}
	_, err := c.CreatePodIdentityAssociation(t.Context(), tagged)
	wantError[*types.BadRequestException](t, err)
	tagged.Tags = map[string]string{"role": "a,b"}
	_, err = c.CreatePodIdentityAssociation(t.Context(), tagged)
	wantError[*types.BadRequestException](t, err)
	_, err = c.CreatePodIdentityAssociation(t.Context(), request("alice", "", role))
	wantError[*types.InvalidParameterException](t, err)
	_, err = c.UpdatePodIdentityAssociation(t.Context(), &sdk.UpdatePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: &id})
	wantError[*types.InvalidParameterException](t, err)
	_, err = c.UpdatePodIdentityAssociation(t.Context(), &sdk.UpdatePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: &id, TargetRoleArn: aws.String("lake")})
	wantError[*types.InvalidParameterException](t, err)
	_, err = c.DeletePodIdentityAssociation(t.Context(), &sdk.DeletePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: aws.String("a-none")})
	wantError[*types.ResourceNotFoundException](t, err)
	_, err = c.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: aws.String("arn:aws:eks:us-east-1:123456789012:podidentityassociation/prod/a-none"), Tags: tagged.Tags})
	wantError[*types.NotFoundException](t, err)
	if n := len(c.server.Changes()); n != 1 {
		t.Errorf("there were %d changes, want the one creation", n)
	}
}

func TestPermissionsAreAskedFor(t *testing.T) {
	const cluster, role = "arn:aws:eks:us-east-1:123456789012:cluster/prod", "arn:aws:iam::123456789012:role/r"
	const anyOfThem = "arn:aws:eks:us-east-1:123456789012:podidentityassociation/prod/*"
	may := func(resource string, actions ...string) iamsts.Permission {
		return iamsts.Permission{Actions: actions, Resources: []string{resource}}
	}
	tests := map[string]struct {
		permissions []iamsts.Permission
		tags        map[string]string
		missing     string
	}{
		"all":                {[]iamsts.Permission{may(cluster, "eks:CreatePodIdentityAssociation"), may(anyOfThem, "eks:TagResource"), may(role, "iam:PassRole", "iam:GetRole")}, map[string]string{"a": "b"}, ""},
		"none":               {nil, nil, "eks:CreatePodIdentityAssociation"},
		"another cluster":    {[]iamsts.Permission{may(cluster+"-2", "*"), may(role, "*")}, nil, "eks:CreatePodIdentityAssociation"},
		"another role":       {[]iamsts.Permission{may(cluster, "*"), may(role+"-2", "*")}, nil, "iam:PassRole"},
		"passing alone":      {[]iamsts.Permission{may(cluster, "*"), may(role, "iam:PassRole")}, nil, "iam:GetRole"},
		"no tags, no tagger": {[]iamsts.Permission{may(cluster, "eks:Create*"), may(role, "iam:*")}, nil, ""},
		"tags and no tagger": {[]iamsts.Permission{may(cluster, "eks:Create*"), may(role, "iam:*")}, map[string]string{"a": "b"}, "eks:TagResource"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := start(t, Options{})
			asked := request("alice", "default-editor", c.role("r"))
			asked.Tags = test.tags
			_, err := c.as(c.account.AddUser("u", test.permissions...)).CreatePodIdentityAssociation(t.Context(), asked)
			if test.missing == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError[*types.AccessDeniedException](t, err)
			if err != nil && !strings.Contains(err.Error(), "perform: "+test.missing+" on") {
				t.Errorf("it says %v, want %s", err, test.missing)
			}
		})
	}
}

func TestSignaturesAreVerified(t *testing.T) {
	c := start(t, Options{})
	good := c.account.Credentials()
	for code, credentials := range map[string]iamsts.Credentials{
		"InvalidSignatureException":   {AccessKeyID: good.AccessKeyID, SecretAccessKey: "x"},
		"UnrecognizedClientException": {AccessKeyID: "AKIAX", SecretAccessKey: "x"},
	} {
		_, err := c.as(credentials).ListClusters(t.Context(), &sdk.ListClustersInput{})
		if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	response, err := http.Get(c.server.URL() + "/clusters") //nolint:noctx // A request without any of the SDK's care.
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != 403 || response.Header.Get("X-Amzn-ErrorType") != "MissingAuthenticationTokenException" {
		t.Errorf("without a signature: %s %s", response.Status, text)
	}
	http.DefaultClient.CloseIdleConnections()
	if got := c.server.Requests(); len(got) > 0 {
		t.Errorf("counted %v", got)
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault    faults.Fault
		done     bool
		answered bool
	}{
		"none":                {faults.Fault{}, true, true},
		"throttled":           {Throttle(), false, false},
		"an error":            {ServerError(), false, false},
		"an error, and done":  {ServerError().ThoughDone(), true, false},
		"cut before":          {faults.CutBefore(), false, false},
		"cut after":           {faults.CutAfter(), true, false},
		"late":                {faults.Delay(time.Millisecond), true, true},
		"late and cut after":  {faults.CutAfter().After(time.Millisecond), true, false},
		"stale, but a change": {faults.Stale(), true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := start(t, Options{})
			var seen Request
			c.server.Fault(func(r Request) faults.Fault {
				seen = r
				return test.fault
			})
			_, err := c.CreatePodIdentityAssociation(t.Context(), request("alice", "default-editor", c.role("r")))
			if done := len(c.server.Associations()) == 1; done != test.done || (err == nil) != test.answered {
				t.Errorf("done %t, answered with %v", done, err)
			}
			if want := (Request{"CreatePodIdentityAssociation", "prod", "alice", "default-editor", 1}); seen != want {
				t.Errorf("the fault was decided on %+v, want %+v", seen, want)
			}
		})
	}
}

func TestStaleReadsShowWhatWasBefore(t *testing.T) {
	c := start(t, Options{})
	id := c.create("alice", "default-editor", c.role("r"))
	c.server.Edit(id, func(a *Association) { a.Role = "changed" })
	c.server.Fault(func(Request) faults.Fault { return faults.Stale() })
	describe := &sdk.DescribePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: &id}
	if read, err := c.DescribePodIdentityAssociation(t.Context(), describe); err != nil || *read.Association.RoleArn != c.role("r") {
		t.Errorf("stale: %v, %v", read, err)
	}
	c.server.Disassociate(id)
	if read, err := c.DescribePodIdentityAssociation(t.Context(), describe); err != nil || *read.Association.RoleArn != "changed" {
		t.Errorf("stale after the deletion: %v, %v", read, err)
	}
	c.server.Fault(nil)
	_, err := c.DescribePodIdentityAssociation(t.Context(), describe)
	wantError[*types.ResourceNotFoundException](t, err)
}
