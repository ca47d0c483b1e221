package kfam

import (
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Trail writes the audit log: one structured line for each decision about a change, and an
// Event on the Profile for what was allowed.
type Trail struct {
	Log    logr.Logger
	Events events.EventRecorder
}

// Write writes down one decision.
func (t Trail) Write(r Record) {
	outcome := "done"
	switch {
	case !r.Allowed:
		outcome = "refused"
	case r.Err != nil:
		outcome = "failed"
	}
	t.Log.Info("access", "action", r.Action, "who", r.Who, "profile", r.Profile, "what", r.What,
		"from", r.From, "reason", r.Reason, "outcome", outcome)
	if outcome == "done" && t.Events != nil {
		t.Events.Eventf(&profilev1.Profile{TypeMeta: metav1.TypeMeta{APIVersion: profilev1.GroupVersion.String(), Kind: "Profile"},
			ObjectMeta: metav1.ObjectMeta{Name: r.Profile, UID: r.UID}}, nil, corev1.EventTypeNormal, r.Action, r.Action, "%s, by %s", r.What, r.Who)
	}
}
