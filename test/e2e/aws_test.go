package e2e

import (
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const roleAnnotation = "eks.amazonaws.com/role-arn"

func TestAProfileGetsItsRoleAndNoOtherProfileDoes(t *testing.T) {
	f := withController(t)
	arn := f.role("irsa-journey", guidePolicy())
	f.create(MakeProfile("irsa-a").AWS(arn).Obj(), MakeProfile("irsa-b").Obj())
	f.awaitIdentity("irsa-a", arn)
	f.awaitReady("irsa-b")
	mustEqual(f.t, "annotation", live(f, accountNamed("irsa-a", "default-editor")).Annotations[roleAnnotation], arn)
	f.mustAssume(arn, "irsa-a", "default-editor")
	f.mustNotAssume(arn, "irsa-a", "default-viewer")
	f.mustNotAssume(arn, "irsa-b", "default-editor")

	change(f, profileNamed("irsa-a"), func(p *profilev1.Profile) { p.Spec.Plugins = nil })
	f.awaitIdentity("irsa-a")
	f.mustNotAssume(arn, "irsa-a", "default-editor")
	if value, there := live(f, accountNamed("irsa-a", "default-editor")).Annotations[roleAnnotation]; there {
		t.Errorf("the account is still annotated with %s", value)
	}
	if policy := aws.TrustPolicy("irsa-journey"); strings.Contains(policy, "irsa-a") {
		t.Errorf("the trust policy still names the Profile: %s", policy)
	}
}
