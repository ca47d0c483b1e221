package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func (c *cluster) registrar() *Registrar { return &Registrar{Client: c.client, Index: c.index} }

// TestManyRegistrationsOfOneUserAtOnce tries to be faster than the informer.
func TestManyRegistrationsOfOneUserAtOnce(t *testing.T) {
	c := clusterFor(t)
	r := c.registrar()
	var registered, limited atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		p := profileOf(fmt.Sprint("greedy-", i), "", user("greedy"))
		c.t.Cleanup(func() { _ = pg.Client.Delete(context.WithoutCancel(c.ctx), p) })
		all.Go(func() {
			d, err := r.Register(c.ctx, Caller{Kind: "User", Name: "greedy"}, p)
			switch {
			case err == nil:
				registered.Add(1)
			case d.Reason == ReasonLimit:
				limited.Add(1)
			default:
				t.Errorf("%s: %v", d.Reason, err)
			}
		})
	}
	all.Wait()
	if registered.Load() != 1 || limited.Load() != 9 {
		t.Errorf("%d were registered and %d refused", registered.Load(), limited.Load())
	}
	c.eventually("the Index has it", func() bool { return c.index.ProfilesOf(user("greedy")) == 1 })
	if _, err := r.Register(c.ctx, Caller{Name: "greedy"}, profileOf("greedy-x", "", user("greedy"))); err == nil {
		t.Error("a second one was registered later")
	}
	if len(r.recent) != 0 {
		t.Errorf("%d registrations are remembered although the Index has them", len(r.recent))
	}
}

// TestTheLimitHoldsAcrossReplicas has a replica whose Index never heard of the other's.
func TestTheLimitHoldsAcrossReplicas(t *testing.T) {
	c := clusterFor(t)
	first, second := profileOf("replica-1", "", user("twice")), profileOf("replica-2", "", user("twice"))
	for _, p := range []*profilev1.Profile{first, second} {
		t.Cleanup(func() { _ = pg.Client.Delete(context.WithoutCancel(c.ctx), p) })
	}
	twice := Caller{Kind: "User", Name: "twice"}
	if _, err := c.registrar().Register(c.ctx, twice, first); err != nil {
		t.Fatal(err)
	}
	unaware := &Registrar{Client: c.client, Index: NewIndex(Names{})}
	impatient, hangUp := context.WithCancel(c.ctx)
	defer hangUp()
	unaware.Client = hangingUp{c.client, hangUp}
	_, err := unaware.Register(impatient, twice, second)
	mustBe(t, err, Forbidden, "twice has a Profile already")
	c.eventually("the second is gone", func() bool {
		return apierrors.IsNotFound(pg.Client.Get(c.ctx, client.ObjectKey{Name: "replica-2"}, &profilev1.Profile{}))
	})
	if err := pg.Client.Get(c.ctx, client.ObjectKey{Name: "replica-1"}, &profilev1.Profile{}); err != nil {
		t.Errorf("the first: %v", err)
	}
	if _, err := unaware.Register(c.ctx, Caller{Kind: "User", Name: "root", Admin: true}, profileOf("replica-2", "", user("twice"))); err != nil {
		t.Errorf("an admin is bound by the limit: %v", err)
	}
}

// hangingUp has the caller go away as soon as something was created.
type hangingUp struct {
	client.Client
	hangUp func()
}

func (h hangingUp) Create(ctx context.Context, o client.Object, options ...client.CreateOption) error {
	defer h.hangUp()
	return h.Client.Create(ctx, o, options...)
}

func TestARegistrationThatFailedDoesNotCount(t *testing.T) {
	c := clusterFor(t)
	r := c.registrar()
	taken, free := profileOf("taken", "", user("first")), profileOf("free", "", user("second"))
	c.create(taken)
	t.Cleanup(func() {
		_ = pg.Client.Delete(context.WithoutCancel(c.ctx), taken)
		_ = pg.Client.Delete(context.WithoutCancel(c.ctx), free)
	})
	second := Caller{Kind: "User", Name: "second"}
	_, err := r.Register(c.ctx, second, profileOf("taken", "", user("second")))
	mustBe(t, err, Conflict, "exists already")
	if _, err := r.Register(c.ctx, second, free); err != nil {
		t.Errorf("the failed registration counts: %v", err)
	}
}

