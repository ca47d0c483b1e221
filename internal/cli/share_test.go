package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// annsSpec reads what the Profile ann says now.
func (term *terminal) annsSpec() profilev1.ProfileSpec {
	term.t.Helper()
	var p profilev1.Profile
	if err := term.cluster.Get(term.t.Context(), client.ObjectKey{Name: "ann"}, &p); err != nil {
		term.t.Fatal(err)
	}
	return p.Spec
}

func (term *terminal) annHasContributors(want ...profilev1.Contributor) {
	term.t.Helper()
	if diff := cmp.Diff(want, term.annsSpec().Contributors); diff != "" {
		term.t.Errorf("contributors of ann (-want +got):\n%s", diff)
	}
}

func TestShareAndUnshare(t *testing.T) {
	ben := func(role string) profilev1.Contributor {
		return profilev1.Contributor{Kind: "User", Name: "ben@example.com", Role: role}
	}
	auditors := profilev1.Contributor{Kind: "Group", Name: "auditors", Role: "view"}
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.prints("share ann --user ben@example.com --role edit --dry-run=client", "profile/ann shared (User ben@example.com: edit) (dry run)\n")
	term.annHasContributors()
	term.prints("share ann --user ben@example.com --role edit", "profile/ann shared (User ben@example.com: edit)\n")
	term.prints("share ann --user ben@example.com --role edit", "profile/ann unchanged (User ben@example.com: edit)\n")
	term.prints("share ann --group auditors --role view", "profile/ann shared (Group auditors: view)\n")
	term.annHasContributors(ben("edit"), auditors)
	term.prints("share ann --user ben@example.com --role admin", "profile/ann shared in another role (User ben@example.com: admin)\n")
	term.annHasContributors(auditors, ben("admin"))
	term.prints("unshare ann --user ben@example.com --role view", "profile/ann unchanged: User ben@example.com is no contributor that it names; see: kubectl profile access ann\n")
	term.prints("unshare ann --user ben@example.com", "profile/ann no longer shared with User ben@example.com\n")
	term.annHasContributors(auditors)
	term.prints("unshare ann --group auditors --role view --dry-run=server", "profile/ann no longer shared with Group auditors (server dry run)\n")
	term.annHasContributors(auditors)
}

func TestShareLeavesOneRole(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").contributor("User", "ben", "view").contributor("User", "ben", "edit").contributor("Group", "ben", "admin").obj())
	term.prints("share ann --user ben --role edit", "profile/ann shared in this role only (User ben: edit)\n")
	term.annHasContributors(profilev1.Contributor{Kind: "User", Name: "ben", Role: "edit"}, profilev1.Contributor{Kind: "Group", Name: "ben", Role: "admin"})
}

func TestShareWithAWrongCommandLine(t *testing.T) {
	term := open(t)
	term.fails("share ann --user a --role root", 2, `--role is "root"`)
	term.fails("share ann --user a --role edit --dry-run=maybe", 2, "it must be none, client or server")
	term.fails("share ann --role edit", 2, "name one user or one group")
	term.fails("share ann --user a --group b --role edit", 2, "name one user or one group")
	term.fails("share ann --user a", 2, `--role is ""; it must be admin, edit or view`)
	term.fails("unshare --user a", 2, "give the name of one Profile")
	term.fails("share ann --user a --role edit", 1, `there is no profile "ann"; see: kubectl profile list`)
}

func TestTransfer(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").obj())
	term.prints("transfer ann --owner Group:vision --dry-run=client", "profile/ann transferred from ann@example.com to Group:vision (dry run)\n")
	term.prints("transfer ann --owner ann@example.com", "profile/ann unchanged: it belongs to ann@example.com\n")
	term.prints("transfer ann --owner Group:vision", "profile/ann transferred from ann@example.com to Group:vision\n")
	if owner := term.annsSpec().Owner; owner.Kind != "Group" || owner.Name != "vision" {
		t.Errorf("the owner is %+v", owner)
	}
	term.fails("transfer ann", 2, "--owner is required")
	term.fails("transfer ben --owner x", 1, `there is no profile "ben"`)
}

func TestGet(t *testing.T) {
	term := open(t, makeProfile("ann", "ann@example.com").ready().obj(), makeProfile("ben", "ben@example.com").obj())
	term.prints("get ann", `
NAME   OWNER             READY   REASON   AGE
ann    ann@example.com   True    Ready    2d
`)
	term.prints("get ann -o name", "profile.kubeflow.org/ann\n")
	term.fails("get carla", 1, `there is no profile "carla"`)
	term.fails("get", 2, "give the name of one Profile")
}

