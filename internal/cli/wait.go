package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/plain"
)

// waitReady follows a Profile until it is ready. A person is shown each condition when it
// changes. What was refused will not get better by waiting, and yet somebody may be about to mend it,
// so it is shown at once and waited for all the same.
func waitReady(ctx context.Context, e *Environment, cluster client.WithWatch, name string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	progress := progress{last: conditionOf(&profilev1.Profile{}, profilev1.ConditionReady)}
	for ctx.Err() == nil {
		following, err := cluster.Watch(ctx, &profilev1.ProfileList{}, client.MatchingFieldsSelector{
			Selector: fields.OneTermEqualSelector("metadata.name", name)})
		if err != nil {
			return fmt.Errorf("follow profile %s: %w", name, err)
		}
		ready, err := follow(ctx, e, following, &progress)
		following.Stop()
		if ready || err != nil {
			return err
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return notReadyError(name, "not so within "+timeout.String(), progress.last.Message)
}

// follow returns true when the Profile is ready, and false when the watch or the time ended.
func follow(ctx context.Context, e *Environment, following watch.Interface, progress *progress) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case event, more := <-following.ResultChan():
			if !more {
				return false, nil
			}
			if ready, err := progress.see(e, event); ready || err != nil {
				return ready, err
			}
		}
	}
}

// see shows what an event tells of the Profile, and returns true when it is ready.
func (s *progress) see(e *Environment, event watch.Event) (bool, error) {
	p, ok := event.Object.(*profilev1.Profile)
	if !ok {
		return false, nil
	}
	if event.Type == watch.Deleted {
		return false, fmt.Errorf("profile %s was deleted", p.Name)
	}
	for _, c := range s.news(p) {
		if e.Terminal {
			fmt.Fprintf(e.Out, "  %s %s: %s\n", e.mark(c.Status), c.Type, plain.Text(c.Message))
		}
	}
	if !isReady(p) {
		return false, nil
	}
	e.said(p.Name, "is ready")
	return true, nil
}

func isReady(p *profilev1.Profile) bool {
	ready := conditionOf(p, profilev1.ConditionReady)
	return ready.Status == metav1.ConditionTrue && ready.ObservedGeneration >= p.Generation
}

// progress remembers what was said of a Profile.
type progress struct {
	said map[profilev1.ConditionType]profilev1.ProfileCondition
	last profilev1.ProfileCondition
}

// news are the conditions that have changed.
func (s *progress) news(p *profilev1.Profile) []profilev1.ProfileCondition {
	if s.said == nil {
		s.said = map[profilev1.ConditionType]profilev1.ProfileCondition{}
	}
	var changed []profilev1.ProfileCondition
	s.last = conditionOf(p, profilev1.ConditionReady)
	for _, c := range p.Status.Conditions {
		before, known := s.said[c.Type]
		if c.ObservedGeneration < p.Generation || known && before.Status == c.Status && before.Message == c.Message {
			continue
		}
		s.said[c.Type] = c
		changed = append(changed, c)
	}
	return changed
}
