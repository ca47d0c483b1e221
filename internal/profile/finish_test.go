package profile

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// leaving stores the Profile with its records and deletes it.
func (r *room) leaving() {
	r.t.Helper()
	stored := &profilev1.Profile{}
	if err := r.Client.Get(r.t.Context(), client.ObjectKeyFromObject(r.s.profile), stored); err != nil {
		r.t.Fatal(err)
	}
	stored.Status.Identities = r.s.identities
	if err := r.Client.Status().Update(r.t.Context(), stored); err != nil {
		r.t.Fatal(err)
	}
	if err := r.Client.Delete(r.t.Context(), stored); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) reconcile() (reconcile.Result, error) {
	r.t.Helper()
	return r.Reconcile(r.t.Context(), requestFor("team"))
}

// stored is the Profile on the API server, or nil.
func (r *room) stored() *profilev1.Profile {
	r.t.Helper()
	p := &profilev1.Profile{}
	err := r.Client.Get(r.t.Context(), client.ObjectKey{Name: "team"}, p)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func TestAProfileStaysUntilItsIdentitiesAreTakenBack(t *testing.T) {
	tests := map[string]struct {
		err      *plugin.Error
		reason   string
		begins   string
		says     string
		requeued bool
	}{
		"waiting": {&plugin.Error{Kind: plugin.Waiting, Reason: "Slow", Message: "It waits."}, "Slow", "The Profile is being deleted. It waits.", "", false},
		"refused": {&plugin.Error{Kind: plugin.Refused, Reason: "No", Message: "It cannot."}, "No",
			"The Profile is being deleted and stays until its identities are taken back. It cannot.", "remove its finalizer " + profilev1.ProfileFinalizer, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, interceptor.Funcs{})
			r.bound("A")
			r.leaving()
			r.cloud.fails["revoke A"] = test.err
			result, err := r.reconcile()
			if err != nil || (result.RequeueAfter > 0) != test.requeued {
				t.Errorf("the result is %+v, %v", result, err)
			}
			p := r.stored()
			if p == nil || len(p.Status.Identities) != 1 {
				t.Fatalf("the Profile was let go or lost its record: %+v", p)
			}
			got := condition(p, profilev1.ConditionIdentityReady)
			if got.Status != metav1.ConditionFalse || got.Reason != test.reason || !strings.HasPrefix(got.Message, test.begins) || !strings.Contains(got.Message, test.says) {
				t.Errorf("the condition is %+v", got)
			}
			delete(r.cloud.fails, "revoke A")
			if _, err := r.reconcile(); err != nil || r.stored() != nil {
				t.Errorf("once it is taken back the Profile stays: %v", err)
			}
		})
	}
}

func TestNothingMadeUpHoldsAProfileUp(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.forge("X")
	r.leaving()
	if _, err := r.reconcile(); err != nil || r.stored() != nil {
		t.Errorf("the Profile stays: %v", err)
	}
	if calls := r.cloud.called(); len(calls) > 0 {
		t.Errorf("the plugin was called: %v", calls)
	}
}

func TestAProfileWithoutIdentitiesNeedsNoKeyToLeave(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.Seals = nil
	r.asks("A")
	if res := r.releaseStep(t.Context(), r.s); res.failure != nil {
		t.Errorf("what the spec asks for holds up a Profile that was never bound: %v", res.failure)
	}
	r.leaving()
	if _, err := r.reconcile(); err != nil || r.stored() != nil {
		t.Errorf("the Profile stays: %v", err)
	}
}

func TestLeavingTouchesNoAccount(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	before := r.account().ResourceVersion
	r.leaving()
	if _, err := r.reconcile(); err != nil || r.account().ResourceVersion != before {
		t.Errorf("the account of a namespace that goes was written: %v", err)
	}
	if (&corev1.ServiceAccount{}).ResourceVersion == before {
		t.Fatal("there is no account, so this test shows nothing")
	}
}

// TestWhatTheSpecNamesIsTakenBackWithoutRecordsAndWithoutAKey has a Profile whose status was
// wiped, or that another controller bound, while the key cannot be had.
func TestWhatTheSpecNamesIsTakenBackWithoutRecordsAndWithoutAKey(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.Seals = nil
	r.asks("A")
	r.s.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", OwnerReferences: []metav1.OwnerReference{{UID: r.s.profile.UID}}}}
	if res := r.releaseStep(t.Context(), r.s); res.failure != nil {
		t.Errorf("the missing key holds it up: %v", res.failure)
	}
	if calls := r.cloud.called(); !slices.Contains(calls, "revoke A") {
		t.Errorf("the plugin was called with %v, want that A is revoked", calls)
	}
}
