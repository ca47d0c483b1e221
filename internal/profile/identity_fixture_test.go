package profile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// cloud is a plugin that notes what it is asked for and answers what a test says.
type cloud struct {
	mu    sync.Mutex
	calls []string
	// fails are answers by call, such as "apply A".
	fails map[string]error
	again time.Duration
	// seen is when each binding was seen to hold.
	seen time.Time
	// during is told of each call.
	during func(call string)
}

func (*cloud) Kind() string { return "Cloud" }

// Plan binds default-editor to what the spec says, such as "A", with settings "A#1", with
// an audience "A?x"; "bad" cannot be read.
func (*cloud) Plan(_ context.Context, _ string, spec []byte) ([]plugin.Binding, error) {
	identity := string(spec[1 : len(spec)-1])
	if identity == "bad" {
		return nil, plugin.InvalidSpec("role", "is bad")
	}
	identity, audience, _ := strings.Cut(identity, "?")
	identity, settings, _ := strings.Cut(identity, "#")
	b := plugin.Binding{ServiceAccount: "default-editor", Identity: identity, Annotations: map[string]string{"cloud/role": identity}, Settings: settings}
	if audience != "" {
		b.Annotations["cloud/audience"] = audience
	}
	return []plugin.Binding{b}, nil
}

func (c *cloud) note(verb string, b plugin.Binding) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := verb + " " + b.Identity
	c.calls = append(c.calls, call)
	if c.during != nil {
		c.during(call)
	}
	return c.fails[call]
}

func (c *cloud) Apply(_ context.Context, _ string, b plugin.Binding) error { return c.note("apply", b) }
func (c *cloud) Revoke(_ context.Context, _ string, b plugin.Binding) error {
	return c.note("revoke", b)
}
func (c *cloud) Check(_ context.Context, _ string, b plugin.Binding) (time.Duration, error) {
	return c.again, c.note("check", b)
}

// Probe is not noted.
func (c *cloud) Probe(_ context.Context, _ string, b plugin.Binding) error {
	return c.fails["probe "+b.Identity]
}

func (c *cloud) Verified(string, plugin.Binding) time.Time { return c.seen }

// called returns the calls since the last time, in alphabetical order where steps ran side
// by side.
func (c *cloud) called() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	slices.Sort(calls)
	return calls
}

// room is a Profile with a namespace on an API server that only remembers.
type room struct {
	*Reconciler
	t     *testing.T
	cloud *cloud
	s     *situation
}

func newRoom(t *testing.T, functions interceptor.Funcs, objects ...client.Object) *room {
	t.Helper()
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(profilev1.AddToScheme(scheme))
	p := testProfile("team")
	p.Finalizers = []string{profilev1.ProfileFinalizer}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(objects, p)...).
		WithStatusSubresource(p).WithInterceptorFuncs(functions).Build()
	provider := &cloud{fails: map[string]error{}, again: time.Hour}
	plugins, err := identity.NewRegistry(provider)
	if err != nil {
		t.Fatal(err)
	}
	return &room{t: t, cloud: provider, s: &situation{profile: p}, Reconciler: &Reconciler{
		Client: c, Live: c, Plugins: plugins, Seals: &seals{client: c, live: c, namespace: "profiles-system"},
		Metrics: NewMetrics(prometheus.NewRegistry(), c), Events: Events{Recorder: events.NewFakeRecorder(100)},
	}}
}

// asks replaces spec.plugins.
func (r *room) asks(identities ...string) {
	r.s.profile.Spec.Plugins = nil
	for _, identity := range identities {
		r.s.profile.Spec.Plugins = append(r.s.profile.Spec.Plugins,
			profilev1.Plugin{Kind: "Cloud", Spec: &runtime.RawExtension{Raw: fmt.Appendf(nil, "%q", identity)}})
	}
}

// round is one reconcile, as far as identities are concerned.
func (r *room) round() result {
	r.t.Helper()
	return r.identityStep(r.t.Context(), r.s)
}

// bound has an identity bound and forgets the calls.
func (r *room) bound(identities ...string) {
	r.t.Helper()
	r.asks(identities...)
	r.round()
	if res := r.round(); res.failure != nil {
		r.t.Fatal(res.failure)
	}
	r.cloud.called()
}

func (r *room) account() *corev1.ServiceAccount {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "default-editor"}}
	if err := client.IgnoreNotFound(r.Client.Get(r.t.Context(), client.ObjectKeyFromObject(account), account)); err != nil {
		r.t.Error(err)
	}
	return account
}

// role is the identity that pods are pointed to.
func (r *room) role() string { return r.account().Annotations["cloud/role"] }

// records are the recorded identities with their phases.
func (r *room) records() []string {
	var all []string
	for _, record := range r.s.identities {
		all = append(all, record.Identity+" "+string(record.Phase))
	}
	return all
}

func (r *room) forge(identity string) {
	r.s.identities = append(r.s.identities, profilev1.IdentityBinding{Plugin: "Cloud", ServiceAccount: "default-editor",
		Identity: identity, Phase: profilev1.IdentityBound, Seal: "AAAA"})
}
