package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// room is the namespace of a Profile, with a pod, two volumes and no notebook.
func room(p *profilev1.Profile) []client.Object {
	owner := []metav1.OwnerReference{{APIVersion: "kubeflow.org/v1", Kind: "Profile", Name: p.Name, UID: p.UID}}
	in := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: p.Name, Name: name} }
	return []client.Object{p,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Name, OwnerReferences: owner}},
		&corev1.Pod{ObjectMeta: in("notebook-0")},
		&corev1.PersistentVolumeClaim{ObjectMeta: in("data")}, &corev1.PersistentVolumeClaim{ObjectMeta: in("models")},
	}
}

const lostWithAnn = `With profile ann (owner ann@example.com) will be lost:
  - the namespace ann with all that is in it
  - 2 volumes with their data
  - 1 pod
  - the access of 1 contributor
  - the access of service account default-editor to arn:aws:iam::123456789012:role/ann
`

func annWithMuch() *profilev1.Profile {
	p := makeProfile("ann", "ann@example.com").contributor("User", "ben", "edit").obj()
	p.Status.Identities = []profilev1.IdentityBinding{{Plugin: "AwsIamForServiceAccount", ServiceAccount: "default-editor", Identity: "arn:aws:iam::123456789012:role/ann"}}
	return p
}

func (term *terminal) hasAnn() bool {
	term.t.Helper()
	err := term.cluster.Get(term.t.Context(), client.ObjectKey{Name: "ann"}, &profilev1.Profile{})
	if err != nil && !apierrors.IsNotFound(err) {
		term.t.Fatal(err)
	}
	return err == nil
}

func TestDeleteNamesWhatWillBeLostAndAsks(t *testing.T) {
	for answer, want := range map[string]struct {
		code int
		says string
		gone bool
	}{
		"ann\n": {0, "To go on, type the name of the profile: ", true},
		"ann":   {0, "To go on, type the name of the profile: ", true},
		"yes\n": {1, "To go on, type the name of the profile: error: nothing was deleted: the answer was not the name of the profile\n", false},
		"":      {2, "To go on, type the name of the profile: error: nothing was deleted, since nobody answered; to delete without being asked, add --yes\n", false},
	} {
		term := open(t, room(annWithMuch())...)
		term.in.WriteString(answer)
		if code := term.run("delete ann"); code != want.code || term.hasAnn() == want.gone {
			t.Errorf("%q: exit code %d, there: %t", answer, code, term.hasAnn())
		}
		if diff := cmp.Diff(lostWithAnn+want.says, term.err.String()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", answer, diff)
		}
	}
}

func TestDeleteWithoutBeingAsked(t *testing.T) {
	term := open(t, room(annWithMuch())...)
	term.prints("delete ann --dry-run=client", "profile/ann deleted (dry run)\n")
	term.prints("delete ann --dry-run=server", "profile/ann deleted (server dry run)\n")
	if !term.hasAnn() || term.err.String() != lostWithAnn {
		t.Errorf("it is gone, or this was said: %s", term.err.String())
	}
	term.prints("delete ann --yes", "profile/ann deleted\n")
	if term.hasAnn() {
		t.Error("it is still there")
	}
	term.fails("delete ann --yes", 1, `there is no profile "ann"`)
}

func TestDeleteOfWhatHasNoNamespaceOfItsOwn(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ann"}})
	term.prints("delete ann -y", "profile/ann deleted\n")
	if !strings.Contains(term.err.String(), "no namespace: there is none that belongs to profile ann") {
		t.Errorf("it says %s", term.err.String())
	}
}

