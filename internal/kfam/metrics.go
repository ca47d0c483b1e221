package kfam

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kfprofiles/kfprofiles/internal/access"
)

// Registry is where metrics are registered and gathered, such as a *prometheus.Registry.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Metrics counts what the access API does. No label holds the name of a user, a Profile or
// a namespace, nor a path as a client wrote it: the number of series is bounded whatever
// anybody sends, and nobody's name leaves the cluster by this door.
type Metrics struct {
	registry  Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	panics    prometheus.Counter
	decisions *prometheus.CounterVec
	sweeps    *prometheus.CounterVec
	healed    *prometheus.CounterVec
}

// What a sweep came to, and what it did with a policy, as labels say it.
const (
	sweepComplete, sweepFailed                    = "complete", "failed"
	changeCreated, changeRewritten, changeRemoved = "created", "rewritten", "removed"
)

// NewMetrics returns Metrics that are registered with registry, together with gauges of how
// much index holds at the moment of a scrape.
func NewMetrics(registry Registry, index *access.Index) *Metrics {
	m := &Metrics{
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_kfam_requests_total",
			Help: "Requests by the call that they are for, method and status code; the call is other for paths that there are not.",
		}, []string{"call", "method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kfprofiles_kfam_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer, by call and method.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"call", "method"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kfprofiles_kfam_panics_total",
			Help: "Requests that ended in a panic. Each is a mistake in the program; its stack is in the log.",
		}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_kfam_decisions_total",
			Help: "Decisions about changes by action, ground, and outcome: done, refused, or allowed and then failed.",
		}, []string{"action", "outcome", "reason"}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_kfam_sweeps_total",
			Help: "Rounds over all bindings by result: complete, or failed when something could not be looked at or healed.",
		}, []string{"result"}),
		healed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kfprofiles_kfam_swept_policies_total",
			Help: "Mesh policies of contributors that sweeps created, rewrote or removed. A growing number means that something keeps breaking bindings.",
		}, []string{"change"}),
	}
	registry.MustRegister(m.requests, m.durations, m.panics, m.decisions, m.sweeps, m.healed, indexSize{index})
	m.beginSweepsAtZero()
	return m
}

// beginSweepsAtZero shows every series of the sweeps from the start. One that began with its first
// event would hide that event from a rate, and one that never began cannot be asked about.
func (m *Metrics) beginSweepsAtZero() {
	for _, result := range []string{sweepComplete, sweepFailed} {
		m.sweeps.WithLabelValues(result)
	}
	for _, change := range []string{changeCreated, changeRewritten, changeRemoved} {
		m.healed.WithLabelValues(change)
	}
}

// Handler answers GET /metrics with all that is in the registry.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Swept counts what a sweep did. err is what it returned.
func (m *Metrics) Swept(report access.SweepReport, err error) {
	result := sweepComplete
	if err != nil {
		result = sweepFailed
	}
	m.sweeps.WithLabelValues(result).Inc()
	m.healed.WithLabelValues(changeCreated).Add(float64(report.Created))
	m.healed.WithLabelValues(changeRewritten).Add(float64(report.Rewritten))
	m.healed.WithLabelValues(changeRemoved).Add(float64(report.Removed))
}

// measured counts and times the requests that next answers. It goes by the patterns of next,
// which is an http.ServeMux or leads to one.
func (m *Metrics) measured(next http.Handler) http.Handler {
	call := promhttp.WithLabelFromRequest("call", func(r *http.Request) string { return callOf(r.Pattern) })
	return promhttp.InstrumentHandlerDuration(m.durations, promhttp.InstrumentHandlerCounter(m.requests, next, call), call)
}

// callOf returns the path in a pattern of http.ServeMux, the same with and without the slash
// at the end.
func callOf(pattern string) string {
	_, path, found := strings.Cut(pattern, " ")
	if !found {
		return "other"
	}
	return strings.TrimSuffix(path, "/{$}")
}

// indexSize counts at each scrape, so that the figures are right at any time.
type indexSize struct{ index *access.Index }

var (
	profilesDesc = prometheus.NewDesc("kfprofiles_kfam_profiles", "Profiles in the index.", nil, nil)
	bindingsDesc = prometheus.NewDesc("kfprofiles_kfam_bindings", "Bindings in the index, the owners' included.", nil, nil)
)

// Describe implements prometheus.Collector.
func (indexSize) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- profilesDesc
	descriptions <- bindingsDesc
}

// Collect implements prometheus.Collector.
func (s indexSize) Collect(metrics chan<- prometheus.Metric) {
	size := s.index.Size()
	metrics <- prometheus.MustNewConstMetric(profilesDesc, prometheus.GaugeValue, float64(size.Profiles))
	metrics <- prometheus.MustNewConstMetric(bindingsDesc, prometheus.GaugeValue, float64(size.Bindings))
}
