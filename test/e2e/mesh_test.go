package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// withoutMesh takes Istio's AuthorizationPolicy away until the test ends.
func withoutMesh(f *fixture) {
	f.t.Helper()
	if err := pg.RemoveMesh(f.ctx); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { installMesh(f) })
}

func installMesh(f *fixture) {
	f.t.Helper()
	if err := pg.InstallMesh(f.ctx); err != nil {
		f.t.Fatal(err)
	}
}

// TestTheMeshMayComeAndGo starts the controller without the mesh's kind and lets the kind
// come and go twice, with one Profile from before and one more in each turn.
func TestTheMeshMayComeAndGo(t *testing.T) {
	f := withoutController(t)
	withoutMesh(f)
	f.start()
	all := []string{"mesh-0"}
	f.create(MakeProfile("mesh-0").Quota("pods", "1").Obj())
	for _, turn := range []string{"mesh-1", "mesh-2"} {
		for _, name := range all {
			c := f.awaitCondition(name, profilev1.ConditionAccessReady, profilev1.ReasonMeshNotInstalled)
			if !strings.Contains(c.Message, "Install Istio") || !strings.Contains(c.Message, "-mesh=none") {
				t.Errorf("the message must say what to do: %s", c.Message)
			}
			f.mustBe(name, profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonMeshNotInstalled)
			f.mustBe(name, profilev1.ConditionNamespaceReady, metav1.ConditionTrue, profilev1.ReasonApplied)
			for _, o := range roomOf(name) {
				if o.GetName() != ownerPolicy && o.GetName() != quotaName {
					f.read(o)
				}
			}
		}
		f.read(quotaIn("mesh-0"))

		installMesh(f)
		f.awaitReady(all...)
		f.create(MakeProfile(turn).Obj())
		all = append(all, turn)
		f.awaitReady(all...)
		for _, name := range all {
			mustHaveRules(t, live(f, policyIn(name)), roomRules(name, userHeader, "accounts.google.com:"+name+"@example.com"))
		}
		// What comes is also watched, and not only made once.
		f.remove(policyIn(turn))
		awaitThere(f, policyIn(turn))

		if err := pg.RemoveMesh(f.ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range all {
		f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonMeshNotInstalled)
	}
	installMesh(f)
	f.awaitReady(all...)
}

// TestTheMeshCanBeTurnedOff shows a cluster without the mesh to a controller that was told
// so.
func TestTheMeshCanBeTurnedOff(t *testing.T) {
	f := withoutController(t)
	withoutMesh(f)
	f.start("-mesh=none")
	f.create(MakeProfile("meshless").Quota("pods", "1").Obj())
	f.awaitReady("meshless")
	c := condition(f.profile("meshless"), profilev1.ConditionAccessReady)
	if want := "The service accounts and role bindings are in place. The mesh is turned off (-mesh=none)."; c.Message != want {
		t.Errorf("the message is %q, want %q", c.Message, want)
	}
	mustEqual(t, "labels", live(f, namespaceNamed("meshless")).Labels,
		map[string]string{"kubernetes.io/metadata.name": "meshless", "app.kubernetes.io/part-of": "kubeflow-profile"})
	f.stop()
}

// TestAMeshThatIsTurnedOffIsLeftAlone has the kind there and the flag say no.
func TestAMeshThatIsTurnedOffIsLeftAlone(t *testing.T) {
	f := withController(t, "-mesh=none")
	before := f.mark()
	f.create(MakeProfile("unmeshed").Obj())
	f.awaitReady("unmeshed")
	f.settle()
	f.mustBeAbsent(policyIn("unmeshed"))
	for _, r := range f.writesSince(before) {
		if r.resource == "authorizationpolicies" {
			t.Errorf("the controller sent %s", r)
		}
	}
}
