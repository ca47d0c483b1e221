package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// shown is an event that shows a Profile with a condition Ready.
func shown(name string, generation, observed int64, ready metav1.ConditionStatus) watch.Event {
	return watch.Event{Type: watch.Modified, Object: &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name, Generation: generation},
		Status: profilev1.ProfileStatus{Conditions: []profilev1.ProfileCondition{
			{Type: profilev1.ConditionReady, Status: ready, ObservedGeneration: observed}}},
	}}
}

func TestIsReady(t *testing.T) {
	cases := map[string]struct {
		event watch.Event
		want  bool
	}{
		"ready":                        {shown("a", 2, 2, metav1.ConditionTrue), true},
		"not ready":                    {shown("a", 2, 2, metav1.ConditionFalse), false},
		"ready before the last change": {shown("a", 2, 1, metav1.ConditionTrue), false},
		"no status yet":                {watch.Event{Type: watch.Added, Object: &profilev1.Profile{}}, false},
	}
	for name, c := range cases {
		if got := isReady(c.event); got != c.want {
			t.Errorf("%s: isReady is %v, want %v", name, got, c.want)
		}
	}
}

// TestAwaitWantsEachName has one Profile ready twice and a stranger among the events;
// neither may stand in for the one that is missing.
func TestAwaitWantsEachName(t *testing.T) {
	events := make(chan watch.Event, 3)
	events <- shown("a", 1, 1, metav1.ConditionTrue)
	events <- shown("a", 1, 1, metav1.ConditionTrue)
	events <- shown("stranger", 1, 1, metav1.ConditionTrue)
	close(events)
	got := await(t.Context(), events, []string{"a", "b"}, isReady)
	if got.err == nil || !strings.Contains(got.err.Error(), "1 of 2") {
		t.Errorf("the error is %v, want one that says that 1 of 2 is missing", got.err)
	}
}

func TestAwaitEndsWithTheLastName(t *testing.T) {
	events := make(chan watch.Event, 2)
	events <- shown("b", 1, 1, metav1.ConditionTrue)
	events <- shown("a", 1, 1, metav1.ConditionTrue)
	if got := await(t.Context(), events, []string{"a", "b"}, isReady); got.err != nil || got.at.IsZero() {
		t.Errorf("the arrival is %+v, want a time and no error", got)
	}
}

func TestAwaitTellsWhyItGaveUp(t *testing.T) {
	events := make(chan watch.Event)
	close(events)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("too long")
	cancel(cause)
	if got := await(ctx, events, []string{"a"}, isReady); !errors.Is(got.err, cause) {
		t.Errorf("the error is %v, want it to hold %v", got.err, cause)
	}
}
