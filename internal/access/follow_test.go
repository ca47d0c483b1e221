package access

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// TestTheIndexFollowsTheCluster changes things behind the Index's back and, at the end,
// looks for what still runs.
func TestTheIndexFollowsTheCluster(t *testing.T) {
	if err := startControlPlane(); err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	t.Run("while it runs", func(t *testing.T) {
		c := clusterFor(t)
		c.room("followed")
		guest := contributor.RoleBinding(guestOf("followed", "vic", "view"))
		c.create(guest)
		lists := func(want int) func() bool {
			return func() bool { return len(c.index.List(Query{User: "vic", Namespace: "followed"})) == want }
		}
		c.eventually("a new binding is listed", lists(1))
		guest.Annotations["user"] = "somebody else"
		if err := pg.Client.Update(c.ctx, guest); err != nil {
			t.Fatal(err)
		}
		c.eventually("a forged one is not", lists(0))
		guest.Annotations["user"] = "vic"
		if err := pg.Client.Update(c.ctx, guest); err != nil {
			t.Fatal(err)
		}
		c.eventually("it is mended", lists(1))
		if err := pg.Client.Delete(c.ctx, guest); err != nil {
			t.Fatal(err)
		}
		c.eventually("it is gone", lists(0))
		p := profileOf("followed", "", user("x"))
		if err := pg.Client.Delete(c.ctx, p); err != nil {
			t.Fatal(err)
		}
		c.eventually("no Profile owns the namespace", func() bool { return c.index.Standing("followed") != Owned })
	})
	// An idle connection is the client's to keep; it is not made by following.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("golang.org/x/net/http2.(*ClientConn).readLoop"))
}
