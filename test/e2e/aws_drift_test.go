package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestAChangedTrustPolicyIsRepaired has somebody take the Profiles out of a role. What
// they did besides stays.
func TestAChangedTrustPolicyIsRepaired(t *testing.T) {
	f := withAWS(t, "-aws-drift-check-interval=2s")
	arn := f.role("tampered", handMadePolicy())
	f.create(MakeProfile("tampered-a").AWS(arn).Obj(), MakeProfile("tampered-b").AWS(arn).Obj())
	f.awaitIdentity("tampered-a", arn)
	f.awaitIdentity("tampered-b", arn)
	bystander := `{"Sid":"Added","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`
	for what, policy := range map[string]string{
		"somebody adds a statement and drops ours": handMadePolicy(bystander),
		"somebody drops one of the two":            strings.Replace(aws.TrustPolicy("tampered"), editorOf("tampered-a"), "system:serviceaccount:other:other", 1),
	} {
		if err := aws.SetTrustPolicy("tampered", policy); err != nil {
			t.Fatal(err)
		}
		f.eventually(what+", and it is repaired", func() error {
			if !admits("tampered", editorOf("tampered-a")) || !admits("tampered", editorOf("tampered-b")) {
				return errors.New(aws.TrustPolicy("tampered"))
			}
			return nil
		})
		f.mustKeep("tampered", handMade()...)
		if strings.Contains(policy, bystander) {
			f.mustKeep("tampered", bystander)
		}
	}
	f.mustAssume(arn, "tampered-a", editor)
	f.mustNotWarn("tampered-a")

	aws.RemoveRole("tampered")
	f.awaitCondition("tampered-b", profilev1.ConditionIdentityReady, profilev1.ReasonIdentityNotFound)
	f.awaitEvent("Profile", "tampered-b", profilev1.ReasonIdentityNotFound)
	f.remove(profileNamed("tampered-a"), profileNamed("tampered-b"))
	f.awaitGone(profileNamed("tampered-a"), profileNamed("tampered-b"))
}

// TestAnOpenedRoleIsClosedAgain has somebody add what the guides create, which lets every
// account of the cluster in, and a decision of their own, which stays.
func TestAnOpenedRoleIsClosedAgain(t *testing.T) {
	f := withAWS(t, "-aws-drift-check-interval=2s")
	arn := f.role("widened-role", handMadePolicy())
	f.create(MakeProfile("widened-role").AWS(arn).Obj())
	f.awaitIdentity("widened-role", arn)
	decision := fmt.Sprintf(`{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"%s:sub":"system:serviceaccount:decided-*:*"}}}`,
		aws.ProviderARN(clusterIssuer), issuerKey())
	policy := strings.Replace(aws.TrustPolicy("widened-role"), handMade()[1], strings.Join([]string{handMade()[1], webIdentityStatement(""), decision}, ","), 1)
	if err := aws.SetTrustPolicy("widened-role", policy); err != nil {
		t.Fatal(err)
	}
	f.mustAdmit("widened-role", editorOf("stranger"))
	f.eventually("the role is closed", func() error {
		if admits("widened-role", editorOf("stranger")) {
			return errors.New(aws.TrustPolicy("widened-role"))
		}
		return nil
	})
	f.mustAdmit("widened-role", editorOf("widened-role"), subjectOf("decided-by-hand", "any"))
	f.mustKeep("widened-role", append(handMade(), decision)...)
}

// TestARestartForgetsNothingThatIsWrong has a new controller that would look at the role only much
// later, and knows no more of it than the status says.
func TestARestartForgetsNothingThatIsWrong(t *testing.T) {
	f := withAWS(t, "-aws-drift-check-interval=2s")
	arn := f.role("lost", guidePolicy())
	f.create(MakeProfile("lost").AWS(arn).Obj())
	f.awaitIdentity("lost", arn)
	aws.RemoveRole("lost")
	f.awaitCondition("lost", profilev1.ConditionReady, profilev1.ReasonIdentityNotFound)
	f.stop()

	before := aws.RequestsFor("lost")["GetRole"]
	seen := f.everyVersionOf("lost")
	f.start("-aws-drift-check-interval=9999h")
	f.eventually("the role is asked for", func() error {
		if aws.RequestsFor("lost")["GetRole"] == before {
			return errors.New("it is not")
		}
		return nil
	})
	f.settle()
	for _, p := range seen() {
		if ready := condition(p, profilev1.ConditionReady); ready.Status != metav1.ConditionFalse || ready.Reason != profilev1.ReasonIdentityNotFound {
			t.Errorf("without its role it is told to be %+v", ready)
		}
	}
	f.remove(profileNamed("lost"))
	f.awaitGone(profileNamed("lost"))
}
