package profile

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/apply"
)

// tasks are what a step has to do, in no order.
type tasks struct {
	ctx context.Context
	all []func() (apply.Outcome, error)
}

// ensure adds that each of the objects is as it should be.
func ensure[T client.Object](t *tasks, a apply.Applier, wanted ...T) {
	for _, object := range wanted {
		t.all = append(t.all, func() (apply.Outcome, error) { return a.Ensure(t.ctx, object) })
	}
}

// remove adds that each of the objects is gone.
func (t *tasks) remove(a apply.Applier, objects ...client.Object) {
	for _, object := range objects {
		t.all = append(t.all, func() (apply.Outcome, error) { return a.Remove(t.ctx, object) })
	}
}

// fail adds an error, if it is one.
func (t *tasks) fail(err error) {
	if err != nil {
		t.all = append(t.all, func() (apply.Outcome, error) { return apply.Outcome{}, err })
	}
}
