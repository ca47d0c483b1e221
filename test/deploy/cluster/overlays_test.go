package cluster

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// One after the other, as each takes the place of the one before; what an installation granted
// is taken away before the next one, so that no rights are left over for it.
func TestInstallations(t *testing.T) {
	for _, i := range installations() {
		t.Run(i.Name(), func(t *testing.T) {
			objects := render(t, i)
			// What follows cannot be asked about while its namespace or its kind is not there.
			if err := pg.Apply(t.Context(), append(objects.OfKind("Namespace"), objects.OfKind("CustomResourceDefinition")...)...); err != nil {
				t.Fatal(err)
			}
			t.Run("the API server would take every object", func(t *testing.T) { dryRun(t, objects) })
			t.Cleanup(func() { remove(t, objects) })
			if err := pg.Apply(t.Context(), objects...); err != nil {
				t.Fatal(err)
			}
			t.Run("nothing changes when it is applied again", func(t *testing.T) { applyAgain(t, objects) })
			t.Run("the pod is admitted as restricted", func(t *testing.T) { admitted(t, i, objects) })
			t.Run("the programs work", func(t *testing.T) { programsWork(t, i, objects) })
		})
	}
}

// The chart's objects for values that no overlay has.
func TestTheChartsObjectsForOtherValues(t *testing.T) {
	if err := pg.Apply(t.Context(), object("Namespace", "", "profiles-system", nil)); err != nil {
		t.Fatal(err)
	}
	goldens, err := filepath.Glob("../chart/testdata/*.golden.yaml")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("%d goldens: %v", len(goldens), err)
	}
	for _, golden := range goldens {
		objects, err := playground.Read(golden)
		if err != nil {
			t.Fatal(err)
		}
		dryRun(t, objects)
	}
}

// dryRun has the API server check each object by itself, and refuse fields that it does not know.
func dryRun(t *testing.T, objects manifests.Objects) {
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		err = pg.Client.Patch(t.Context(), o.DeepCopy(), client.RawPatch(types.ApplyPatchType, text),
			client.FieldOwner("playground"), client.ForceOwnership, client.DryRunAll, client.FieldValidation("Strict"))
		if err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

// applyAgain finds fields that the API server writes differently from how they are given, over
// which every apply, and a GitOps tool all the time, would stumble.
func applyAgain(t *testing.T, objects manifests.Objects) {
	for _, o := range objects {
		before := o.DeepCopy()
		if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(o), before); err != nil {
			t.Fatal(err)
		}
		if err := pg.Apply(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		after := o.DeepCopy()
		if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(o), after); err != nil {
			t.Fatal(err)
		}
		if before.GetGeneration() != after.GetGeneration() {
			t.Errorf("%s %s became generation %d, from %d", o.GetKind(), o.GetName(), after.GetGeneration(), before.GetGeneration())
		}
	}
}

func remove(t *testing.T, objects manifests.Objects) {
	for _, o := range objects {
		if kind := o.GetKind(); kind == "Namespace" || kind == "CustomResourceDefinition" {
			continue
		}
		if err := pg.Client.Delete(context.WithoutCancel(t.Context()), o.DeepCopy()); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
}
