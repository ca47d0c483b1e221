package profile

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// want compares what a round came to. The reason is that of the failure, or of success.
func (r *room) want(res result, reason string, calls, records []string) {
	r.t.Helper()
	got := res.reason
	if res.failure != nil {
		got = res.failure.reason
	}
	if got != reason {
		r.t.Errorf("the reason is %s (%v), want %s", got, res.failure, reason)
	}
	if diff := cmp.Diff(calls, r.cloud.called()); diff != "" {
		r.t.Errorf("calls of the plugin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(records, r.records()); diff != "" {
		r.t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestABindingIsWrittenDownThenDoneThenLookedAfter(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.want(r.round(), profilev1.ReasonNoPlugins, nil, nil)
	r.asks("A")
	r.cloud.during = func(call string) {
		if role := r.role(); call == "apply A" && role != "" {
			t.Errorf("pods are pointed to %s before it admits them", role)
		}
	}
	res := r.round()
	r.want(res, profilev1.ReasonBinding, nil, []string{"A Pending"})
	if res.failure.kind != waiting || !strings.Contains(res.failure.message, "default-editor to A") {
		t.Errorf("the first round says %+v", res.failure)
	}
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
	if r.role() != "A" {
		t.Errorf("pods are pointed to %q, want A", r.role())
	}
	res = r.round()
	r.want(res, profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
	if res.again != time.Hour {
		t.Errorf("the next look is after %s, want the plugin's hour", res.again)
	}
	r.asks()
	r.want(r.round(), profilev1.ReasonNoPlugins, []string{"revoke A"}, nil)
	r.want(r.round(), profilev1.ReasonNoPlugins, nil, nil)
	if r.role() != "" {
		t.Errorf("pods are still pointed to %s", r.role())
	}
}

func TestABindingIsVerifiedRarely(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	first := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	r.asks("A")
	r.cloud.seen = first
	r.round()
	if at := r.s.identities[0].LastVerifiedTime; at != nil {
		t.Errorf("verified at %s before it was applied", at)
	}
	for _, test := range []struct {
		name        string
		seen, noted time.Time
		fails       bool
		want        time.Time
	}{
		{name: "applied", seen: first, want: first.Truncate(time.Second)},
		{name: "seen again soon", seen: first.Add(29 * time.Minute), want: first.Truncate(time.Second)},
		{name: "seen again later", seen: first.Add(time.Hour), want: first.Add(time.Hour).Truncate(time.Second)},
		{name: "not seen since a restart", want: first.Add(time.Hour).Truncate(time.Second)},
		{name: "seen before there was a failure", seen: first.Add(3 * time.Hour), fails: true, want: first.Add(time.Hour).Truncate(time.Second)},
		{name: "noted ahead of time", seen: first.Add(4 * time.Hour), noted: first.AddDate(9, 0, 0), want: first.Add(4 * time.Hour).Truncate(time.Second)},
	} {
		r.cloud.seen = test.seen
		if !test.noted.IsZero() {
			r.s.identities[0].LastVerifiedTime = ptr.To(metav1.NewTime(test.noted))
		}
		delete(r.cloud.fails, "check A")
		if test.fails {
			r.cloud.fails["check A"] = errors.New("boom")
		}
		r.round()
		if at := r.s.identities[0].LastVerifiedTime; at == nil || !at.Time.Equal(test.want) {
			t.Errorf("%s: verified at %v, want %s", test.name, at, test.want)
		}
	}
}

func TestWhatDoesNotHoldIsNotAnnotated(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		reason string
		kind   failureKind
	}{
		"waiting": {&plugin.Error{Kind: plugin.Waiting, Reason: "Slow", Message: "w"}, "Slow", waiting},
		"refused": {&plugin.Error{Kind: plugin.Refused, Reason: "No", Message: "r"}, "No", refused},
		"retry":   {&plugin.Error{Kind: plugin.Retry, Reason: "Again", Message: "a"}, "Again", retry},
		"unknown": {errors.New("boom"), profilev1.ReasonRetrying, retry},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, interceptor.Funcs{})
			r.asks("A")
			r.round()
			r.cloud.fails["apply A"] = test.err
			res := r.round()
			r.want(res, test.reason, []string{"apply A"}, []string{"A Pending"})
			if r.role() != "" || res.failure.kind != test.kind {
				t.Errorf("pods are pointed to %q, the failure is of kind %d", r.role(), res.failure.kind)
			}
			delete(r.cloud.fails, "apply A")
			r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
		})
	}
}

