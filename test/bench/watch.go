package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// longestWait ends a measurement that would not end by itself.
const longestWait = 15 * time.Minute

// arrival is when a watch showed the last of what was waited for.
type arrival struct {
	at  time.Time
	err error
}

// watchFor watches objects of the list's kind, from now on. The arrival is sent when
// reached has been true for each of the names. A busy API server may end a watch; it is
// then taken up again where it was.
func watchFor(ctx context.Context, c client.WithWatch, list client.ObjectList, names []string, reached func(watch.Event) bool) (<-chan arrival, error) {
	if err := c.List(ctx, list, client.Limit(1)); err != nil {
		return nil, fmt.Errorf("open a watch: %w", err)
	}
	source := &toolscache.ListWatch{WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		return c.Watch(ctx, list, &client.ListOptions{Raw: &o})
	}}
	ctx, cancel := context.WithTimeoutCause(ctx, longestWait, fmt.Errorf("it took longer than %s", longestWait))
	events, err := watchtools.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), source)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open a watch: %w", err)
	}
	result := make(chan arrival, 1)
	go func() {
		defer cancel()
		result <- await(ctx, events.ResultChan(), names, reached)
	}()
	return result, nil
}

// await reads events until reached has been true for each of the names.
func await(ctx context.Context, events <-chan watch.Event, names []string, reached func(watch.Event) bool) arrival {
	missing := sets.New(names...)
	for event := range events {
		if o, ok := event.Object.(client.Object); ok && reached(event) {
			missing.Delete(o.GetName())
		}
		if len(missing) == 0 {
			return arrival{at: time.Now()}
		}
	}
	err := context.Cause(ctx)
	if err == nil {
		err = errors.New("the API server no longer knew where a watch had been")
	}
	return arrival{err: fmt.Errorf("%d of %d were not seen: %w; run this again", len(missing), len(names), err)}
}

// isReady tells whether an event shows a Profile that is ready as it is now written.
func isReady(event watch.Event) bool {
	p, ok := event.Object.(*profilev1.Profile)
	if !ok {
		return false
	}
	for _, c := range p.Status.Conditions {
		if c.Type == profilev1.ConditionReady {
			return c.Status == metav1.ConditionTrue && c.ObservedGeneration == p.Generation
		}
	}
	return false
}

// isGone tells whether an event shows that an object is no more.
func isGone(event watch.Event) bool { return event.Type == watch.Deleted }

// metadataOf is a list of objects of which only the metadata is wanted.
func metadataOf(apiVersion, kind string) *metav1.PartialObjectMetadataList {
	return &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: kind + "List"}}
}
