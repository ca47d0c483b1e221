package apply

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func accountWith(annotations map[string]string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "editor",
		Labels: map[string]string{"keep": "me"}, Annotations: annotations}}
}

func TestWithdraw(t *testing.T) {
	tests := map[string]struct {
		live, want, rest map[string]string
		action           Action
	}{
		"ours go, others stay":            {map[string]string{"role": "A", "mine": "x"}, map[string]string{"role": "A"}, map[string]string{"mine": "x"}, Patched},
		"all of them are ours":            {map[string]string{"role": "A", "aud": "x"}, map[string]string{"role": "A", "aud": "x"}, nil, Patched},
		"somebody else set another value": {map[string]string{"role": "B"}, map[string]string{"role": "A"}, map[string]string{"role": "B"}, Unchanged},
		"one is changed and one is not":   {map[string]string{"role": "B", "aud": "x"}, map[string]string{"role": "A", "aud": "x"}, map[string]string{"role": "B"}, Patched},
		"an empty value is a value":       {map[string]string{"role": ""}, map[string]string{"role": ""}, nil, Patched},
		"they are gone already":           {map[string]string{"mine": "x"}, map[string]string{"role": "A"}, map[string]string{"mine": "x"}, Unchanged},
		"there never were any":            {nil, map[string]string{"role": "A"}, nil, Unchanged},
		"theirs has no value":             {map[string]string{"mine": ""}, map[string]string{"role": "A"}, map[string]string{"mine": ""}, Unchanged},
		"nothing to withdraw":             {map[string]string{"mine": "x"}, nil, map[string]string{"mine": "x"}, Unchanged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := fake.NewClientBuilder().WithObjects(accountWith(test.live)).Build()
			var wrote []string
			a := Applier{Client: c, Live: c, Wrote: func(kind, verb string) { wrote = append(wrote, kind+" "+verb) }}
			outcome, err := a.Withdraw(t.Context(), accountWith(test.want))
			if err != nil || outcome.Action != test.action || outcome.Kind != "ServiceAccount" || outcome.Name != "editor" {
				t.Errorf("outcome %+v, %v; want %s", outcome, err, test.action)
			}
			if patched := slices.Equal(outcome.Fields, []string{"annotations"}); patched != (test.action == Patched) {
				t.Errorf("the fields that differed are %v", outcome.Fields)
			}
			if counted := slices.Equal(wrote, []string{"ServiceAccount patch"}); counted != (test.action == Patched) {
				t.Errorf("writes are counted as %v", wrote)
			}
			live := accountWith(nil)
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(live), live); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.rest, live.Annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{"keep": "me"}, live.Labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithdrawFromWhatIsGone(t *testing.T) {
	ours := map[string]string{"role": "A"}
	gone := fake.NewClientBuilder().Build()
	goes := fake.NewClientBuilder().WithObjects(accountWith(ours)).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return apierrors.NewNotFound(corev1.Resource("serviceaccounts"), "editor")
		}}).Build()
	for name, c := range map[string]client.Client{"before": gone, "meanwhile": goes} {
		outcome, err := Applier{Client: c, Live: c}.Withdraw(t.Context(), accountWith(ours))
		if err != nil || outcome.Action != Unchanged {
			t.Errorf("gone %s: outcome %+v, %v", name, outcome, err)
		}
	}
}

func TestWithdrawTellsWhatItCouldNotDo(t *testing.T) {
	boom := apierrors.NewInternalError(errors.New("boom"))
	ours := map[string]string{"role": "A"}
	for name, functions := range map[string]interceptor.Funcs{
		"read": {Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return boom
		}},
		"patch": {Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return boom
		}},
	} {
		c := fake.NewClientBuilder().WithObjects(accountWith(ours)).WithInterceptorFuncs(functions).Build()
		_, err := Applier{Client: c, Live: c}.Withdraw(t.Context(), accountWith(ours))
		if !apierrors.IsInternalError(err) || err.Error() != name+" ServiceAccount editor: "+boom.Error() {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
