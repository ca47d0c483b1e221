package e2e

import (
	"context"
	"sync"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// fixture is one test's hold on the shared control plane. Its methods end the test when
// something cannot be done, so that tests read as what happens and what must follow.
type fixture struct {
	t   *testing.T
	ctx context.Context
	// controller is the one that works for this test, or nil.
	controller *playground.Controller
	// profiles are the names of the Profiles that this test made. They are printed when
	// it fails and examined when it ends.
	profiles []string
	// lock guards profiles while journeys run side by side.
	lock *sync.Mutex
	// logSeen is how long the controller's log was when this test got hold of it.
	logSeen int
}

// withController begins a test that needs a controller with these flags besides the
// Deployment's own. The one that runs is used if it has just those.
func withController(t *testing.T, flags ...string) *fixture {
	t.Helper()
	f := newFixture(t)
	f.start(flags...)
	return f
}

// withoutController begins a test that starts its controller later, or has none.
func withoutController(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.stop()
	return f
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, ctx: context.WithoutCancel(t.Context()), lock: &sync.Mutex{}}
	t.Cleanup(func() {
		if !t.Failed() && running.controller != nil {
			f.checkInvariants()
		}
		if t.Failed() {
			f.describe()
		}
	})
	return f
}

// within returns the same hold for a subtest, which fails in its own name. What it makes
// is still printed and examined when the whole test ends.
func (f *fixture) within(t *testing.T) *fixture {
	part := *f
	part.t, part.profiles, part.lock = t, nil, &sync.Mutex{}
	t.Cleanup(func() { f.watchOver(part.profiles...) })
	return &part
}

// journey is a test that needs nothing but a controller at work, so that others may run
// beside it. Those that wait for namespaces to go away do: Kubernetes waits five seconds
// before it begins to empty one.
type journey struct {
	name string
	run  func(*fixture)
}

// sideBySide runs the journeys at the same time and is the last thing that a test does.
func (f *fixture) sideBySide(journeys ...journey) {
	for _, j := range journeys {
		f.t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			j.run(f.within(t))
		})
	}
}

// start has a controller with these flags work.
func (f *fixture) start(flags ...string) {
	f.t.Helper()
	f.startWith(playground.ControllerOptions{Flags: flags, Environment: aws.Environment()})
}

// startWith has a controller with these options work, and waits until it has looked at
// all Profiles that are there.
func (f *fixture) startWith(o playground.ControllerOptions) {
	f.t.Helper()
	if !running.serves(o) {
		f.launch(o)
		f.awaitAtWork()
	}
	f.controller = running.controller
	f.logSeen = len(wholeLog(f.controller))
}

// launch starts a controller with these options in the place of the one that works, and
// leaves it to itself.
func (f *fixture) launch(o playground.ControllerOptions) {
	f.t.Helper()
	f.stop()
	// The double of IAM shows changes at once, unless a test tells it not to. And nobody looks
	// at identities from time to time, which would fall into some test or other, unless the test
	// is about that.
	given := o
	given.Flags = append([]string{"-aws-start-delay=0s", "-aws-drift-check-interval=10000h", "-aws-eks-drift-check-interval=10000h",
		"-gcp-drift-check-interval=10000h", "-azure-drift-check-interval=10000h"}, o.Flags...)
	c, err := pg.StartController(f.ctx, given)
	if err != nil {
		f.t.Fatal(err)
	}
	running = runningController{controller: c, options: o}
	f.controller = c
}

// restart replaces the controller by a new one with the same options.
func (f *fixture) restart() {
	f.t.Helper()
	options := running.options
	f.stop()
	f.startWith(options)
}

// stop ends the controller that works.
func (f *fixture) stop() {
	f.t.Helper()
	f.controller = nil
	if err := running.stop(); err != nil {
		f.t.Fatal(err)
	}
}

// create creates the objects with admin rights, and keeps an eye on Profiles.
func (f *fixture) create(objects ...client.Object) {
	f.t.Helper()
	for _, o := range objects {
		if err := pg.Client.Create(f.ctx, o); err != nil {
			f.t.Fatalf("create %T %s: %v", o, o.GetName(), err)
		}
		if _, isProfile := o.(*profilev1.Profile); isProfile {
			f.watchOver(o.GetName())
		}
	}
}

// watchOver has a Profile printed when the test fails and examined when it ends.
func (f *fixture) watchOver(profiles ...string) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.profiles = append(f.profiles, profiles...)
}

// change reads the object anew, changes it, and sends the difference.
func change[T client.Object](f *fixture, object T, how func(T)) T {
	f.t.Helper()
	f.read(object)
	before := object.DeepCopyObject().(client.Object)
	how(object)
	if err := pg.Client.Patch(f.ctx, object, client.MergeFrom(before)); err != nil {
		f.t.Fatalf("patch %T %s: %v", object, object.GetName(), err)
	}
	return object
}

// read reads the object that object names.
func (f *fixture) read(object client.Object) {
	f.t.Helper()
	if err := pg.Client.Get(f.ctx, client.ObjectKeyFromObject(object), object); err != nil {
		f.t.Fatalf("read %T %s: %v", object, object.GetName(), err)
	}
}

// remove deletes the objects with admin rights.
func (f *fixture) remove(objects ...client.Object) {
	f.t.Helper()
	for _, o := range objects {
		if err := pg.Client.Delete(f.ctx, o); err != nil {
			f.t.Fatalf("delete %T %s: %v", o, o.GetName(), err)
		}
	}
}
