package profile

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Metrics counts what the controller does. No label holds the name of a user, a
// Profile or a namespace, so that the number of series does not grow with the cluster
// and nobody's name leaves it by this door.
type Metrics struct {
	stepResults *prometheus.CounterVec
	writes      *prometheus.CounterVec
	timeToReady prometheus.Histogram
	labelsFile  prometheus.Gauge

	mu sync.Mutex
	// unready holds the Profiles that this process has reported on from their very
	// first status and that have not been ready yet, by UID.
	unready map[types.UID]struct{}
}

// NewMetrics returns Metrics that are registered with registry, together with a gauge
// of Profiles by readiness that lists them through profiles at each scrape.
func NewMetrics(registry prometheus.Registerer, profiles client.Reader) *Metrics {
	m := &Metrics{
		stepResults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_step_results_total",
			Help: "Reconciliation steps by the condition they set and the reason they gave.",
		}, []string{"step", "reason"}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_api_writes_total",
			Help: "Successful writes to the API server by kind and verb. A growing number while nobody changes anything means that somebody else keeps changing our objects.",
		}, []string{"kind", "verb"}),
		timeToReady: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "kfprofiles_time_to_ready_seconds",
			Help:    "Time from the creation of a Profile until it was first ready, for Profiles created while this process led.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}),
		labelsFile: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kfprofiles_namespace_labels_file_usable",
			Help: "1 when the namespace labels file could be read, 0 when it is missing or broken and the last good labels stay in force.",
		}),
		unready: map[types.UID]struct{}{},
	}
	registry.MustRegister(m.stepResults, m.writes, m.timeToReady, m.labelsFile, profilesByReadiness{profiles})
	return m
}

func (m *Metrics) wrote(kind, verb string) { m.writes.WithLabelValues(kind, verb).Inc() }

func (m *Metrics) steps(results []result) {
	for _, res := range results {
		m.stepResults.WithLabelValues(string(res.condition), conditionOf(res).Reason).Inc()
	}
}

// became notes the first time that a Profile is ready.
func (m *Metrics) became(before, now *profilev1.Profile, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, watched := m.unready[now.UID]
	watched = watched || len(before.Status.Conditions) == 0
	switch {
	case condition(now, profilev1.ConditionReady).Status != metav1.ConditionTrue && watched:
		m.unready[now.UID] = struct{}{}
	case watched:
		delete(m.unready, now.UID)
		m.timeToReady.Observe(at.Sub(now.CreationTimestamp.Time).Seconds())
	}
}

// forget drops a Profile that goes away before it was ever ready.
func (m *Metrics) forget(p *profilev1.Profile) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.unready, p.UID)
}

func (m *Metrics) labelsFileUsable(usable bool) {
	if usable {
		m.labelsFile.Set(1)
	} else {
		m.labelsFile.Set(0)
	}
}

// profilesByReadiness counts at each scrape, from the cache, so that the figure is
// right after a restart and when Profiles go away.
type profilesByReadiness struct{ profiles client.Reader }

var profilesDesc = prometheus.NewDesc("kfprofiles_profiles",
	"Profiles by the status of their condition Ready; Unknown before the first report.", []string{"ready"}, nil)

// Describe implements prometheus.Collector.
func (profilesByReadiness) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- profilesDesc
}

// Collect implements prometheus.Collector. While the cache is not filled there is no figure,
// rather than an error, which would cost the scrape all other metrics.
func (c profilesByReadiness) Collect(metrics chan<- prometheus.Metric) {
	var list profilev1.ProfileList
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.profiles.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	counts := map[metav1.ConditionStatus]int{metav1.ConditionTrue: 0, metav1.ConditionFalse: 0, metav1.ConditionUnknown: 0}
	for i := range list.Items {
		status := condition(&list.Items[i], profilev1.ConditionReady).Status
		if _, known := counts[status]; !known {
			status = metav1.ConditionUnknown
		}
		counts[status]++
	}
	for status, count := range counts {
		metrics <- prometheus.MustNewConstMetric(profilesDesc, prometheus.GaugeValue, float64(count), string(status))
	}
}
