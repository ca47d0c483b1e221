package profile

import (
	"context"
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestAStopIsNoError(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := newRoom(t, interceptor.Funcs{Get: func(ctx context.Context, _ client.WithWatch, _ client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
		return errors.Join(errors.New("cut off"), ctx.Err())
	}})
	request := reconcile.Request{NamespacedName: types.NamespacedName{Name: "team"}}
	if _, err := r.Reconcile(ctx, request); err == nil {
		t.Error("what fails while the process goes on is no error")
	}
	stop()
	if result, err := r.Reconcile(ctx, request); err != nil || result != (reconcile.Result{}) {
		t.Errorf("what is cut off by a stop is %v, %v", result, err)
	}
}
