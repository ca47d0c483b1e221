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
)

// waitReady follows a Profile until it is ready, and prints each condition when it changes.
// What was refused will not get better by waiting, and yet somebody may be about to mend it,
// so it is shown at once and waited for all the same.
func waitReady(ctx context.Context, e *Environment, cluster client.WithWatch, name string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var progress progress
	for ctx.Err() == nil {
		following, err := cluster.Watch(ctx, &profilev1.ProfileList{}, client.MatchingFieldsSelector{
			Selector: fields.OneTermEqualSelector("metadata.name", name)})
		if err != nil {
			return fmt.Errorf("follow profile %s: %w", name, err)
		}
		ready, err := follow(e, following, &progress)
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

// follow returns true when the Profile is ready, and false when the watch ended.
func follow(e *Environment, following watch.Interface, progress *progress) (bool, error) {
	for event := range following.ResultChan() {
		p, ok := event.Object.(*profilev1.Profile)
		if !ok {
			continue
		}
		if event.Type == watch.Deleted {
			return false, fmt.Errorf("profile %s was deleted", p.Name)
		}
		for _, line := range progress.news(p) {
			fmt.Fprintln(e.Out, line)
		}
		if isReady(p) {
			return true, nil
		}
	}
	return false, nil
}

func isReady(p *profilev1.Profile) bool {
	ready := conditionOf(p, profilev1.ConditionReady)
	return ready.Status == metav1.ConditionTrue && ready.ObservedGeneration >= p.Generation
}

// progress remembers what was said of a Profile.
type progress struct {
	said map[profilev1.ConditionType]string
	last profilev1.ProfileCondition
}

// news are the lines about conditions that have changed.
func (s *progress) news(p *profilev1.Profile) []string {
	if s.said == nil {
		s.said = map[profilev1.ConditionType]string{}
	}
	var lines []string
	s.last = conditionOf(p, profilev1.ConditionReady)
	for _, c := range p.Status.Conditions {
		if c.ObservedGeneration < p.Generation {
			continue
		}
		line := fmt.Sprintf("  %s %s: %s", mark(c.Status), c.Type, c.Message)
		if s.said[c.Type] != line {
			s.said[c.Type] = line
			lines = append(lines, line)
		}
	}
	return lines
}

// mark is how a condition's status looks in front of a line.
func mark(status metav1.ConditionStatus) string {
	switch status {
	case metav1.ConditionTrue:
		return "✓"
	case metav1.ConditionFalse:
		return "✗"
	default:
		return "…"
	}
}
