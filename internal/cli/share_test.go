package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
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
