package cluster

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// TestWithoutAMesh is on a cluster that has none of Istio's kinds.
func TestWithoutAMesh(t *testing.T) {
	i := manifests.Overlays()[0].With("without-mesh")
	objects := render(t, i)
	t.Cleanup(func() { remove(t, objects) })
	withoutIstio(t)
	if err := pg.Apply(t.Context(), objects...); err != nil {
		t.Fatal(err)
	}
	programsWork(t, i, objects)
}

// withoutIstio takes Istio's kinds away until the test is over.
func withoutIstio(t *testing.T) {
	t.Helper()
	all, err := definitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var istios manifests.Objects
	for _, d := range all {
		if d.GetLabels()["app"] == "istio-pilot" {
			istios = append(istios, d)
		}
	}
	if len(istios) != 2 {
		t.Fatalf("%d of the definitions are Istio's", len(istios))
	}
	t.Cleanup(func() {
		if err := pg.Apply(context.WithoutCancel(t.Context()), istios...); err != nil {
			t.Error(err)
		}
	})
	err = wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		gone := 0
		for _, d := range istios {
			err := pg.Client.Delete(ctx, d.DeepCopy())
			if apierrors.IsNotFound(err) {
				gone++
			} else if client.IgnoreNotFound(err) != nil {
				return false, err
			}
		}
		return gone == len(istios), nil
	})
	if err != nil {
		t.Fatalf("Istio's kinds do not go away: %v", err)
	}
}
