package profile

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// said is the status that an earlier round has left.
func (r *room) said(status metav1.ConditionStatus, reason, message string) {
	r.s.profile.Status.Conditions = []profilev1.ProfileCondition{{Type: profilev1.ConditionIdentityReady, Status: status,
		Reason: reason, Message: message, ObservedGeneration: r.s.profile.Generation}}
}

var (
	atWork = &plugin.Error{Kind: plugin.Waiting, Reason: profilev1.ReasonBinding, Message: "Looking."}
	gone   = &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonIdentityNotFound, Message: "There is no A."}
)

// TestTheLastWordStandsWhileAPluginLooksAgain has a role that is known to be gone looked for anew.
func TestTheLastWordStandsWhileAPluginLooksAgain(t *testing.T) {
	for name, test := range map[string]struct {
		said         string
		status       metav1.ConditionStatus
		changed      bool
		want, reason string
	}{
		"known to be gone":      {said: gone.Reason, status: metav1.ConditionFalse, reason: gone.Reason, want: "There is no A."},
		"all was well":          {said: profilev1.ReasonApplied, status: metav1.ConditionTrue},
		"changed elsewhere":     {said: gone.Reason, status: metav1.ConditionFalse, changed: true, reason: gone.Reason, want: "There is no A."},
		"only out of reach":     {said: profilev1.ReasonRetrying, status: metav1.ConditionFalse},
		"only being bound":      {said: profilev1.ReasonBinding, status: metav1.ConditionFalse},
		"only without its home": {said: profilev1.ReasonNamespaceNotReady, status: metav1.ConditionFalse},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, interceptor.Funcs{})
			r.bound("A")
			r.said(test.status, test.said, "There is no A.")
			if test.changed {
				r.s.profile.Generation++
			}
			r.cloud.fails["check A"] = atWork
			res := r.round()
			switch {
			case test.reason == "" && res.failure != nil:
				t.Errorf("it is told as %+v", res.failure)
			case test.reason != "" && (res.failure == nil || res.failure.kind != waiting || res.failure.reason != test.reason || res.failure.message != test.want):
				t.Errorf("it is told as %+v", res.failure)
			}
		})
	}
}

func TestTheLastWordIsNotAboutWhatIsNewlyAskedFor(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.said(metav1.ConditionFalse, gone.Reason, gone.Message)
	r.s.profile.Generation++
	r.asks("B")
	for _, says := range []string{"Looking.", "to B"} {
		r.cloud.fails["probe B"] = atWork
		if says != "Looking." {
			delete(r.cloud.fails, "probe B")
		}
		if f := r.round().failure; f == nil || f.reason != profilev1.ReasonBinding || !strings.Contains(f.message, says) || strings.Contains(f.message, gone.Message) {
			t.Errorf("it is told as %+v", f)
		}
	}
}

// TestTheLastWordDoesNotKeepFromTryingAgain has a plugin that wants to be asked again, since it
// was not its turn.
func TestTheLastWordDoesNotKeepFromTryingAgain(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.said(metav1.ConditionFalse, gone.Reason, gone.Message)
	r.cloud.fails["check A"] = &plugin.Error{Kind: plugin.Retry, Reason: profilev1.ReasonBinding, Message: "Not yet."}
	if f := r.round().failure; f == nil || f.kind != retry || f.message != gone.Message {
		t.Errorf("it is told as %+v", f)
	}
}

// TestNobodyIsKeptFromTheirTurn has one plugin wait for something that it tells of, while another
// wants to be asked again: nobody else would call it.
func TestNobodyIsKeptFromTheirTurn(t *testing.T) {
	last := &failure{kind: waiting, reason: gone.Reason, message: gone.Message}
	turn := &plugin.Error{Kind: plugin.Retry, Reason: profilev1.ReasonBinding, Message: "Not yet."}
	slow := &plugin.Error{Kind: plugin.Waiting, Reason: "Slow", Message: "It takes long."}
	if f := standing(last, []error{slow, turn}); f.kind != retry || f.reason != slow.Reason || f.message != slow.Message {
		t.Errorf("it is told as %+v", f)
	}
	if f := standing(last, []error{gone, atWork}); f.kind != refused || f.again != identityAgainAfter || f.message != gone.Message {
		t.Errorf("it is told as %+v", f)
	}
	if f := standing(last, nil); f != nil {
		t.Errorf("where nothing fails it is told as %+v", f)
	}
}

func TestTheLastWordGivesWayToNews(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.said(metav1.ConditionFalse, gone.Reason, gone.Message)
	r.cloud.seen = time.Now()
	r.cloud.fails["check A"] = forbidden
	r.want(r.round(), forbidden.Reason, []string{"check A"}, []string{"A Bound"})
	delete(r.cloud.fails, "check A")
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
	r.asks()
	r.want(r.round(), profilev1.ReasonNoPlugins, []string{"revoke A"}, nil)
}

func TestTheLastWordStandsWhileARefusedIdentityIsAskedForAgain(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.asks("A")
	r.said(metav1.ConditionFalse, forbidden.Reason, forbidden.Message)
	r.cloud.fails["probe A"] = atWork
	r.want(r.round(), forbidden.Reason, nil, nil)
	delete(r.cloud.fails, "probe A")
	r.want(r.round(), forbidden.Reason, nil, []string{"A Pending"})
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
}

// TestAnInheritedFailureIsLookedInto has a process that knows nothing but the status: the plugin
// believes that what is recorded as bound holds until its next look is due.
func TestAnInheritedFailureIsLookedInto(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.said(metav1.ConditionFalse, gone.Reason, gone.Message)
	r.cloud.fails["apply A"] = atWork
	r.want(r.round(), gone.Reason, []string{"apply A", "check A"}, []string{"A Bound"})
	r.cloud.fails["apply A"] = gone
	r.want(r.round(), gone.Reason, []string{"apply A", "check A"}, []string{"A Bound"})
	delete(r.cloud.fails, "apply A")
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A", "check A"}, []string{"A Bound"})
	r.cloud.seen = time.Now()
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
	r.cloud.seen = time.Time{}
	r.said(metav1.ConditionTrue, profilev1.ReasonApplied, "")
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
}

func TestWhatHoldsUpADeletionIsNotTheLastWord(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.said(metav1.ConditionFalse, gone.Reason, "The Profile is being deleted. "+gone.Message)
	r.cloud.fails["revoke A"] = atWork
	if res := r.releaseStep(t.Context(), r.s); res.failure == nil || res.failure.message != "Looking." {
		t.Errorf("it is told as %+v", res.failure)
	}
}