// TestARegistrationWithoutAnAnswerCountsForAWhile since it may have reached the cluster.
func TestARegistrationWithoutAnAnswerCountsForAWhile(t *testing.T) {
	lost := errors.New("connection reset")
	away := interceptor.NewClient(nil, interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return lost }})
	r := &Registrar{Client: away, Index: NewIndex(Names{})}
	vic := Caller{Kind: "User", Name: "vic"}
	_, err := r.Register(t.Context(), vic, profileOf("vic", "", user("vic")))
	mustBe(t, err, Unavailable, "Try again")
	if d, _ := r.Register(t.Context(), vic, profileOf("vic-2", "", user("vic"))); d.Reason != ReasonLimit {
		t.Errorf("the second try: %s", d.Reason)
	}
	if got := r.notIndexed(user("vic"), time.Now().Add(2*indexDelay)); got != 0 {
		t.Errorf("%d count forever", got)
	}
}

func TestWhoDeletesAProfile(t *testing.T) {
	c := clusterFor(t)
	r := c.registrar()
	p := profileOf("to-delete", "", user("alice"))
	c.create(p)
	c.eventually("the Index knows", func() bool { _, ok := c.index.Profile("to-delete"); return ok })
	_, err := r.Delete(c.ctx, Caller{Name: "mallory"}, "to-delete")
	mustBe(t, err, Forbidden, "Only the owner")
	_, err = r.Delete(c.ctx, Caller{Admin: true}, "no-such")
	mustBe(t, err, NotFound, "no-such")
	// Another Profile of that name, which the Index has not seen yet, is not alice's to delete.
	stale := &Registrar{Client: c.client, Index: NewIndex(Names{})}
	stale.Index.PutProfile(profileOf("to-delete", "11111111-2222-3333-4444-555555555555", user("mallory")))
	_, err = stale.Delete(c.ctx, Caller{Name: "mallory"}, "to-delete")
	mustBe(t, err, Conflict, "Try again")
	if d, err := r.Delete(c.ctx, Caller{Name: "alice"}, "to-delete"); err != nil || d.Reason != ReasonOwner {
		t.Errorf("the owner: %s, %v", d.Reason, err)
	}
	_, err = r.Delete(c.ctx, Caller{Admin: true}, "to-delete")
	if AsError(err).Kind != NotFound {
		t.Errorf("again: %v", err)
	}
}

// TestTheClusterHasTheLastWord has an admin register what the Profile's schema refuses.
func TestTheClusterHasTheLastWord(t *testing.T) {
	c := clusterFor(t)
	p := profileOf("no-kind", "", user("alice"))
	p.Spec.Plugins = []profilev1.Plugin{{}}
	_, err := c.registrar().Register(c.ctx, Caller{Admin: true}, p)
	mustBe(t, err, Invalid, "kind")
	if message := AsError(err).Message; message == "" || len(message) > 400 {
		t.Errorf("the message is %q", message)
	}
}

func TestExtrasOfARegistration(t *testing.T) {
	tests := map[string]struct {
		add  func(*profilev1.Profile)
		want []string
	}{
		"none": {func(*profilev1.Profile) {}, nil},
		"an owner in full": {func(p *profilev1.Profile) {
			p.Spec.Owner.APIGroup, p.Kind, p.APIVersion = "rbac.authorization.k8s.io", "Profile", "kubeflow.org/v1"
		}, nil},
		"a plugin": {func(p *profilev1.Profile) { p.Spec.Plugins = []profilev1.Plugin{{Kind: "AwsIamForServiceAccount"}} }, []string{"spec.plugins"}},
		"a plugin that is no JSON": {func(p *profilev1.Profile) {
			p.Spec.Plugins = []profilev1.Plugin{{Spec: &runtime.RawExtension{Raw: []byte("{")}}}
		}, []string{"spec.plugins"}},
		"a quota": {func(p *profilev1.Profile) {
			p.Spec.ResourceQuotaSpec.Hard = corev1.ResourceList{"pods": resource.MustParse("1")}
		}, []string{"spec.resourceQuotaSpec"}},
		"labels and more": {func(p *profilev1.Profile) {
			p.Labels = map[string]string{"a": "b"}
			p.Annotations = map[string]string{"a": ""}
			p.Finalizers = []string{"stuck/forever"}
			p.GenerateName = "x"
		}, []string{"metadata.annotations", "metadata.finalizers", "metadata.generateName", "metadata.labels"}},
		"a status": {func(p *profilev1.Profile) { p.Status.ObservedGeneration = 1 }, []string{"status.observedGeneration"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := profileOf("team-a", "", user("alice"))
			test.add(p)
			if diff := cmp.Diff(test.want, extrasOf(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
