package e2e

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const userHeader = "request.headers[x-goog-authenticated-user-email]"

func TestAUserOwnsTheRoom(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("of-user").Owner("ute@example.com").Obj())
	f.awaitReady("of-user")
	f.awaitAllowed("the owner who creates a secret", f.creating(f.as("ute@example.com"), MakeSecret("of-user", "s")))
	f.awaitAllowed("the owner who lets somebody in", f.creating(f.as("ute@example.com"),
		MakeBinding("of-user", "guest", "kubeflow-view", user("guest@example.com"))))
	f.mustBeDenied("somebody else who reads secrets", f.reading(f.as("somebody@example.com"), "of-user"))
}

func TestAServiceAccountOwnsTheRoom(t *testing.T) {
	f := withController(t)
	f.create(MakeNamespace("robots", ""), accountNamed("robots", "ci"), accountNamed("robots", "other"))
	f.create(MakeProfile("of-account").AccountOwner("robots", "ci").Obj())
	f.awaitReady("of-account")

	mustEqual(t, "subjects", live(f, bindingNamed("of-account", ownerAdmin)).Subjects, []rbacv1.Subject{account("robots", "ci")})
	mustNameOwner(f, "of-account", "ci")
	mustHaveRules(t, live(f, policyIn("of-account")), roomRules("of-account", userHeader, "accounts.google.com:system:serviceaccount:robots:ci"))
	f.awaitAllowed("the owner who reads secrets", f.reading(f.asAccount("robots", "ci"), "of-account"))
	f.mustBeDenied("another service account that reads secrets", f.reading(f.asAccount("robots", "other"), "of-account"))
}

func TestAGroupOwnsTheRoom(t *testing.T) {
	f := withController(t, "-groups-claim=teams")
	f.create(MakeProfile("of-group").GroupOwner("data-science").Obj())
	f.awaitReady("of-group")

	mustEqual(t, "subjects", live(f, bindingNamed("of-group", ownerAdmin)).Subjects,
		[]rbacv1.Subject{{Kind: "Group", APIGroup: rbacv1.GroupName, Name: "data-science"}})
	mustNameOwner(f, "of-group", "data-science")
	mustHaveRules(t, live(f, policyIn("of-group")), roomRules("of-group", "request.auth.claims[teams]", "data-science"))
	f.awaitAllowed("a member who reads secrets", f.reading(f.as("member@example.com", "other", "data-science"), "of-group"))
	f.mustBeDenied("a non-member who reads secrets", f.reading(f.as("stranger@example.com", "other"), "of-group"))
	f.mustBeDenied("a user with the group's name who reads secrets", f.reading(f.as("data-science"), "of-group"))
}

func TestTheGroupsClaimIsGroupsByDefault(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("of-claim").GroupOwner("team").Obj())
	f.awaitReady("of-claim")
	mustHaveRules(t, live(f, policyIn("of-claim")), roomRules("of-claim", "request.auth.claims[groups]", "team"))
}

func TestAChangeOfOwnerHandsTheRoomOver(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("handed").Owner("former@example.com").Quota("pods", "9").Obj())
	f.awaitReady("handed")
	former := f.as("former@example.com")
	f.awaitAllowed("the owner who reads secrets", f.reading(former, "handed"))
	f.create(MakeSecret("handed", "work"))
	before, uids := f.mark(), uidsOf(f, "handed")

	change(f, profileNamed("handed"), func(p *profilev1.Profile) { p.Spec.Owner = user("next@example.com") })
	f.awaitReady("handed")
	f.settle()

	f.mustHaveWritten(before, "patch namespaces handed", "patch rolebindings handed/namespaceAdmin",
		"patch authorizationpolicies handed/ns-owner-access-istio", "patch profiles/status handed")
	mustNameOwner(f, "handed", "next@example.com")
	mustEqual(t, "subjects", live(f, bindingNamed("handed", ownerAdmin)).Subjects, []rbacv1.Subject{user("next@example.com")})
	mustHaveRules(t, live(f, policyIn("handed")), roomRules("handed", userHeader, "accounts.google.com:next@example.com"))
	if after := uidsOf(f, "handed"); !maps.Equal(after, uids) {
		t.Errorf("something was made anew: %v, before %v", after, uids)
	}
	f.read(MakeSecret("handed", "work"))
	f.awaitAllowed("the new owner who reads secrets", f.reading(f.as("next@example.com"), "handed"))
	f.awaitDenied("the former owner who reads secrets", f.reading(former, "handed"))
	if note := f.awaitEvent("Profile", "handed", "OwnerChanged"); !strings.Contains(note, "next@example.com") {
		t.Errorf("the Event must name the new owner: %q", note)
	}
}

