package apply

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// FieldManager is the name under which the API server records what we wrote.
const FieldManager = "profile-controller"

// Applier brings objects to their desired state.
type Applier struct {
	// Client reads from a cache and writes to the API server. Its reads must show
	// the writes that went through it before; otherwise an object that was just
	// created would be created again.
	Client client.Client
	// Live reads from the API server. It is asked only about objects that exist but
	// that the cache does not hold, such as those that another controller made.
	Live client.Reader
	// Wrote is called after each successful write, for counting. May be nil.
	Wrote func(kind, verb string)
}

// Ensure makes the object that want names be as want says. An object that is already
// on its way out is left alone: its removal will be noticed, and the next call creates
// it again.
func (a Applier) Ensure(ctx context.Context, want client.Object) (Outcome, error) {
	live := emptyLike(want)
	err := a.Client.Get(ctx, client.ObjectKeyFromObject(want), live)
	if apierrors.IsNotFound(err) {
		outcome, createErr := a.Create(ctx, want)
		if !apierrors.IsAlreadyExists(createErr) {
			return outcome, createErr
		}
		err = a.Live.Get(ctx, client.ObjectKeyFromObject(want), live)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("read %s %s: %w", kindOf(want), want.GetName(), err)
	}
	if live.GetDeletionTimestamp() != nil {
		return outcomeOf(want, Unchanged), nil
	}
	if fields := immutableDifferences(live, want); len(fields) > 0 {
		return a.recreate(ctx, live, want, fields)
	}
	return a.Patch(ctx, live, want)
}

// Create makes a new object. An object of that name that already exists is an error
// of the kind apierrors.IsAlreadyExists, and is not touched.
func (a Applier) Create(ctx context.Context, want client.Object) (Outcome, error) {
	created := want.DeepCopyObject().(client.Object)
	if err := a.Client.Create(ctx, created, client.FieldOwner(FieldManager)); err != nil {
		return Outcome{}, fmt.Errorf("create %s %s: %w", kindOf(want), want.GetName(), err)
	}
	a.wrote(want, "create")
	return outcomeOf(want, Created), nil
}

// Patch sends what differs between live and want, and nothing when nothing does.
// Options of the merge, such as an optimistic lock, may be given.
func (a Applier) Patch(ctx context.Context, live, want client.Object, merge ...client.MergeFromOption) (Outcome, error) {
	before := live.DeepCopyObject().(client.Object)
	fields, err := impose(live, want)
	if err != nil || len(fields) == 0 {
		return outcomeOf(want, Unchanged), err
	}
	patch := client.MergeFromWithOptions(before, merge...)
	if err := a.Client.Patch(ctx, live, patch, client.FieldOwner(FieldManager)); err != nil {
		return Outcome{}, fmt.Errorf("patch %s %s: %w", kindOf(want), want.GetName(), err)
	}
	a.wrote(want, "patch")
	outcome := outcomeOf(want, Patched)
	outcome.Fields = fields
	return outcome, nil
}

// Withdraw removes the annotations of want from the object of that name where they still
// have the values of want. What somebody else set meanwhile stays, and an object that is
// gone or never was ours is fine.
func (a Applier) Withdraw(ctx context.Context, want client.Object) (Outcome, error) {
	live := emptyLike(want)
	err := a.Client.Get(ctx, client.ObjectKeyFromObject(want), live)
	if apierrors.IsNotFound(err) {
		return outcomeOf(want, Unchanged), nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("read %s %s: %w", kindOf(want), want.GetName(), err)
	}
	before := live.DeepCopyObject().(client.Object)
	rest := maps.Clone(live.GetAnnotations())
	maps.DeleteFunc(rest, func(key, value string) bool {
		ours, there := want.GetAnnotations()[key]
		return there && ours == value
	})
	if len(rest) == len(live.GetAnnotations()) {
		return outcomeOf(want, Unchanged), nil
	}
	live.SetAnnotations(rest)
	err = a.Client.Patch(ctx, live, client.MergeFrom(before), client.FieldOwner(FieldManager))
	if apierrors.IsNotFound(err) {
		return outcomeOf(want, Unchanged), nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("patch %s %s: %w", kindOf(want), want.GetName(), err)
	}
	a.wrote(want, "patch")
	outcome := outcomeOf(want, Patched)
	outcome.Fields = []string{"annotations"}
	return outcome, nil
}

// Remove deletes the object of that name if the cache holds it.
func (a Applier) Remove(ctx context.Context, object client.Object) (Outcome, error) {
	live := emptyLike(object)
	err := a.Client.Get(ctx, client.ObjectKeyFromObject(object), live)
	if apierrors.IsNotFound(err) {
		return outcomeOf(object, Unchanged), nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("read %s %s: %w", kindOf(object), object.GetName(), err)
	}
	if live.GetDeletionTimestamp() != nil {
		return outcomeOf(object, Unchanged), nil
	}
	if err := a.delete(ctx, live); err != nil {
		return Outcome{}, err
	}
	return outcomeOf(object, Removed), nil
}

func (a Applier) recreate(ctx context.Context, live, want client.Object, fields []string) (Outcome, error) {
	if err := a.delete(ctx, live); err != nil {
		return Outcome{}, err
	}
	outcome, err := a.Create(ctx, want)
	if err != nil {
		return Outcome{}, err
	}
	outcome.Action, outcome.Fields = Recreated, fields
	return outcome, nil
}

// delete removes exactly the object that was read. It does not make later reads wait
// for the removal to show in the cache: an object without our label never shows there,
// and such a wait would not end.
func (a Applier) delete(ctx context.Context, live client.Object) error {
	err := a.Client.Delete(ctx, live, client.DisableReadYourWritesConsistency,
		client.Preconditions{UID: ptr.To(live.GetUID())})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s %s: %w", kindOf(live), live.GetName(), err)
	}
	a.wrote(live, "delete")
	return nil
}

func (a Applier) wrote(object client.Object, verb string) {
	if a.Wrote != nil {
		a.Wrote(kindOf(object), verb)
	}
}

func outcomeOf(object client.Object, action Action) Outcome {
	return Outcome{Kind: kindOf(object), Name: object.GetName(), Action: action}
}

// kindOf is the kind of a typed object. The Go type has the kind's name in every API
// package, while the kind field of objects that were read is empty.
func kindOf(object client.Object) string {
	return reflect.TypeOf(object).Elem().Name()
}

func emptyLike(object client.Object) client.Object {
	return reflect.New(reflect.TypeOf(object).Elem()).Interface().(client.Object)
}