func TestAChangeOfIdentityLeavesNoGap(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks("B")
	r.cloud.fails["apply B"] = &plugin.Error{Kind: plugin.Refused, Reason: "No", Message: "B is not there."}
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"A Bound", "B Pending"})
	r.want(r.round(), "No", []string{"apply B"}, []string{"A Bound", "B Pending"})
	if r.role() != "A" {
		t.Errorf("pods are pointed to %q; want A while B does not hold", r.role())
	}
	delete(r.cloud.fails, "apply B")
	r.want(r.round(), profilev1.ReasonBinding, []string{"apply B"}, []string{"A Bound", "B Bound"})
	r.want(r.round(), profilev1.ReasonApplied, []string{"check B", "revoke A"}, []string{"B Bound"})
	if r.role() != "B" {
		t.Errorf("pods are pointed to %q, want B", r.role())
	}
}

func TestAChangeOfSettingsKeepsTheAnnotationsThatStay(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A#1?x")
	r.asks("A#2")
	r.cloud.during = func(call string) {
		if diff := cmp.Diff(map[string]string{"cloud/role": "A"}, r.account().Annotations); diff != "" {
			t.Errorf("annotations at %s (-want +got):\n%s", call, diff)
		}
	}
	r.want(r.round(), profilev1.ReasonBinding, []string{"revoke A"}, []string{"A Pending"})
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
}

func TestAnAnnotationThatIsNoLongerAskedForIsWithdrawn(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A?x")
	r.asks("A")
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"A Pending"})
	if diff := cmp.Diff(map[string]string{"cloud/role": "A"}, r.account().Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
}

func TestAnnotationsGoBeforeThePermissionAndOnlyWhenTheyAreOurs(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.cloud.during = func(call string) {
		if call == "revoke A" && r.role() != "" {
			t.Errorf("the permission is taken back while pods are pointed to %s", r.role())
		}
	}
	r.asks()
	r.want(r.round(), profilev1.ReasonNoPlugins, []string{"revoke A"}, nil)

	r = newRoom(t, interceptor.Funcs{})
	r.bound("A")
	account := r.account()
	account.Annotations["cloud/role"], account.Annotations["mine"] = "theirs", "x"
	if err := r.Client.Update(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	r.asks()
	r.round()
	if diff := cmp.Diff(map[string]string{"cloud/role": "theirs", "mine": "x"}, r.account().Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

func TestAPermissionStaysUntilItsAnnotationIsGone(t *testing.T) {
	broken := false
	r := newRoom(t, interceptor.Funcs{Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
		if _, is := object.(*corev1.ServiceAccount); is && broken {
			return apierrors.NewInternalError(errors.New("boom"))
		}
		return c.Patch(ctx, object, patch, options...)
	}})
	r.bound("A")
	r.asks()
	broken = true
	r.want(r.round(), profilev1.ReasonRetrying, nil, []string{"A Bound"})
	broken = false
	r.want(r.round(), profilev1.ReasonNoPlugins, []string{"revoke A"}, nil)
}

// TestWhoChangesTheirMindGetsTheFirstIdentityAgain has a cloud where an account has one
// binding: the second took the place of the first, and revoking it leaves none.
func TestWhoChangesTheirMindGetsTheFirstIdentityAgain(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks("B")
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"A Bound", "B Pending"})
	r.want(r.round(), profilev1.ReasonBinding, []string{"apply B"}, []string{"A Bound", "B Bound"})
	r.asks("A")
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A", "revoke B"}, []string{"A Pending"})
	r.want(r.round(), profilev1.ReasonApplied, []string{"apply A"}, []string{"A Bound"})
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
}