// TestEachChangeOfOwnerIsTold has two changes in a row. Who reads the Events must not be
// left with the first one.
func TestEachChangeOfOwnerIsTold(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("told").Obj())
	f.awaitReady("told")
	for _, next := range []string{"second@example.com", "third@example.com"} {
		change(f, profileNamed("told"), func(p *profilev1.Profile) { p.Spec.Owner = user(next) })
		f.awaitReady("told")
		f.eventually("an Event tells of "+next, func() error {
			for _, e := range f.events("Profile", "told") {
				if e.Reason == "OwnerChanged" && strings.Contains(e.Note, next) {
					return nil
				}
			}
			return errors.New("there is none")
		})
	}
}

// TestManyChangesAtOnceEndWithTheLast edits the Profile and its namespace faster than the
// controller can follow, so that it works with old views of both.
func TestManyChangesAtOnceEndWithTheLast(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("hasty").Quota("pods", "1").Obj())
	for i := range 30 {
		change(f, profileNamed("hasty"), func(p *profilev1.Profile) {
			p.Spec.Owner = user(fmt.Sprintf("owner-%d@example.com", i))
			p.Spec.ResourceQuotaSpec.Hard = amounts("pods", fmt.Sprint(i))
		})
		change(f, awaitThere(f, namespaceNamed("hasty")), func(n *corev1.Namespace) {
			n.Annotations["owner"] = "thief@example.com"
			n.Labels["example.com/turn"] = fmt.Sprint(i)
		})
	}
	f.awaitReady("hasty")
	f.settle()
	mustNameOwner(f, "hasty", "owner-29@example.com")
	mustEqual(t, "limits", live(f, quotaIn("hasty")).Spec.Hard, amounts("pods", "29"))
	mustEqual(t, "label", live(f, namespaceNamed("hasty")).Labels["example.com/turn"], "29")
	mustBeComplete(f, "hasty")
}

func TestARoomCanPassFromAUserToAGroup(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("widened").Owner("first@example.com").Obj())
	f.awaitReady("widened")
	change(f, profileNamed("widened"), func(p *profilev1.Profile) {
		p.Spec.Owner = rbacv1.Subject{Kind: "Group", APIGroup: rbacv1.GroupName, Name: "all-of-us"}
	})
	f.awaitReady("widened")
	mustHaveRules(t, live(f, policyIn("widened")), roomRules("widened", "request.auth.claims[groups]", "all-of-us"))
	f.awaitAllowed("a member who reads secrets", f.reading(f.as("member@example.com", "all-of-us"), "widened"))
	f.awaitDenied("the former owner who reads secrets", f.reading(f.as("first@example.com"), "widened"))
	f.awaitEvent("Profile", "widened", "OwnerChanged")
}

// mustNameOwner fails the test unless every annotation that names the owner names this
// one.
func mustNameOwner(f *fixture, profile, owner string) {
	f.t.Helper()
	admits := map[string]string{"user": owner, "role": "admin"}
	mustEqual(f.t, "annotations of the namespace", live(f, namespaceNamed(profile)).Annotations, map[string]string{"owner": owner})
	mustEqual(f.t, "annotations of the binding", live(f, bindingNamed(profile, ownerAdmin)).Annotations, admits)
	mustEqual(f.t, "annotations of the policy", live(f, policyIn(profile)).Annotations, admits)
}

// uidsOf tells the objects of a room apart from others of the same names.
func uidsOf(f *fixture, profile string) map[string]types.UID {
	f.t.Helper()
	uids := map[string]types.UID{}
	for _, o := range roomOf(profile) {
		f.read(o)
		uids[kindAndName(o)] = o.GetUID()
	}
	return uids
}
