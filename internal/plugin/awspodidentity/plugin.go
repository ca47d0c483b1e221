package awspodidentity

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/go-logr/logr"

	"github.com/kfprofiles/kfprofiles/internal/plugin/ration"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// Kind is the name of the plugin in Profiles.
const Kind = "AwsPodIdentity"

// Options are what the plugin needs.
type Options struct {
	// EKS is the client, usually from NewEKS.
	EKS EKS
	// Cluster is the name of the EKS cluster. Empty means to find it out by the issuer,
	// which takes eks:ListClusters and eks:DescribeCluster.
	Cluster string
	// Issuer returns the URL of the issuer of the cluster's service account tokens. It is
	// not asked when Cluster is given.
	Issuer func(context.Context) (string, error)
	// Annotations returns those of a service account, and nil for one that does not exist.
	// It is asked often and should answer from a cache.
	Annotations func(ctx context.Context, namespace, account string) (map[string]string, error)
	// Host is the controller.
	Host plugin.Host
	// Log gets what is worth knowing and belongs to no Profile's status.
	Log logr.Logger
	// Observe is told of each request to EKS: its operation, and ok or an error code. May
	// be nil.
	Observe func(operation, result string)
	// RequestsPerSecond bounds the requests to EKS; 0 means DefaultRequestsPerSecond.
	RequestsPerSecond float64
	// Timing is how long things are believed; the zero value means DefaultTiming.
	Timing Timing
}

// DefaultRequestsPerSecond leaves room for others: EKS throttles an account as a whole.
const DefaultRequestsPerSecond = 5

// Plugin is the identity plugin AwsPodIdentity.
type Plugin struct {
	client      EKS
	issuer      func(context.Context) (string, error)
	annotations func(ctx context.Context, namespace, account string) (map[string]string, error)
	host        plugin.Host
	log         logr.Logger
	observe     func(operation, result string)
	budget      *ration.Budget
	cluster     clusterName
	memory      *memory
}

// New returns the plugin.
func New(o Options) (*Plugin, error) {
	if err := CheckCluster(o.Cluster); err != nil {
		return nil, err
	}
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if o.Timing == (Timing{}) {
		o.Timing = DefaultTiming()
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	return &Plugin{client: o.EKS, issuer: o.Issuer, annotations: o.Annotations, host: o.Host, log: o.Log, observe: o.Observe,
		budget: ration.NewBudget(o.RequestsPerSecond), cluster: clusterName{known: o.Cluster, looking: make(chan struct{}, 1)}, memory: newMemory(o.Timing)}, nil
}

// clusterNames are those that EKS takes (EKS API Reference, CreateCluster).
var clusterNames = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)

// CheckCluster tells what is wrong with the name of a cluster. Empty is right: the name is
// then found out.
func CheckCluster(name string) error {
	if name != "" && !clusterNames.MatchString(name) {
		return fmt.Errorf("%q is not the name of an EKS cluster: it has up to 100 letters, digits, '-' and '_', and begins with a letter or digit", name)
	}
	return nil
}

var _ plugin.Excluder = (*Plugin)(nil)

// Kind returns AwsPodIdentity.
func (p *Plugin) Kind() string { return Kind }

// Plan reads a Spec.
func (p *Plugin) Plan(ctx context.Context, _ string, spec []byte) ([]plugin.Binding, error) {
	s, err := readSpec(spec)
	if err != nil {
		return nil, err
	}
	cluster, err := p.clusterOf(ctx)
	if err != nil {
		return nil, err
	}
	return bindings(s, cluster)
}

// Probe looks whether the controller may see the associations of the cluster, and whether that
// of the account is somebody else's.
func (p *Plugin) Probe(ctx context.Context, profile string, b plugin.Binding) error {
	w, err := p.uncontested(ctx, profile, b)
	if err != nil {
		return err
	}
	if why := p.memory.refusal(w.clusterScope()); why != nil {
		return why
	}
	found, err := p.begin().find(ctx, w.account)
	switch {
	case err != nil:
		return p.refusedFor(w.clusterScope(), p.explained(w, err))
	case toHold(w, found) == leave:
		return foreign(w, *found)
	default:
		return nil
	}
}

// Apply sees to it that the account has the association.
func (p *Plugin) Apply(ctx context.Context, profile string, b plugin.Binding) error {
	w, err := p.uncontested(ctx, profile, b)
	if err != nil {
		return err
	}
	k := p.memory.of(w.account)
	k.Lock()
	defer k.Unlock()
	return p.hold(ctx, w, k)
}

// Check looks at the association from time to time and repairs it.
func (p *Plugin) Check(ctx context.Context, profile string, b plugin.Binding) (time.Duration, error) {
	w, err := p.uncontested(ctx, profile, b)
	if err != nil {
		return 0, err
	}
	k := p.memory.of(w.account)
	k.Lock()
	defer k.Unlock()
	if wait := time.Until(k.due); wait > 0 {
		return wait, orNil(k.failure)
	}
	if err := p.hold(ctx, w, k); err != nil {
		if why := plugin.AsError(err); why.Kind == plugin.Refused {
			k.due, k.failure = time.Now().Add(p.memory.timing.Failure), why
		}
		return 0, err
	}
	return max(time.Until(k.due), time.Nanosecond), nil
}

// Verified is when the association was last seen to be right.
func (p *Plugin) Verified(profile string, b plugin.Binding) time.Time {
	w, err := wishOf(profile, b)
	if err != nil {
		return time.Time{}
	}
	k := p.memory.of(w.account)
	k.Lock()
	defer k.Unlock()
	if k.seen != w {
		return time.Time{}
	}
	return k.seenAt
}

// uncontested reads a binding and refuses it if something else gives its account a role.
func (p *Plugin) uncontested(ctx context.Context, profile string, b plugin.Binding) (wish, error) {
	w, err := wishOf(profile, b)
	if err != nil || p.annotations == nil {
		return w, err
	}
	annotations, err := p.annotations(ctx, w.namespace, w.name)
	if err != nil {
		return w, fmt.Errorf("read the annotations of %s: %w", w.account, err)
	}
	return w, competing(w, annotations)
}

// Revoke deletes the association, unless it stands for another binding by now.
func (p *Plugin) Revoke(ctx context.Context, profile string, b plugin.Binding) error {
	w, err := wishOf(profile, b)
	if err != nil {
		return err
	}
	k := p.memory.of(w.account)
	k.Lock()
	defer k.Unlock()
	err = p.takeBack(ctx, w, k)
	switch {
	case isGone(err):
		p.log.Info("EKS does not know the cluster, so there is nothing to take back", "cluster", w.cluster, "profile", profile)
		return nil
	case err != nil:
		return p.explained(w, err)
	default:
		return nil
	}
}

// orNil keeps a missing failure from becoming an error that is not nil.
func orNil(failure *plugin.Error) error {
	if failure == nil {
		return nil
	}
	return failure
}
