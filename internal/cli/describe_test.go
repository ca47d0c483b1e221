package cli

import (
	"strings"
	"testing"
	"time"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// furnished is a Profile with all that it should have, and the namespace's quota half used.
func furnished(p *profilev1.Profile) []client.Object {
	p.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"cpu": resource.MustParse("4"), "requests.nvidia.com/gpu": resource.MustParse("0")}
	owner := []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: p.Name, UID: p.UID}}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: p.Name, Name: name, OwnerReferences: owner}
	}
	return []client.Object{p,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Name, OwnerReferences: owner}},
		&corev1.ServiceAccount{ObjectMeta: meta("default-editor")}, &corev1.ServiceAccount{ObjectMeta: meta("default-viewer")},
		&rbacv1.RoleBinding{ObjectMeta: meta("default-editor")}, &rbacv1.RoleBinding{ObjectMeta: meta("default-viewer")},
		&rbacv1.RoleBinding{ObjectMeta: meta("namespaceAdmin")},
		&istiov1beta1.AuthorizationPolicy{ObjectMeta: meta("ns-owner-access-istio")},
		&corev1.ResourceQuota{ObjectMeta: meta("kf-resource-quota"), Status: corev1.ResourceQuotaStatus{
			Hard: p.Spec.ResourceQuotaSpec.Hard, Used: corev1.ResourceList{"cpu": resource.MustParse("1500m"), "requests.nvidia.com/gpu": resource.MustParse("0")}}},
	}
}

func TestDescribeAReadyProfile(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").contributor("Group", "vision", "view").ready().
		condition(profilev1.ConditionIdentityReady, metav1.ConditionTrue, "Applied", "The service accounts are bound to their identities.").obj()
	p.Status.Identities = []profilev1.IdentityBinding{{Plugin: "AwsIamForServiceAccount", ServiceAccount: "default-editor",
		Identity: "arn:aws:iam::123456789012:role/ann", Phase: profilev1.IdentityBound, LastVerifiedTime: &metav1.Time{Time: noon.Add(-12 * time.Minute)}},
		{Plugin: "AwsIamForServiceAccount", ServiceAccount: "trainer", Identity: "arn:aws:iam::123456789012:role/train", Phase: profilev1.IdentityBound},
		{Plugin: "AwsIamForServiceAccount", ServiceAccount: "guest", Identity: "arn:aws:iam::123456789012:role/new", Phase: profilev1.IdentityPending}}
	granted := contributor.RoleBinding(contributor.Contributor{Namespace: "ann", Kind: "User", Name: "ben@example.com", Role: "edit"})
	granted.Name = "user-ben-example-com-clusterrole-edit"
	event := func(name, regarding string, ago time.Duration, note string) *eventsv1.Event {
		return &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}, EventTime: metav1.NewMicroTime(noon.Add(-ago)),
			Regarding: corev1.ObjectReference{Kind: "Profile", Name: "ann", UID: p.UID}, Reason: regarding, Note: note}
	}
	stranger := event("c", "Lies", time.Minute, "Not about this one.")
	stranger.Regarding.UID = "another"
	term := open(t, append(furnished(p), granted, event("a", "Granted", 3*time.Minute, "ann@example.com granted edit to ben@example.com."),
		event("b", "Applied", 2*time.Hour, "Created the namespace."), stranger)...)
	term.prints("describe ann", `
Name:   ann
Owner:  ann@example.com
Age:    2d
Ready:  yes, for 60m

Owns:
  ✓ namespace/ann
  ├─ ✓ serviceaccount/default-editor
  ├─ ✓ serviceaccount/default-viewer
  ├─ ✓ rolebinding/default-editor
  ├─ ✓ rolebinding/default-viewer
  ├─ ✓ rolebinding/namespaceAdmin
  ├─ ✓ authorizationpolicy/ns-owner-access-istio
  └─ ✓ resourcequota/kf-resource-quota

Contributors:
  Group:vision as view (spec.contributors)
  ben@example.com as edit (rolebinding/user-ben-example-com-clusterrole-edit)

Quota:
  cpu                     ████████░░░░░░░░░░░░  38%  1500m of 4
  requests.nvidia.com/gpu ░░░░░░░░░░░░░░░░░░░░   0%  0 of 0

Cloud identity:
  default-editor → arn:aws:iam::123456789012:role/ann (AwsIamForServiceAccount, Bound, verified 12m ago)
  trainer → arn:aws:iam::123456789012:role/train (AwsIamForServiceAccount, Bound, not verified by the controller)
  guest → arn:aws:iam::123456789012:role/new (AwsIamForServiceAccount, Pending)
  in place for 60m

Events:
  120m ago  Applied  Created the namespace.
  3m ago  Granted  ann@example.com granted edit to ben@example.com.
`)
}

