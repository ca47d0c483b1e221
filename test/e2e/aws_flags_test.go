package e2e

import (
	"errors"
	"fmt"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestOnlyTaggedRolesAreOpened has Profiles name roles that were not meant for them. What
// was bound before the tag was required can still be taken back.
func TestOnlyTaggedRolesAreOpened(t *testing.T) {
	f := withAWS(t)
	former := f.role("tag-former", handMadePolicy())
	f.create(MakeProfile("tag-former").AWS(former).Obj())
	f.awaitIdentity("tag-former", former)

	f = withAWS(t, "-aws-require-role-tag")
	const key = "kubeflow.org/profile"
	own := aws.AddRole("tag-own", "/", handMadePolicy(), map[string]string{key: "tag-own", "other": "tag"})
	anyones := aws.AddRole("tag-any", "/", handMadePolicy(), map[string]string{key: "*"})
	for role, tags := range map[string]map[string]string{
		"tag-none": nil, "tag-neighbor": {key: "tag-own"}, "tag-prefix": {key: "tag-*"}, "tag-case": {"Kubeflow.org/Profile": "tag-case"}, "tag-empty": {key: ""},
	} {
		arn := aws.AddRole(role, "/", handMadePolicy(), tags)
		f.create(MakeProfile(role).AWS(arn).Obj())
	}
	f.create(MakeProfile("tag-own").AWS(own).Obj(), MakeProfile("tag-guest").AWS(anyones).Obj())
	f.awaitIdentity("tag-own", own)
	f.awaitIdentity("tag-guest", anyones)
	for _, role := range []string{"tag-none", "tag-neighbor", "tag-prefix", "tag-case", "tag-empty"} {
		c := f.awaitCondition(role, profilev1.ConditionIdentityReady, profilev1.ReasonRoleNotTagged)
		f.mustSay(c.Message, "does not have the tag "+key+"="+role, "aws iam tag-role --role-name "+role+" --tags Key="+key+",Value="+role)
		mustEqual(t, "states of "+role, len(aws.History(role)), 1)
		f.mustBeAnnotated(role, editor, nil)
	}
	f.remove(profileNamed("tag-former"), profileNamed("tag-none"))
	f.awaitGone(profileNamed("tag-former"), profileNamed("tag-none"))
	f.mustNotAdmit("tag-former", editorOf("tag-former"))
}

// TestTheDefaultRole is the installation's, for Profiles that name none. It is nobody's
// wish and so stands in nobody's spec.
func TestTheDefaultRole(t *testing.T) {
	f := withAWS(t, "-aws-default-role=arn:aws:iam::123456789012:role/team-{profile}")
	arn, own := f.role("team-ordinary", handMadePolicy()), f.role("special-role", handMadePolicy())
	f.role("team-special", handMadePolicy())
	f.create(MakeProfile("ordinary").Obj(), MakeProfile("special").AWS(own).Obj())
	f.awaitIdentity("ordinary", arn)
	f.awaitIdentity("special", own)
	f.mustBeAnnotated("ordinary", editor, toRole(arn))
	f.mustAssume(arn, "ordinary", editor)
	f.mustNotAssume(arn, "special", editor)
	mustEqual(t, "requests about a default that is not wanted", aws.RequestsFor("team-special"), nil)
	p := f.profile("ordinary")
	mustEqual(t, "plugins", p.Spec.Plugins, nil)
	mustEqual(t, "generation", p.Generation, 1)

	f = withAWS(t)
	f.awaitIdentity("ordinary")
	f.mustNotAssume(arn, "ordinary", editor)
	f.mustBeAnnotated("ordinary", editor, nil)
}

// TestAFullTrustPolicy has room for two subjects. The third is told so, and costs the
// others nothing; when one goes, there is room for it.
func TestAFullTrustPolicy(t *testing.T) {
	f := withAWS(t, "-aws-trust-policy-limit=700")
	arn := f.role("full", guidePolicy())
	names := []string{"full-1", "full-2", "full-3", "full-4", "full-5", "full-6", "full-7", "full-8", "full-9"}
	var inside []string
	outside := ""
	for _, name := range names {
		f.create(MakeProfile(name).AWS(arn).Obj())
		f.eventually(name+" is bound or told why not", func() error {
			if c := condition(f.profile(name), profilev1.ConditionIdentityReady); c.Reason != profilev1.ReasonApplied && c.Reason != profilev1.ReasonTrustPolicyLimitExceeded {
				return fmt.Errorf("the condition is %+v", c)
			}
			return nil
		})
		if condition(f.profile(name), profilev1.ConditionIdentityReady).Reason == profilev1.ReasonTrustPolicyLimitExceeded {
			outside = name
			break
		}
		inside = append(inside, name)
	}
	if len(inside) < 2 || outside == "" {
		t.Fatalf("%d Profiles found room, and %q found none; want at least two, and one", len(inside), outside)
	}
	f.mustSay(condition(f.profile(outside), profilev1.ConditionIdentityReady).Message, "has no room for "+editorOf(outside),
		fmt.Sprintf("the %d subjects of this cluster that it names", len(inside)), "700 characters", "-aws-trust-policy-limit", "EKS Pod Identity")
	f.awaitEvent("Profile", outside, profilev1.ReasonTrustPolicyLimitExceeded)
	f.mustNotAssume(arn, outside, editor)
	f.mustBeAnnotated(outside, editor, nil)
	for _, name := range inside {
		f.mustAssume(arn, name, editor)
		f.awaitIdentity(name, arn)
	}

	f.remove(profileNamed(inside[0]))
	f.awaitGone(profileNamed(inside[0]))
	f.touch(outside)
	f.awaitIdentity(outside, arn)
	f.mustAssume(arn, outside, editor)
	if err := f.assume(arn, inside[1], editor); err != nil {
		t.Error(errors.Join(errors.New("the others must keep their role"), err))
	}
}
