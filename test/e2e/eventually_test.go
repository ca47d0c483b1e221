package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

const (
	// patience is how long something may take that must happen. It is far longer than
	// anything takes, so that a busy machine fails no test.
	patience = 30 * time.Second
	// glance is how often it is looked at meanwhile.
	glance = 20 * time.Millisecond
)

// eventually waits until check has nothing to object to, and ends the test with its last
// objection when that does not happen.
func (f *fixture) eventually(what string, check func() error) {
	f.t.Helper()
	var objection error
	err := wait.PollUntilContextTimeout(f.ctx, glance, patience, true, func(context.Context) (bool, error) {
		objection = check()
		return objection == nil, nil
	})
	if err != nil {
		f.t.Fatalf("%s: not so within %s: %v", what, patience, objection)
	}
}

// profile reads a Profile.
func (f *fixture) profile(name string) *profilev1.Profile {
	f.t.Helper()
	return live(f, profileNamed(name))
}

// condition returns one condition of a Profile, or an empty one.
func condition(p *profilev1.Profile, of profilev1.ConditionType) profilev1.ProfileCondition {
	for _, c := range p.Status.Conditions {
		if c.Type == of {
			return c
		}
	}
	return profilev1.ProfileCondition{}
}

// awaitReady waits until the Profiles are Ready as they stand now, whatever they were
// before.
func (f *fixture) awaitReady(names ...string) {
	f.t.Helper()
	for _, name := range names {
		f.awaitCondition(name, profilev1.ConditionReady, profilev1.ReasonReady)
	}
}

// awaitCondition waits until the condition speaks of the present generation and has this
// reason, and returns it.
func (f *fixture) awaitCondition(name string, of profilev1.ConditionType, reason string) profilev1.ProfileCondition {
	f.t.Helper()
	var found profilev1.ProfileCondition
	f.eventually(fmt.Sprintf("%s of profile %s has the reason %s", of, name, reason), func() error {
		p := profileNamed(name)
		if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(p), p); err != nil {
			return err
		}
		found = condition(p, of)
		if found.Reason != reason || found.ObservedGeneration != p.Generation {
			return fmt.Errorf("the condition is %+v at generation %d", found, p.Generation)
		}
		return nil
	})
	return found
}

// mustBe fails the test unless the Profile's condition is as it should be right now.
func (f *fixture) mustBe(name string, of profilev1.ConditionType, status metav1.ConditionStatus, reason string) {
	f.t.Helper()
	if c := condition(f.profile(name), of); c.Status != status || c.Reason != reason {
		f.t.Errorf("%s of profile %s is %s (%s: %s), want %s (%s)", of, name, c.Status, c.Reason, c.Message, status, reason)
	}
}

// awaitGone waits until the objects are gone.
func (f *fixture) awaitGone(objects ...client.Object) {
	f.t.Helper()
	for _, o := range objects {
		f.eventually(fmt.Sprintf("%T %s is gone", o, o.GetName()), func() error {
			err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(o), o)
			if err == nil {
				return fmt.Errorf("it is there, with finalizers %v and deletion time %v", o.GetFinalizers(), o.GetDeletionTimestamp())
			}
			return client.IgnoreNotFound(err)
		})
	}
}

// awaitThere waits until the object exists and is not on its way out.
func awaitThere[T client.Object](f *fixture, named T) T {
	f.t.Helper()
	f.eventually(fmt.Sprintf("%T %s is there", named, named.GetName()), func() error {
		if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(named), named); err != nil {
			return err
		}
		if named.GetDeletionTimestamp() != nil {
			return errors.New("it is being deleted")
		}
		return nil
	})
	return named
}

// mustBeAbsent fails the test if one of the objects exists.
func (f *fixture) mustBeAbsent(objects ...client.Object) {
	f.t.Helper()
	for _, o := range objects {
		if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(o), o); !apierrors.IsNotFound(err) {
			f.t.Errorf("%T %s must not exist, but reading it gives %v", o, o.GetName(), err)
		}
	}
}

// events returns the Events about an object.
func (f *fixture) events(kind, name string) []eventsv1.Event {
	f.t.Helper()
	var list eventsv1.EventList
	if err := pg.Client.List(f.ctx, &list); err != nil {
		f.t.Fatal(err)
	}
	return slices.DeleteFunc(list.Items, func(e eventsv1.Event) bool { return e.Regarding.Kind != kind || e.Regarding.Name != name })
}

// awaitEvent waits until an Event with this reason is told about an object, and returns
// its text.
func (f *fixture) awaitEvent(kind, name, reason string) string {
	f.t.Helper()
	note := ""
	f.eventually(fmt.Sprintf("an Event %s about %s %s is there", reason, kind, name), func() error {
		all := f.events(kind, name)
		for _, e := range all {
			if e.Reason == reason {
				note = e.Note
				return nil
			}
		}
		return fmt.Errorf("it is not among %d Events", len(all))
	})
	return note
}