func TestDescribeSaysWhatIsWrong(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").condition(profilev1.ConditionReady, metav1.ConditionFalse, "ForeignNamespace", "See NamespaceReady.").
		condition(profilev1.ConditionNamespaceReady, metav1.ConditionFalse, "ForeignNamespace", "The namespace ann is not this Profile's. Rename one of the two.").obj()
	term := open(t, p, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann"}})
	term.prints("describe ann", `
Name:   ann
Owner:  ann@example.com
Age:    2d
Ready:  no (ForeignNamespace)

Owns:
  ✗ namespace/ann (not this Profile's)
  ├─ ✗ serviceaccount/default-editor (missing)
  ├─ ✗ serviceaccount/default-viewer (missing)
  ├─ ✗ rolebinding/default-editor (missing)
  ├─ ✗ rolebinding/default-viewer (missing)
  ├─ ✗ rolebinding/namespaceAdmin (missing)
  └─ ✗ authorizationpolicy/ns-owner-access-istio (missing)

What is wrong:
  ✗ NamespaceReady (ForeignNamespace): The namespace ann is not this Profile's. Rename one of the two.
`)
}

// TestDescribeShowsNothingThatMovesTheCursor has a tenant name a role binding, and an Event, so that an
// admin's terminal would show something else.
func TestDescribeShowsNothingThatMovesTheCursor(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").ready().obj()
	granted := contributor.RoleBinding(contributor.Contributor{Namespace: "ann", Kind: "User", Name: "ben@example.com", Role: "edit"})
	granted.Name = "x\x1b[2J\n  carl@example.com as view"
	event := &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "e"}, EventTime: metav1.NewMicroTime(noon),
		Regarding: corev1.ObjectReference{Kind: "Profile", Name: "ann", UID: p.UID}, Reason: "Granted", Note: "to \u202ereverse\rhidden"}
	term := open(t, append(furnished(p), granted, event)...)
	if code := term.run("describe ann"); code != 0 {
		t.Fatal(term.err.String())
	}
	for _, want := range []string{`(rolebinding/x\x1b[2J\n  carl@example.com as view)`, `to \u202ereverse\rhidden`} {
		if !strings.Contains(term.out.String(), want) {
			t.Errorf("it does not show %s:\n%q", want, term.out.String())
		}
	}
}

func TestDescribeBeforeAnyControllerLooked(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.prints("describe ann", `
Name:   ann
Owner:  ann@example.com
Age:    2d
Ready:  no (NotReported)

Owns:
  ✗ namespace/ann (missing)

What is wrong:
  … No controller has reported on this Profile yet. kubectl profile doctor tells whether one runs.
`)
	term.fails("describe ben", 1, `there is no profile "ben"`)
	term.Terminal = true
	term.run("describe ann")
	if !strings.Contains(term.out.String(), "  \x1b[31m✗\x1b[0m namespace/ann (missing)\n") {
		t.Errorf("without colour: %q", term.out.String())
	}
}

func TestVerdict(t *testing.T) {
	changed := makeProfile("ann", "ann").ready().obj()
	changed.Generation = 2
	leaving := makeProfile("ann", "ann").ready().obj()
	leaving.DeletionTimestamp = &metav1.Time{Time: noon.Add(-time.Minute)}
	for want, p := range map[string]*profilev1.Profile{
		"not yet: the controller has not looked at the latest change": changed,
		"being deleted for 60s": leaving,
	} {
		d := description{profile: p, now: noon}
		if got := d.verdict(conditionOf(p, profilev1.ConditionReady)); got != want {
			t.Errorf("the verdict is %q, want %q", got, want)
		}
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{0: "░░░░░░░░░░░░░░░░░░░░", 0.001: "█░░░░░░░░░░░░░░░░░░░", 0.5: "██████████░░░░░░░░░░", 1: "████████████████████", 7: "████████████████████"} {
		if got := bar(share); got != want {
			t.Errorf("%g: %s, want %s", share, got, want)
		}
	}
}