// TestDeleteCountsContributorsOfTheDashboard has one added there, and the owner's own binding as an earlier
// controller leaves it.
func TestDeleteCountsContributorsOfTheDashboard(t *testing.T) {
	objects := room(annWithMuch())
	for _, c := range []contributor.Contributor{{Kind: "User", Name: "carl@example.com", Role: "view"}, {Kind: "User", Name: "ann@example.com", Role: "admin"}} {
		c.Namespace = "ann"
		granted := contributor.RoleBinding(c)
		granted.Name = contributor.LegacyName(c)
		if c.Role == "admin" {
			granted.Name = "namespaceAdmin"
		}
		objects = append(objects, granted)
	}
	term := open(t, objects...)
	term.prints("delete ann --dry-run=client", "profile/ann deleted (dry run)\n")
	want := strings.Replace(lostWithAnn, "  - the access of 1 contributor\n", "  - the access of 1 contributor added in the dashboard\n  - the access of 1 contributor\n", 1)
	if diff := cmp.Diff(want, term.err.String()); diff != "" {
		t.Errorf("what will be lost (-want +got):\n%s", diff)
	}
}

// TestDeleteNamesWhatItMayNotCount forbids to list some kinds, and to see the namespace.
func TestDeleteNamesWhatItMayNotCount(t *testing.T) {
	term := open(t, room(annWithMuch())...)
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "somethings"}, "", errors.New("no right"))
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			kind, err := c.GroupVersionKindFor(list)
			if err != nil {
				return err
			}
			switch kind.Kind {
			case "PersistentVolumeClaimList", "SecretList", "RoleBindingList":
				return forbidden
			default:
				return c.List(ctx, list, options...)
			}
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if _, is := o.(*corev1.Namespace); is {
				return forbidden
			}
			return c.Get(ctx, key, o, options...)
		},
	})
	term.prints("delete ann --dry-run=client", "profile/ann deleted (dry run)\n")
	const want = `With profile ann (owner ann@example.com) will be lost:
  - the namespace ann, if it is this Profile's, with all that is in it: you may not look at it
  - 1 pod
  - the access of 1 contributor
  - the access of service account default-editor to arn:aws:iam::123456789012:role/ann
  - volumes with their data, secrets, contributors added in the dashboard: you may not count them
`
	if diff := cmp.Diff(want, term.err.String()); diff != "" {
		t.Errorf("what will be lost (-want +got):\n%s", diff)
	}
}

// TestDeleteReadsNoSecrets has delete count secrets, of which it shall not have the content.
func TestDeleteReadsNoSecrets(t *testing.T) {
	term := open(t, append(room(annWithMuch()), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ann", Name: "key"}})...)
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			kind, err := c.GroupVersionKindFor(list)
			if _, partial := list.(*metav1.PartialObjectMetadataList); err == nil && kind.Kind == "SecretList" && !partial {
				t.Errorf("it lists secrets as %T", list)
			}
			return c.List(ctx, list, options...)
		}})
	term.prints("delete ann --dry-run=client", "profile/ann deleted (dry run)\n")
	if !strings.Contains(term.err.String(), "  - 1 secret\n") {
		t.Errorf("it says %s", term.err.String())
	}
}

func TestDeleteOfAProtectedProfile(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").obj()
	p.Annotations = map[string]string{profilev1.PreventDeletionAnnotation: "true"}
	term := open(t, p)
	term.fails("delete ann --yes", 1, "protected from deletion. To lift the protection: kubectl annotate profile ann kubeflow.org/prevent-deletion-")
	if !term.hasAnn() {
		t.Error("it is gone")
	}
}

func TestDeleteTellsWhatHoldsTheProfile(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").condition(profilev1.ConditionIdentityReady, metav1.ConditionFalse, "Retrying", "The role \x1b is away.").obj()
	p.Finalizers = []string{profilev1.ProfileFinalizer}
	open(t, p).fails("delete ann --yes --wait --timeout 10ms", 1, `error: profile ann (The role \x1b is away.) is still there after 10ms`)
}

func TestDeleteWaitsForTheNamespace(t *testing.T) {
	// No controller manager runs here, so the namespace stays.
	term := open(t, room(annWithMuch())...)
	term.fails("delete ann --yes --wait --timeout 10ms", 1, "namespace ann is still there after 10ms")
	term = open(t, makeProfile("ben", "ben@example.com").obj())
	term.prints("delete ben --yes --wait", "profile/ben deleted\n")
}
