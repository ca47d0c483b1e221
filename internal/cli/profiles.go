package cli

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// fieldManager is whose changes of a Profile's fields are.
const fieldManager = "kubectl-profile"

func readProfile(ctx context.Context, cluster client.Reader, name string) (*profilev1.Profile, error) {
	p := &profilev1.Profile{}
	err := cluster.Get(ctx, client.ObjectKey{Name: name}, p)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no profile %q; see: kubectl profile list", name)
	}
	return p, err
}

// changeProfile lets edit change a Profile and stores it, unless edit says that nothing is to
// be done. When somebody else changes the Profile meanwhile, edit gets it anew.
func changeProfile(ctx context.Context, cluster client.Client, name string, dryRun dryRun, edit func(*profilev1.Profile) (changed bool, err error)) (changed bool, err error) {
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		p, err := readProfile(ctx, cluster, name)
		if err != nil {
			return err
		}
		before := p.DeepCopy()
		if changed, err = edit(p); err != nil || !changed || dryRun.local() {
			return err
		}
		options := []client.PatchOption{client.FieldOwner(fieldManager)}
		if dryRun.server() {
			options = append(options, client.DryRunAll)
		}
		return cluster.Patch(ctx, p, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), options...)
	})
	return changed, err
}
