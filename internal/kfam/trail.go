package kfam

import (
	"fmt"
	"strings"

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
	outcome := r.outcome()
	t.Log.Info("access", "action", r.Action, "who", r.Who, "profile", r.Profile, "what", r.What,
		"from", r.From, "reason", r.Reason, "outcome", outcome)
	if outcome == "done" && t.Events != nil {
		t.Events.Eventf(&profilev1.Profile{TypeMeta: metav1.TypeMeta{APIVersion: profilev1.GroupVersion.String(), Kind: "Profile"},
			ObjectMeta: metav1.ObjectMeta{Name: r.Profile, UID: r.UID}}, nil, corev1.EventTypeNormal, r.Action, r.Action, "%s", note(r))
	}
}

// longestNote is what the API server takes; it refuses an Event with a longer one.
const longestNote = 1024

// note is what an Event says. A long name is cut, so that nobody can stay out of the Events by
// having one; the log has it whole.
func note(r Record) string {
	text := fmt.Sprintf("%s, by %s", r.What, r.Who)
	if len(text) <= longestNote {
		return text
	}
	const cut = "..."
	return strings.ToValidUTF8(text[:longestNote-len(cut)], "") + cut
}
