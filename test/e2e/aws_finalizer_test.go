package e2e

import (
	"fmt"
	"slices"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// TestTheFinalizerComesBeforeAnythingIsBound has a Profile that could otherwise disappear
// with a permission left behind.
func TestTheFinalizerComesBeforeAnythingIsBound(t *testing.T) {
	f := withController(t)
	arn := f.role("finalizer", guidePolicy())
	before := f.mark()
	f.create(MakeProfile("careful").AWS(arn).Obj())
	f.awaitIdentity("careful", arn)
	mustEqual(t, "finalizers", f.profile("careful").Finalizers, []string{finalizer})
	var writes []string
	for _, w := range concerning("careful", f.writesSince(before)) {
		writes = append(writes, w.String())
	}
	held, recorded := slices.Index(writes, "patch profiles careful"), slices.Index(writes, "patch profiles/status careful")
	if held < 0 || recorded < held {
		t.Errorf("the finalizer must come before the first record: %v", writes)
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
