package awsirsa

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestManyProfilesOnOneRoleCostOneWrite(t *testing.T) {
	f := start(t)
	b := f.role("shared", foreignPolicy)
	names := plugintest.Profiles(25)
	f.InLine(names, b)
	for i, err := range f.Together(names, f.Apply, b) {
		if err != nil || !f.admits("shared", names[i]) {
			t.Errorf("%s: error %v, admitted %t", names[i], err, f.admits("shared", names[i]))
		}
	}
	f.wantRequests("shared", 2, 1)
}

func TestThrottlingIsToldCountedAndPasses(t *testing.T) {
	f := start(t)
	b := f.role("r", foreignPolicy)
	throttled := 0
	f.server.Fault(func(iamsts.Request) iamsts.Fault {
		if throttled < 3 {
			throttled++
			return iamsts.Throttle()
		}
		return iamsts.Fault{}
	})
	var told []string
	err := f.Settle("alice", func(ctx context.Context, profile string, b plugin.Binding) error {
		err := f.Apply(ctx, profile, b)
		if err != nil {
			told = append(told, plugin.AsError(err).Message)
		}
		return err
	}, b)
	if err != nil || !f.admits("r", "alice") {
		t.Fatalf("error %v, admitted %t", err, f.admits("r", "alice"))
	}
	if !slices.ContainsFunc(told, func(m string) bool { return strings.Contains(m, "called less often") }) {
		t.Errorf("the Profile was told only %q", told)
	}
	if f.requests.Counts()["GetRole throttled"] != 3 || f.requests.Counts()["UpdateAssumeRolePolicy ok"] != 1 {
		t.Errorf("requests were counted as %v", f.requests.Counts())
	}
}

func TestAnnotateOnlySendsNothing(t *testing.T) {
	f := start(t, func(o *Options) {
		o.Issuer = func(context.Context) (string, error) {
			t.Error("the issuer was asked for, though it is not needed")
			return "", nil
		}
	})
	planned, err := f.Plan(t.Context(), "alice", []byte(`{"awsIamRole":"arn:aws:iam::999999999999:role/far","annotateOnly":true}`))
	if err != nil || len(planned) != 1 {
		t.Fatalf("planned %v, %v", planned, err)
	}
	again, err := f.Check(t.Context(), "alice", planned[0])
	for _, err := range []error{f.Apply(t.Context(), "alice", planned[0]), err, f.Revoke(t.Context(), "alice", planned[0])} {
		if err != nil {
			t.Error(err)
		}
	}
	if len(f.server.Requests()) > 0 || again != 0 {
		t.Errorf("AWS got %v; Check wants to be called again after %s", f.server.Requests(), again)
	}
}
