package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// furnished is a Profile with all that it should have, and the namespace's quota half used.
func furnished(p *profilev1.Profile) []client.Object {
	p.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"cpu": resource.MustParse("4"), "requests.nvidia.com/gpu": resource.MustParse("0")}
	owner := []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: p.Name, UID: p.UID}}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: p.Name, Name: name, OwnerReferences: owner}
	}
	var objects []client.Object
	declared, _ := desired.Contributors(p, desired.Settings{})
	for i, b := range declared.RoleBindings {
		objects = append(objects, b, declared.Policies[i])
	}
	for _, name := range accounts(p)[2:] {
		// Such an account may have been there before the Profile.
		objects = append(objects, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: p.Name, Name: name}})
	}
	return append(objects, p,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Name, OwnerReferences: owner}},
		&corev1.ServiceAccount{ObjectMeta: meta("default-editor")}, &corev1.ServiceAccount{ObjectMeta: meta("default-viewer")},
		&rbacv1.RoleBinding{ObjectMeta: meta("default-editor")}, &rbacv1.RoleBinding{ObjectMeta: meta("default-viewer")},
		&rbacv1.RoleBinding{ObjectMeta: meta("namespaceAdmin")},
		&istiov1beta1.AuthorizationPolicy{ObjectMeta: meta("ns-owner-access-istio")},
		&corev1.ResourceQuota{ObjectMeta: meta("kf-resource-quota"), Status: corev1.ResourceQuotaStatus{
			Hard: p.Spec.ResourceQuotaSpec.Hard, Used: corev1.ResourceList{"cpu": resource.MustParse("1500m"), "requests.nvidia.com/gpu": resource.MustParse("0")}}})
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
  ├─ ✓ serviceaccount/trainer
  ├─ ✓ serviceaccount/guest
  ├─ ✓ rolebinding/default-editor
  ├─ ✓ rolebinding/default-viewer
  ├─ ✓ rolebinding/namespaceAdmin
  ├─ ✓ rolebinding/group-vision-clusterrole-view-064d449bbc
  ├─ ✓ authorizationpolicy/ns-owner-access-istio
  ├─ ✓ authorizationpolicy/group-vision-clusterrole-view-064d449bbc
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

// without leaves objects out, by kind and name as describe shows them.
func without(objects []client.Object, names ...string) []client.Object {
	return slices.DeleteFunc(objects, func(o client.Object) bool {
		_, isProfile := o.(*profilev1.Profile)
		_, isNamespace := o.(*corev1.Namespace)
		return !isProfile && !isNamespace && slices.Contains(names, kindOf(o)+"/"+o.GetName())
	})
}

