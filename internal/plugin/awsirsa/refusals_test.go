package awsirsa

import (
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

func TestAMissingRoleCostsOneRequestForAllProfiles(t *testing.T) {
	f := start(t)
	b := bindingTo("arn:aws:iam::123456789012:role/missing")
	early, late := plugintest.Profiles(50)[:25], plugintest.Profiles(50)[25:]
	f.InLine(early, b)
	for _, err := range append(f.Together(early, f.Apply, b), f.Together(late, f.Apply, b)...) {
		plugintest.WantRefusal(t, err, profilev1.ReasonIdentityNotFound)
	}
	if err := f.Settle("alice", f.Revoke, b); err != nil {
		t.Errorf("revoke on a role that is known to be missing: %v", err)
	}
	f.wantRequests("missing", 1, 0)
}

func TestRevokeForAMissingRoleSucceeds(t *testing.T) {
	f := start(t)
	f.MustRevoke("alice", bindingTo("arn:aws:iam::123456789012:role/missing"))
	f.wantRequests("missing", 1, 0)
}

func TestANamesakeInAnotherPlaceIsNotTouched(t *testing.T) {
	f := start(t)
	f.server.AddRole("r", "/team/", foreignPolicy, nil)
	for _, arn := range []string{"arn:aws:iam::123456789012:role/r", "arn:aws:iam::999999999999:role/team/r"} {
		message := plugintest.WantRefusal(t, f.Settle("alice", f.Apply, bindingTo(arn)), profilev1.ReasonRoleInAnotherAccount)
		if !strings.Contains(message, "annotateOnly: true") {
			t.Errorf("the message %q has no way out", message)
		}
		f.MustRevoke("bob", bindingTo(arn))
	}
	f.wantRequests("r", 2, 0)
}

func TestOnlyTaggedRolesAreOpenedWhereTagsAreRequired(t *testing.T) {
	tests := map[string]struct {
		tags   map[string]string
		opened bool
	}{
		"no tag":              {nil, false},
		"another Profile's":   {map[string]string{TagKey: "bob"}, false},
		"an empty one":        {map[string]string{TagKey: ""}, false},
		"its own":             {map[string]string{TagKey: "alice"}, true},
		"everybody's":         {map[string]string{TagKey: "*"}, true},
		"a name with pattern": {map[string]string{TagKey: "ali*"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(o *Options) { o.RequireRoleTag = true })
			b := bindingTo(f.server.AddRole("r", "/", foreignPolicy, test.tags))
			err := f.Settle("alice", f.Apply, b)
			if test.opened != f.admits("r", "alice") || test.opened != (err == nil) {
				t.Errorf("error %v, admitted %t; want admitted %t", err, f.admits("r", "alice"), test.opened)
			}
			if !test.opened {
				message := plugintest.WantRefusal(t, err, profilev1.ReasonRoleNotTagged)
				if !strings.Contains(message, "aws iam tag-role --role-name r --tags Key="+TagKey+",Value=alice") {
					t.Errorf("the message %q has no command to copy", message)
				}
				f.wantRequests("r", 1, 0)
			}
		})
	}
}

func TestAMissingTagHoldsUpNeitherOthersNorTheWayOut(t *testing.T) {
	server := startAccount(t, iamsts.Options{})
	b := bindingTo(server.AddRole("r", "/", foreignPolicy, map[string]string{TagKey: "alice"}))
	before := startOn(t, server)
	before.MustApply("bob", b)
	before.Stop()

	f := startOn(t, server, func(o *Options) { o.RequireRoleTag = true })
	f.InLine([]string{"carol", "alice"}, b)
	plugintest.WantRefusal(t, f.Settle("carol", f.Apply, b), profilev1.ReasonRoleNotTagged)
	f.MustApply("alice", b)
	f.MustRevoke("bob", b)
	if !f.admits("r", "alice") || f.admits("r", "bob") || f.admits("r", "carol") {
		t.Errorf("the policy admits the wrong ones:\n%s", server.TrustPolicy("r"))
	}
}

func TestAPolicyThatCannotBeReadIsLeftAlone(t *testing.T) {
	f := start(t)
	b := f.role("r", `{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}`)
	plugintest.WantRefusal(t, f.Settle("alice", f.Apply, b), profilev1.ReasonTrustPolicyInvalid)
	f.wantRequests("r", 1, 0)
}
