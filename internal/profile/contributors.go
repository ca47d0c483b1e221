package profile

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/desired"
)

// undeclared lists the objects that are marked as declared in spec.contributors and stand
// there no longer. Whom the owner added by the access API has other marks and is not seen.
func undeclared(ctx context.Context, reader client.Reader, list client.ObjectList, namespace string, wanted desired.ContributorObjects) ([]client.Object, error) {
	if err := reader.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list contributors in %s: %w", namespace, err)
	}
	var found []client.Object
	err := meta.EachListItem(list, func(item runtime.Object) error {
		if o := item.(client.Object); contributor.Declared(o) && !wanted.Has(o.GetName()) {
			found = append(found, o)
		}
		return nil
	})
	return found, err
}

func refusedContributor(invalid error) error {
	if invalid == nil {
		return nil
	}
	return &failure{kind: refused, reason: profilev1.ReasonInvalidContributor,
		message: fmt.Sprintf("%s. Correct spec.contributors; the other contributors are in place.", invalid)}
}