// guestOfAnn is Ben as a contributor who may edit, with both objects, as the access API makes them under a name.
func guestOfAnn(object string) (*rbacv1.RoleBinding, *istiov1beta1.AuthorizationPolicy) {
	c := contributor.Contributor{Namespace: "ann", Kind: "User", Name: "ben@example.com", Role: tenancy.RoleEdit}
	binding, policy := contributor.RoleBinding(c), contributor.Policy(c, contributor.Settings{UserIDHeader: "kubeflow-userid", GroupsClaim: "groups"})
	binding.Name, policy.Name = object, object
	return binding, policy
}

func TestUnshareWhomTheDashboardAdded(t *testing.T) {
	const old = "user-ben-example-com-clusterrole-edit"
	binding, policy := guestOfAnn(old)
	ann := func() profileBuilder { return makeProfile("ann", "ann@example.com") }
	term := open(t, ann().contributor("User", "ben@example.com", "view").obj(), binding, policy)
	term.prints("unshare ann --user ben@example.com --role admin", "profile/ann unchanged: User ben@example.com is no contributor that it names; see: kubectl profile access ann\n")
	const complaint = "User ben@example.com still has access, which is not written in the Profile, by rolebinding/" + old + ", authorizationpolicy/" + old +
		". Take it away in the dashboard, or:\n  kubectl delete -n ann rolebinding/" + old + " authorizationpolicy/" + old + "\n"
	term.fails("unshare ann --user ben@example.com --dry-run=client", 1, complaint)
	term.fails("unshare ann --user ben@example.com", 1, complaint)
	if got := term.out.String(); got != "profile/ann no longer shared with User ben@example.com\n" {
		t.Errorf("it prints %q", got)
	}
	term.annHasContributors()
	term.fails("unshare ann --user ben@example.com --role edit", 1, complaint)
	if got := term.out.String(); got != "" {
		t.Errorf("it prints %q", got)
	}
	term.prints("unshare ann --group ben@example.com", "profile/ann unchanged: Group ben@example.com is no contributor that it names; see: kubectl profile access ann\n")
	open(t, ann().obj(), policy.DeepCopy()).fails("unshare ann --user ben@example.com", 1, "by authorizationpolicy/"+old)
}

// TestUnshareLeavesToTheControllerWhatItTakesAway has a contributor whom the access API added and
// whom the Profile declared later.
func TestUnshareLeavesToTheControllerWhatItTakesAway(t *testing.T) {
	binding, policy := guestOfAnn("user-ben-example-com-clusterrole-edit")
	declared, theirs := guestOfAnn("declared")
	contributor.MarkDeclared(declared)
	contributor.MarkDeclared(theirs)
	term := open(t, makeProfile("ann", "ann@example.com").contributor("User", "ben@example.com", "edit").obj(), binding, policy, declared, theirs)
	term.prints("unshare ann --user ben@example.com", "profile/ann no longer shared with User ben@example.com\n")
}

func TestUnshareWhoGetsInOtherwise(t *testing.T) {
	p := makeProfile("ann", "ann@example.com").obj()
	odd := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "ann", Name: "x; rm -rf ~ '\x1b[2J"}, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "deployer"},
		Subjects: []rbacv1.Subject{{Kind: "User", Name: "eve"}, {Kind: "User", Name: "ben"}, {Kind: "Group", Name: "ann@example.com"}}}
	term := open(t, append(withRules(p), odd)...)
	term.fails("unshare ann --user ben", 1, `error: User ben still has access by rolebinding/x; rm -rf ~ '\x1b[2J, which is no contributor's. Look at it and change or delete it:
  kubectl edit -n ann 'rolebinding/x; rm -rf ~ '\''\x1b[2J'
`)
	term.fails("unshare ann --user ann@example.com", 1, "error: User ann@example.com owns profile/ann. Give it to somebody else: kubectl profile transfer ann --owner OWNER\n")
	term.fails("unshare ann --group auditors", 1, "kubectl delete -n ann rolebinding/auditors\n")
	term.prints("unshare ann --user carla", "profile/ann unchanged: User carla is no contributor that it names; see: kubectl profile access ann\n")
	term.fails("unshare ann --user ben --role edti", 2, `--role is "edti"; it must be admin, edit or view`)
}
