package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// forbid has reads of some kinds refused.
func (term *terminal) forbid(kinds ...string) {
	term.t.Helper()
	term.answer(apierrors.NewForbidden(schema.GroupResource{Resource: "somethings"}, "", errors.New("no right")), func(kind string) bool { return slices.Contains(kinds, kind) })
}

// answer has reads of some kinds answered with an error.
func (term *terminal) answer(failure error, fails func(kind string) bool) {
	of := func(o runtime.Object) string {
		kind, err := term.cluster.GroupVersionKindFor(o)
		if err != nil {
			term.t.Error(err)
		}
		return strings.TrimSuffix(kind.Kind, "List")
	}
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if fails(of(o)) {
				return failure
			}
			return c.Get(ctx, key, o, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if fails(of(list)) {
				return failure
			}
			return c.List(ctx, list, options...)
		},
	})
}

// TestAccessGoesOnWhereOneMayNotLook has an auditor who may read what is in the namespace, and
// nothing of how the cluster is set up.
func TestAccessGoesOnWhereOneMayNotLook(t *testing.T) {
	term := open(t, append(withRules(makeProfile("ann", "ann@example.com").obj()), meshController())...)
	term.forbid("ClusterRole", "ConfigMap", "Deployment")
	if code := term.run("access ann"); code != 0 {
		t.Fatalf("exit code %d: %s", code, term.err.String())
	}
	for _, row := range []string{"rolebinding/namespaceAdmin", "authorizationpolicy/ns-owner-access-istio"} {
		if !strings.Contains(term.out.String(), row) {
			t.Errorf("%s is not in\n%s", row, term.out.String())
		}
	}
	const want = `note: You may not list ClusterRoles: of those that are bound in the whole cluster, only cluster-admin and Kubeflow's are shown.
note: You may not read the settings of the mesh: istio-system is taken for its root namespace.
note: You may not read the settings of the controller: users, groups and gateways are looked for under their usual names.
`
	if got := term.err.String(); got != want {
		t.Errorf("it notes\n%s", got)
	}
	term.forbid("RoleBinding")
	term.fails("access ann", 1, "read the role bindings: ")
}

func TestUnshareGoesOnWhereOneMayNotLook(t *testing.T) {
	const done = "profile/ann no longer shared with User ben@example.com\n"
	binding, policy := guestOfAnn("user-ben-example-com-clusterrole-edit")
	shared := func() client.Object {
		return makeProfile("ann", "ann@example.com").contributor("User", "ben@example.com", "view").obj()
	}
	term := open(t, shared(), binding, policy)
	term.forbid("RoleBinding")
	term.prints("unshare ann --user ben@example.com", done)
	if want := "note: you may not look whether User ben@example.com still has access otherwise; who may: kubectl profile access ann\n"; term.err.String() != want {
		t.Errorf("it notes %q", term.err.String())
	}
	foreign := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann"}}
	open(t, shared(), binding.DeepCopy(), policy.DeepCopy(), foreign).prints("unshare ann --user ben@example.com", done)
}

func TestDeleteWaitsAsFarAsOneMayLook(t *testing.T) {
	const done = "profile/ann deleted\n"
	term := open(t, room(annWithMuch())...)
	term.forbid("Namespace")
	term.prints("delete ann --yes --wait", done)

	// The API server is overloaded for a moment when the Profile has been deleted.
	term = open(t, makeProfile("ann", "ann@example.com").obj())
	reads := 0
	term.answer(apierrors.NewServiceUnavailable("in a moment"), func(kind string) bool {
		if kind == "Profile" {
			reads++
		}
		return kind == "Profile" && reads == 2
	})
	term.prints("delete ann --yes --wait", done)
	if reads < 3 {
		t.Errorf("the Profile was read %d times", reads)
	}
	term = open(t, makeProfile("ann", "ann@example.com").obj())
	reads = 0
	term.answer(apierrors.NewServiceUnavailable("in a moment"), func(kind string) bool {
		if kind == "Profile" {
			reads++
		}
		return kind == "Profile" && reads > 1
	})
	term.fails("delete ann --yes --wait --timeout 1s", 1, "profile ann was still there when it was last seen; since then: in a moment")
}

// TestDescribeMissesNothingThatIsNotWanted has a controller without a mesh on a cluster that has one,
// and an account that is yet to be bound.
func TestDescribeMissesNothingThatIsNotWanted(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").ready().condition(profilev1.ConditionAccessReady, metav1.ConditionTrue, profilev1.ReasonApplied, "All is in place.").obj()
	p.Status.Identities = []profilev1.IdentityBinding{{Plugin: "Cloud", ServiceAccount: "trainer", Identity: "x", Phase: profilev1.IdentityPending}}
	term := open(t, without(furnished(p), "authorizationpolicy/ns-owner-access-istio", "serviceaccount/trainer")...)
	if code := term.run("describe ann"); code != 0 {
		t.Fatal(term.err.String())
	}
	said := term.out.String()
	for _, line := range []string{"✓ authorizationpolicy/ns-owner-access-istio (none, as the controller wants it: -mesh=none)", "… serviceaccount/trainer (not there)"} {
		if !strings.Contains(said, line) {
			t.Errorf("%s is not in\n%s", line, said)
		}
	}
	if strings.Contains(said, "What is wrong") {
		t.Errorf("something is wrong with\n%s", said)
	}
}

func TestACreatedProfileNamesNobodyTwice(t *testing.T) {
	open(t).fails("create ann --owner ann --contributor edit=ben --contributor view=ben --dry-run=client", 2, "--contributor view=ben: ben is named twice; the highest role is enough")
}

func TestWhyThereAreNoCredentials(t *testing.T) {
	for text, err := range map[string]error{
		"no AWS credentials were found":                               errors.New("no EC2 IMDS role found, operation error ec2imds"),
		"your AWS credentials cannot be used: the session is too old": errors.New("the session is too old.\nLog in"),
	} {
		if got := withoutCredentials(err); got != text {
			t.Errorf("%v: %s", err, got)
		}
	}
	if got := withoutCredentials(fmt.Errorf("ask: %w", context.DeadlineExceeded)); got != "no AWS credentials were found" {
		t.Errorf("after all that time: %s", got)
	}
}
