package profile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/desired"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/internal/namespacelabels"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

// Options are what the controller needs besides the manager.
type Options struct {
	// Settings are what the installation decided for all Profiles.
	Settings desired.Settings
	// Reserved are the names that never become namespaces of Profiles.
	Reserved tenancy.ReservedNames
	// Plugins bind identities outside the cluster. Those that work in the background are
	// started with the controller.
	Plugins identity.Registry
	// Host is what the plugins were made with. May be nil when there are none.
	Host *Host
	// SealNamespace is where the Secret SealKeySecret is kept.
	SealNamespace string
	// Labels are the default labels of namespaces. The controller follows the file.
	Labels *namespacelabels.File
	// Self is the object on which Events about the controller itself are put, usually
	// its own Pod. Nil means that there are none, only log lines and metrics.
	Self *corev1.Pod
	// Workers is how many Profiles are worked on at the same time.
	Workers int
}

const (
	// reconcileTimeout ends a reconcile whose API server does not answer, so that a
	// worker is never lost to it.
	reconcileTimeout = 30 * time.Second
	// firstPause and longestPause bound the growing pauses after passing faults: short
	// enough that a blip is not noticed, long enough to leave a struggling API server
	// alone.
	firstPause   = 100 * time.Millisecond
	longestPause = time.Minute
)

// ClientOptions make reads from the cache wait until they show our own earlier writes
// of the same object, so that nothing is written twice because the cache is behind.
func ClientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}}
}

// Setup adds the controller to a manager that was made with CacheOptions and
// ClientOptions.
func Setup(mgr ctrl.Manager, o Options) error {
	log := mgr.GetLogger().WithName("profile")
	r := &Reconciler{
		Client:   mgr.GetClient(),
		Live:     mgr.GetAPIReader(),
		Settings: o.Settings,
		Reserved: o.Reserved,
		Plugins:  o.Plugins,
		Seals:    &seals{client: mgr.GetClient(), live: mgr.GetAPIReader(), namespace: o.SealNamespace},
		Labels:   o.Labels,
		Events:   Events{Recorder: mgr.GetEventRecorder("profile-controller")},
		Metrics:  NewMetrics(metrics.Registry, mgr.GetCache()),
	}
	byNamespace := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{requestFor(o.GetNamespace())}
	})
	b := ctrl.NewControllerManagedBy(mgr).
		For(&profilev1.Profile{}).
		Watches(&corev1.Namespace{}, &handler.EnqueueRequestForObject{}).
		Watches(&corev1.ServiceAccount{}, byNamespace, builder.WithPredicates(visiblyChanged)).
		Watches(&corev1.ResourceQuota{}, byNamespace, builder.WithPredicates(visiblyChanged)).
		Watches(&rbacv1.RoleBinding{}, byNamespace).
		WatchesRawSource(labelsSource(mgr.GetCache(), r, o.Self, mgr.GetLogger().WithName("namespace-labels"))).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: o.Workers,
			ReconciliationTimeout:   reconcileTimeout,
			EnableWarmup:            ptr.To(true),
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstPause, longestPause),
		})
	if o.Host != nil {
		b = b.WatchesRawSource(namedSource{name: "identity plugins", Func: o.Host.start})
	}
	for _, runner := range o.Plugins.Runners() {
		if err := mgr.Add(manager.RunnableFunc(runner.Start)); err != nil {
			return fmt.Errorf("set up an identity plugin: %w", err)
		}
	}
	if o.Settings.Mesh {
		r.Mesh = newMesh(mgr.GetCache(), mgr.GetCache(), openPolicies(mgr), log)
		b = b.WatchesRawSource(r.Mesh)
	}
	if err := b.Complete(r); err != nil {
		return fmt.Errorf("set up the profile controller: %w", err)
	}
	return nil
}

// visiblyChanged passes over updates that change nothing we keep, such as the usage
// figures of a quota, which change with every pod.
var visiblyChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before := e.ObjectOld.DeepCopyObject().(client.Object)
	before.SetResourceVersion(e.ObjectNew.GetResourceVersion())
	return !equality.Semantic.DeepEqual(before, e.ObjectNew)
}}

// openPolicies makes a cache of our AuthorizationPolicies with a client on top of it.
func openPolicies(mgr ctrl.Manager) func() (cache.Cache, client.Client, error) {
	mapper := policyMapper()
	return func() (cache.Cache, client.Client, error) {
		policies, err := cache.New(mgr.GetConfig(), cache.Options{
			Scheme: mgr.GetScheme(), Mapper: mapper, HTTPClient: mgr.GetHTTPClient(),
			DefaultTransform: strip,
			ByObject:         map[client.Object]cache.ByObject{&istiov1beta1.AuthorizationPolicy{}: ours},
		})
		if err != nil {
			return nil, nil, fmt.Errorf("cache of AuthorizationPolicies: %w", err)
		}
		options := ClientOptions()
		options.Scheme, options.Mapper, options.HTTPClient = mgr.GetScheme(), mapper, mgr.GetHTTPClient()
		options.Cache.Reader = policies
		c, err := client.New(mgr.GetConfig(), options)
		if err != nil {
			return nil, nil, fmt.Errorf("client for AuthorizationPolicies: %w", err)
		}
		return policies, c, nil
	}
}

// policyMapper knows the one kind that the mesh part uses. A mapper that asks the API
// server would not know it yet in the moment in which the kind appears.
func policyMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{istiov1beta1.SchemeGroupVersion})
	mapper.AddSpecific(istiov1beta1.SchemeGroupVersion.WithKind("AuthorizationPolicy"),
		istiov1beta1.SchemeGroupVersion.WithResource("authorizationpolicies"),
		istiov1beta1.SchemeGroupVersion.WithResource("authorizationpolicy"), meta.RESTScopeNamespace)
	return mapper
}

// labelsSource has every Profile looked at again when the namespace labels change, and
// tells when the file cannot be used.
func labelsSource(profiles client.Reader, r *Reconciler, self *corev1.Pod, log logr.Logger) source.Source {
	return namedSource{name: "namespace labels file", Func: func(ctx context.Context, queue queue) error {
		tell := func(broken string) {
			r.Metrics.labelsFileUsable(broken == "")
			if broken != "" {
				log.Error(errors.New(broken), "the namespace labels file cannot be used; the last good labels stay in force")
				r.Events.labelsBroken(self)
			}
		}
		tell(r.Labels.Broken())
		go func() {
			err := r.Labels.Follow(ctx, func(labelsDiffer bool) {
				tell(r.Labels.Broken())
				if labelsDiffer {
					log.Info("the namespace labels changed; looking at every Profile again")
					enqueueAll(ctx, profiles, queue, log)
				}
			})
			if err != nil {
				log.Error(err, "the namespace labels file is no longer followed; restart the controller after changing it")
			}
		}()
		return nil
	}}
}

// namedSource is a source.Func that logs can name.
type namedSource struct {
	source.Func
	name string
}

// String names the source in logs.
func (s namedSource) String() string { return s.name }