func TestARevokeThatFailsKeepsItsRecord(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks()
	r.cloud.fails["revoke A"] = &plugin.Error{Kind: plugin.Refused, Reason: "No", Message: "no"}
	r.want(r.round(), "No", []string{"revoke A"}, []string{"A Bound"})
}

func TestChecking(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.cloud.fails["check A"] = &plugin.Error{Kind: plugin.Waiting, Reason: "Slow", Message: "looking"}
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
	r.cloud.fails["check A"] = &plugin.Error{Kind: plugin.Refused, Reason: "Gone", Message: "It is gone."}
	account := r.account()
	account.Annotations = nil
	if err := r.Client.Update(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	r.want(r.round(), "Gone", []string{"check A"}, []string{"A Bound"})
	if r.role() != "A" {
		t.Error("an annotation that somebody removed was not put back")
	}
}

func TestWhatSomebodyMadeUpHasNoEffectAndIsTold(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.forge("X")
	res := r.round()
	r.want(res, profilev1.ReasonUntrustedRecord, nil, []string{"X Bound"})
	if res.failure.kind != refused || !strings.Contains(res.failure.message, "kubectl edit --subresource=status") {
		t.Errorf("it is told as %+v", res.failure)
	}
	r.want(r.releaseStep(t.Context(), r.s), profilev1.ReasonApplied, nil, []string{"X Bound"})
	r.asks("X")
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"X Pending"})
}

func TestARecordWithoutItsPluginIsKeptAndTold(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks()
	r.Plugins = identity.Registry{}
	res := r.round()
	r.want(res, profilev1.ReasonUnknownPlugin, nil, []string{"A Bound"})
	if res.failure.kind != refused || !strings.Contains(res.failure.message, `the plugin "Cloud", which this controller does not have`) {
		t.Errorf("it is told as %+v", res.failure)
	}
	r.want(r.releaseStep(t.Context(), r.s), profilev1.ReasonUnknownPlugin, nil, []string{"A Bound"})
}

func TestAnUnclearSpecTakesNothingBack(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks("bad")
	res := r.round()
	r.want(res, profilev1.ReasonInvalidPluginSpec, nil, []string{"A Bound"})
	if !strings.Contains(res.failure.message, "spec.plugins[0].spec: role: is bad") || r.role() != "A" {
		t.Errorf("it is told as %+v; pods are pointed to %q", res.failure, r.role())
	}
	r.want(r.releaseStep(t.Context(), r.s), profilev1.ReasonNoPlugins, []string{"revoke A"}, nil)
}

func TestWithoutItsKeyTheControllerBindsNothing(t *testing.T) {
	down := true
	r := newRoom(t, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, is := object.(*corev1.Secret); is && down {
			return apierrors.NewForbidden(corev1.Resource("secrets"), key.Name, errors.New("no"))
		}
		return c.Get(ctx, key, object, options...)
	}})
	r.asks("A")
	r.forge("B")
	r.want(r.round(), profilev1.ReasonRejected, nil, []string{"B Bound"})
	down = false
	r.s.identities = nil
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"A Pending"})
}

func TestAllOf(t *testing.T) {
	if allOf(nil) != nil || allOf([]error{nil}) != nil {
		t.Error("no errors make a failure")
	}
	got := allOf([]error{
		&failure{kind: waiting, reason: "W", message: "It waits."},
		&failure{kind: refused, reason: "R", message: "It is refused."},
		&failure{kind: waiting, reason: "W", message: "It waits."},
		&plugin.Error{Kind: plugin.Retry, Reason: "Y", Message: "It tries."},
	})
	if got.kind != refused || got.reason != "R" || got.message != "It is refused. It waits. It tries." {
		t.Errorf("got %d %s: %s", got.kind, got.reason, got.message)
	}
}
