package profile

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

var forbidden = &plugin.Error{Kind: plugin.Refused, Reason: "No", Message: "It may not be looked at."}

// bearing is the service account of a controller that kept no records.
func bearing(role string) client.Object {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "default-editor", Annotations: map[string]string{"cloud/role": role}}}
}

// withoutAccounts is how a cache answers in which nothing is that was made by others.
func withoutAccounts(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if _, is := o.(*corev1.ServiceAccount); is {
		return apierrors.NewNotFound(corev1.Resource("serviceaccounts"), key.Name)
	}
	return c.Get(ctx, key, o, options...)
}

func TestWhatCannotBeLookedAtIsNotRecorded(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.s.profile.Finalizers = nil
	if err := r.Client.Update(t.Context(), r.s.profile); err != nil {
		t.Fatal(err)
	}
	r.asks("A")
	for _, err := range []*plugin.Error{{Kind: plugin.Waiting, Reason: "Slow", Message: "w"}, forbidden} {
		r.cloud.fails["probe A"] = err
		r.want(r.round(), err.Reason, nil, nil)
	}
	if len(r.s.profile.Finalizers) > 0 {
		t.Errorf("it has the finalizers %q and nothing to take back", r.s.profile.Finalizers)
	}
	r.asks("B")
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"B Pending"})
	if len(r.s.profile.Finalizers) != 1 {
		t.Errorf("it has the finalizers %q before it binds", r.s.profile.Finalizers)
	}
}

// TestAWrongIdentityCanBeCorrected changes from an identity that is bound to one that may not be
// looked at, and back.
func TestAWrongIdentityCanBeCorrected(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.asks("B")
	r.cloud.fails["probe B"] = forbidden
	r.want(r.round(), "No", nil, []string{"A Bound"})
	r.asks("A")
	r.want(r.round(), profilev1.ReasonApplied, []string{"check A"}, []string{"A Bound"})
}

func TestAnAccountThatBearsAnIdentityIsRecordedUnseen(t *testing.T) {
	for role, want := range map[string][]string{"A": {"A Pending"}, "B": nil} {
		r := newRoom(t, interceptor.Funcs{}, bearing(role))
		r.Client = interceptor.NewClient(r.Client.(client.WithWatch), interceptor.Funcs{Get: withoutAccounts})
		r.asks("A")
		r.cloud.fails["probe A"] = forbidden
		r.round()
		if got := r.records(); len(got) != len(want) {
			t.Errorf("with an account that has %s, the records are %q, want %q", role, got, want)
		}
	}
}

func TestLeavingPassesOverWhatWasNeverApplied(t *testing.T) {
	reported := profilev1.ProfileCondition{Type: profilev1.ConditionIdentityReady, Status: metav1.ConditionFalse, Reason: "No"}
	for name, test := range map[string]struct {
		status  []profilev1.ProfileCondition
		account client.Object
		err     error
		free    bool
	}{
		"reported and refused":           {[]profilev1.ProfileCondition{reported}, nil, forbidden, true},
		"another account's identity":     {[]profilev1.ProfileCondition{reported}, bearing("B"), forbidden, true},
		"the status was lost":            {nil, nil, forbidden, false},
		"the account bears the identity": {[]profilev1.ProfileCondition{reported}, bearing("A"), forbidden, false},
		"the cloud is away":              {[]profilev1.ProfileCondition{reported}, nil, &plugin.Error{Kind: plugin.Waiting, Reason: "Slow", Message: "w"}, false},
		"something else went wrong":      {[]profilev1.ProfileCondition{reported}, nil, errors.New("boom"), false},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []client.Object
			if test.account != nil {
				objects = append(objects, test.account)
			}
			r := newRoom(t, interceptor.Funcs{}, objects...)
			r.asks("A")
			r.s.namespace = testNamespace("", metav1.OwnerReference{UID: r.s.profile.UID})
			r.s.profile.Status.Conditions = test.status
			r.cloud.fails["revoke A"] = test.err
			if res := r.releaseStep(t.Context(), r.s); (res.failure == nil) != test.free {
				t.Errorf("the release ends with %+v", res.failure)
			}
		})
	}
}

func TestWhatIsRecordedIsNotProbedAndAlwaysTakenBack(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	r.bound("A")
	r.cloud.fails["probe A"] = forbidden
	r.asks("A?x")
	r.want(r.round(), profilev1.ReasonBinding, nil, []string{"A Pending"})
	r.s.profile.Status.Conditions = []profilev1.ProfileCondition{{Type: profilev1.ConditionIdentityReady, Status: metav1.ConditionTrue}}
	r.cloud.fails["revoke A"] = forbidden
	r.want(r.releaseStep(t.Context(), r.s), "No", []string{"revoke A"}, []string{"A Pending"})
}
