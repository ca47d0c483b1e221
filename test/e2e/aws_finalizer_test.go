package e2e

import (
	"fmt"
	"slices"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestTheFinalizerComesBeforeAnythingIsBound has a Profile that could otherwise disappear
// with a permission left behind.
func TestTheFinalizerComesBeforeAnythingIsBound(t *testing.T) {
	f := withController(t)
	arn := f.role("finalizer", guidePolicy())
	seen := f.everyVersionOf("careful")
	f.create(MakeProfile("careful").AWS(arn).Obj())
	f.awaitIdentity("careful", arn)
	mustEqual(t, "finalizers", f.profile("careful").Finalizers, []string{finalizer})
	versions := seen()
	recorded := slices.IndexFunc(versions, func(p *profilev1.Profile) bool { return len(p.Status.Identities) > 0 })
	if recorded < 0 {
		t.Fatalf("none of %d versions has a record, so this test shows nothing", len(versions))
	}
	for _, p := range versions[recorded:] {
		if !slices.Contains(p.Finalizers, finalizer) {
			t.Errorf("a version has the records %+v and the finalizers %v", p.Status.Identities, p.Finalizers)
		}
	}

	change(f, profileNamed("careful"), func(p *profilev1.Profile) { p.Finalizers = nil })
	f.eventually("the finalizer comes back", func() error {
		if p := f.profile("careful"); !slices.Contains(p.Finalizers, finalizer) {
			return fmt.Errorf("the finalizers are %v", p.Finalizers)
		}
		return nil
	})
}

// TestAProfileThatGetsAnIdentityLaterIsHeldFromThenOn had nothing to be held for at first.
func TestAProfileThatGetsAnIdentityLaterIsHeldFromThenOn(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("later").Obj())
	f.awaitReady("later")
	mustEqual(t, "finalizers", f.profile("later").Finalizers, nil)
	arn := f.role("finalizer-later", guidePolicy())
	change(f, profileNamed("later"), func(p *profilev1.Profile) { p.Spec.Plugins = MakeProfile("later").AWS(arn).Obj().Spec.Plugins })
	f.awaitIdentity("later", arn)
	mustEqual(t, "finalizers", f.profile("later").Finalizers, []string{finalizer})
	f.remove(profileNamed("later"))
	f.awaitGone(profileNamed("later"))
	f.mustNotAdmit("finalizer-later", editorOf("later"))
}

// everyVersionOf follows a Profile until the function is called that it returns, which returns
// each version that was stored, up to the present one.
func (f *fixture) everyVersionOf(name string) func() []*profilev1.Profile {
	f.t.Helper()
	watching, err := client.NewWithWatch(pg.Admin, client.Options{Scheme: playground.Scheme(), Mapper: pg.Client.RESTMapper()})
	if err != nil {
		f.t.Fatal(err)
	}
	w, err := watching.Watch(f.ctx, &profilev1.ProfileList{}, client.MatchingFields{"metadata.name": name})
	if err != nil {
		f.t.Fatal(err)
	}
	return func() []*profilev1.Profile {
		defer w.Stop()
		last := f.profile(name).ResourceVersion
		var versions []*profilev1.Profile
		for event := range w.ResultChan() {
			p, isProfile := event.Object.(*profilev1.Profile)
			if !isProfile {
				f.t.Fatalf("the watch ended with %v", event.Object)
			}
			if versions = append(versions, p); p.ResourceVersion == last {
				return versions
			}
		}
		f.t.Fatal("the watch ended before the present version")
		return nil
	}
}