// TestDescribeSaysWhatToDoAboutObjects has one object gone, one of somebody else's, and a contributor who
// cannot be one, in a Profile that an earlier look found ready.
func TestDescribeSaysWhatToDoAboutObjects(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").contributor("User", "ben@example.com", "edit").contributor("User", "*", "view").ready().obj()
	objects := without(furnished(p), "rolebinding/user-ben-example-com-clusterrole-edit-082cfc8182", "resourcequota/kf-resource-quota")
	for _, o := range objects {
		if o.GetName() == "namespaceAdmin" {
			o.SetOwnerReferences(nil)
		}
	}
	term := open(t, objects...)
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
  ├─ ✗ rolebinding/namespaceAdmin (not this Profile's)
  ├─ ✗ rolebinding/user-ben-example-com-clusterrole-edit-082cfc8182 (missing)
  ├─ ✓ authorizationpolicy/ns-owner-access-istio
  ├─ ✓ authorizationpolicy/user-ben-example-com-clusterrole-edit-082cfc8182
  └─ ✗ resourcequota/kf-resource-quota (missing)

Contributors:
  ben@example.com as edit (spec.contributors, rolebinding missing)
  * as view (spec.contributors, refused: the name of a contributor must not contain '*', which the mesh would read as a pattern)

What is wrong:
  ✗ missing: rolebinding/user-ben-example-com-clusterrole-edit-082cfc8182, resourcequota/kf-resource-quota. The controller makes what is missing; if it does not, see: kubectl profile doctor
  ✗ not this Profile's: rolebinding/namespaceAdmin. The controller takes them over when it looks again; to have it look now: kubectl annotate --overwrite profile ann looked-at="$(date)"
`)
}

// TestDescribeMakesDoWithReady has the other conditions and the namespace missing.
func TestDescribeMakesDoWithReady(t *testing.T) {
	for name, c := range map[string]struct {
		profile   *profilev1.Profile
		namespace *corev1.Namespace
		wrong     string
	}{
		"a reason and no namespace": {profile: makeProfile("ann", "ann@example.com").condition(profilev1.ConditionReady, metav1.ConditionFalse, "Why", "Because.").obj(),
			wrong: `Ready:  no (Why)
  ✗ namespace/ann (missing)
  ✗ Ready (Why): Because.
  ✗ namespace/ann is missing. The controller makes it; if it does not, see: kubectl profile doctor
`},
		"no reason and a foreign namespace": {profile: makeProfile("ann", "ann@example.com").condition(profilev1.ConditionReady, metav1.ConditionFalse, "", "").obj(),
			namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann"}},
			wrong: `Ready:  no
  ✗ namespace/ann (not this Profile's)
  ✗ Ready: whoever wrote this gives no reason. kubectl profile doctor tells whether our controller runs.
  ✗ namespace/ann is not this Profile's. Delete one of the two, or hand the namespace over: kubectl annotate --overwrite namespace ann owner="ann@example.com"
`},
	} {
		objects := []client.Object{c.profile}
		if c.namespace != nil {
			objects = append(objects, c.namespace)
		}
		term := open(t, objects...)
		term.run("describe ann")
		var got strings.Builder
		for line := range strings.Lines(term.out.String()) {
			if strings.HasPrefix(line, "Ready:") || strings.HasPrefix(line, "  ✗ ") {
				got.WriteString(line)
			}
		}
		if diff := cmp.Diff(c.wrong, got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestDescribeShowsWhatHoldsADeletion has a role that cannot be given back, another program's finalizer,
// and a namespace that does not go either.
func TestDescribeShowsWhatHoldsADeletion(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").ready().
		condition(profilev1.ConditionIdentityReady, metav1.ConditionFalse, "PermissionMissing", "The Profile is being deleted and stays until its identities are taken back.").obj()
	p.DeletionTimestamp = &metav1.Time{Time: noon.Add(-time.Hour)}
	p.Finalizers = []string{"profile-finalizer", "example.com/backup", "foregroundDeletion"}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann", DeletionTimestamp: p.DeletionTimestamp, Finalizers: []string{"kubernetes"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: "ann", UID: p.UID}}}}
	term := open(t, p, namespace)
	term.run("describe ann")
	wrong, held, _ := strings.Cut(term.out.String(), "What holds the deletion:\n")
	const want = `  finalizer profile-finalizer: until the controller has taken the cloud identities back; whether it works tells: kubectl profile doctor
  finalizer example.com/backup: until the program that put it there takes it off
  finalizer foregroundDeletion: until all that the Profile owns is gone
  namespace/ann: being deleted for 60m
`
	if diff := cmp.Diff(want, held); diff != "" {
		t.Errorf("what holds it (-want +got):\n%s", diff)
	}
	if want := "What is wrong:\n  ✗ IdentityReady (PermissionMissing): The Profile is being deleted and stays until its identities are taken back.\n\n"; !strings.HasSuffix(wrong, want) {
		t.Errorf("it prints %s, want %s", wrong, want)
	}
	namespace.Status.Conditions = []corev1.NamespaceCondition{{Type: corev1.NamespaceDeletionContentFailure, Status: "False", Message: "All went well."},
		{Type: corev1.NamespaceFinalizersRemaining, Status: "True", Message: "Some content has finalizers remaining: example.com/x in 1 resource instances"}}
	term = open(t, p, namespace)
	term.run("describe ann")
	if want := "owns is gone\n  namespace/ann: Some content has finalizers remaining: example.com/x in 1 resource instances\n"; !strings.HasSuffix(term.out.String(), want) {
		t.Errorf("it prints %s, want %s", term.out.String(), want)
	}
}

// TestDescribeGoesOnWhereOneMayNotLook forbids all that is not the Profile itself.
func TestDescribeGoesOnWhereOneMayNotLook(t *testing.T) {
	term := open(t, furnished(makeProfile("ann", "ann@example.com").ready().obj())...)
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "somethings"}, "", errors.New("no right"))
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if _, is := o.(*profilev1.Profile); is {
				return c.Get(ctx, key, o, options...)
			}
			return forbidden
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return forbidden
		},
	})
	term.prints("describe ann", `
Name:   ann
Owner:  ann@example.com
Age:    2d
Ready:  yes, for 60m

Owns:
  … namespace/ann (you may not look at it)
  ├─ … serviceaccount/default-editor (you may not look at it)
  ├─ … serviceaccount/default-viewer (you may not look at it)
  ├─ … rolebinding/default-editor (you may not look at it)
  ├─ … rolebinding/default-viewer (you may not look at it)
  ├─ … rolebinding/namespaceAdmin (you may not look at it)
  ├─ … authorizationpolicy/ns-owner-access-istio (you may not look at it)
  └─ … resourcequota/kf-resource-quota (you may not look at it)

Contributors:
  who was added in the dashboard: you may not list role bindings

Events:
  you may not list them
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
		if got := d.verdict(); got != want {
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
