package e2e

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestReadyIsNotSaidBeforeTheIdentitiesAreBound looks at every status while roles and
// settings change. What is pending, or still bound and no longer asked for, is not ready.
func TestReadyIsNotSaidBeforeTheIdentitiesAreBound(t *testing.T) {
	f := withAWS(t)
	first, second := f.role("premature-a", handMadePolicy()), f.role("premature-b", handMadePolicy())
	f.create(MakeProfile("premature").AWS(first).Obj())
	f.awaitIdentity("premature", first)
	c, err := client.NewWithWatch(pg.Admin, client.Options{Scheme: playground.Scheme(), Mapper: pg.Client.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Watch(f.ctx, &profilev1.ProfileList{}, client.MatchingFields{"metadata.name": "premature"})
	if err != nil {
		t.Fatal(err)
	}
	premature := make(chan []string)
	go func() {
		var found []string
		for event := range w.ResultChan() {
			if p, isProfile := event.Object.(*profilev1.Profile); isProfile && event.Type == watch.Modified {
				ready := condition(p, profilev1.ConditionReady)
				if ready.Status == "True" && ready.ObservedGeneration == p.Generation && (len(p.Status.Identities) != 1 || p.Status.Identities[0].Phase != profilev1.IdentityBound) {
					found = append(found, fmt.Sprintf("%+v", p.Status.Identities))
				}
			}
		}
		premature <- found
	}()
	f.plug("premature", awsSpec(second))
	f.awaitBound("premature", second)
	f.plug("premature", awsSpec(second, `"annotateOnly":true`))
	f.awaitBound("premature", second)
	f.plug("premature", awsSpec(second))
	f.awaitBound("premature", second)
	w.Stop()
	for _, identities := range <-premature {
		t.Errorf("Ready is True with the identities %s", identities)
	}
}
