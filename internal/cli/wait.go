package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// vigil is the wait for a Profile to be ready.
type vigil struct {
	cluster client.WithWatch
	name    string
	timeout time.Duration
	// show is called with each condition when it has changed.
	show func(profilev1.ProfileCondition)

	said map[profilev1.ConditionType]profilev1.ProfileCondition
	last *profilev1.Profile
}

// pauses are those between two attempts to follow a Profile: an API server that is in trouble
// ends each at once.
func pauses() wait.Backoff {
	return wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 6, Cap: 5 * time.Second}
}

// await returns the Profile when it is ready. What was refused will not get better by waiting, and yet
// somebody may be about to mend it, so it is shown at once and waited for all the same.
func (v *vigil) await(ctx context.Context) (*profilev1.Profile, error) {
	limited, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	pauses := pauses()
	var trouble error
	for limited.Err() == nil {
		ready, err := v.follow(limited)
		switch {
		case ready:
			return v.last, nil
		case limited.Err() != nil && err != nil:
			// What failed before says more than that there was no time left.
		case errors.Is(err, errDeleted):
			return nil, fmt.Errorf("profile %s was deleted", v.name)
		case err != nil && !passing(err):
			return nil, fmt.Errorf("follow profile %s: %w", v.name, err)
		default:
			trouble = err
			pause(limited, pauses.Step())
		}
	}
	if ctx.Err() != nil {
		return nil, &interruptedError{fmt.Sprintf("profile %s is there, and not ready yet. To go on waiting, run the same command again", v.name)}
	}
	return nil, v.inVain(trouble)
}

// errDeleted is that nothing is left to wait for.
var errDeleted = errors.New("it was deleted")

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// passing tells that a failure to follow may go away by itself.
func passing(err error) bool {
	return !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) && !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err)
}

// inVain tells why waiting came to nothing.
func (v *vigil) inVain(trouble error) error {
	last := v.last
	if last == nil {
		last = &profilev1.Profile{}
	}
	ready := conditionOf(last, profilev1.ConditionReady)
	err := fmt.Errorf("profile %s is not ready after %s (%s): %s\nSee: kubectl profile describe %s", v.name, v.timeout, ready.Reason, plain.Text(ready.Message), v.name)
	if trouble != nil {
		err = fmt.Errorf("%w\nThe last attempt to follow it failed: %w", err, trouble)
	}
	return err
}

// follow returns true when the Profile is ready, and otherwise why it could not be followed any longer. An API
// server ends each watch after a while, which is no failure.
func (v *vigil) follow(ctx context.Context) (bool, error) {
	following, err := v.cluster.Watch(ctx, &profilev1.ProfileList{}, client.MatchingFieldsSelector{
		Selector: fields.OneTermEqualSelector("metadata.name", v.name)})
	if err != nil {
		return false, err
	}
	defer following.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case event, more := <-following.ResultChan():
			if !more {
				return false, nil
			}
			if ready, err := v.see(event); ready || err != nil {
				return ready, err
			}
		}
	}
}

// see shows what an event tells of the Profile, and returns true when it is ready.
func (v *vigil) see(event watch.Event) (bool, error) {
	p, ok := event.Object.(*profilev1.Profile)
	switch {
	case event.Type == watch.Error:
		return false, apierrors.FromObject(event.Object)
	case !ok:
		return false, nil
	case event.Type == watch.Deleted:
		return false, errDeleted
	}
	v.last = p
	for _, c := range v.news(p) {
		v.show(c)
	}
	return isReady(p), nil
}

func isReady(p *profilev1.Profile) bool {
	ready := conditionOf(p, profilev1.ConditionReady)
	return ready.Status == metav1.ConditionTrue && ready.ObservedGeneration >= p.Generation
}

// news are the conditions that have changed.
func (v *vigil) news(p *profilev1.Profile) []profilev1.ProfileCondition {
	if v.said == nil {
		v.said = map[profilev1.ConditionType]profilev1.ProfileCondition{}
	}
	var changed []profilev1.ProfileCondition
	for _, c := range p.Status.Conditions {
		before, known := v.said[c.Type]
		if c.ObservedGeneration < p.Generation || known && before.Status == c.Status && before.Message == c.Message {
			continue
		}
		v.said[c.Type] = c
		changed = append(changed, c)
	}
	return changed
}
