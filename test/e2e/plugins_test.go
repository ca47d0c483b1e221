package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestAnUnknownPluginIsReportedAndStopsNothing(t *testing.T) {
	f := withController(t)
	f.create(MakeProfile("unknown").Quota("pods", "1").Plugin("Zeppelin", `{}`).Plugin("Airship", `{"a":1}`).Plugin("Airship", `{"a":2}`).Obj())
	c := f.awaitCondition("unknown", profilev1.ConditionIdentityReady, profilev1.ReasonUnknownPlugin)
	if want := `This controller has no plugin for "Airship, Zeppelin"; nothing was bound for it. Correct spec.plugins, or run a controller that has the plugin.`; c.Message != want {
		t.Errorf("the message is %q, want %q", c.Message, want)
	}
	f.mustBe("unknown", profilev1.ConditionReady, metav1.ConditionFalse, profilev1.ReasonUnknownPlugin)
	for _, of := range []profilev1.ConditionType{profilev1.ConditionNamespaceReady, profilev1.ConditionAccessReady, profilev1.ConditionQuotaReady} {
		f.mustBe("unknown", of, metav1.ConditionTrue, profilev1.ReasonApplied)
	}
	for _, o := range roomOf("unknown") {
		f.read(o)
	}
	mustEqual(t, "plugins", f.profile("unknown").Spec.Plugins, MakeProfile("unknown").
		Plugin("Zeppelin", `{}`).Plugin("Airship", `{"a":1}`).Plugin("Airship", `{"a":2}`).Obj().Spec.Plugins)

	change(f, profileNamed("unknown"), func(p *profilev1.Profile) { p.Spec.Plugins = nil })
	f.awaitReady("unknown")
}
