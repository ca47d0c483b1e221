package gcpworkloadidentity

import "github.com/prometheus/client_golang/prometheus"

// Observer registers a counter of the requests to Google IAM and returns the function that
// counts them, for Options.Observe.
func Observer(registry prometheus.Registerer) func(operation, result string) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kfprofiles_gcp_iam_requests_total",
		Help: "Requests to Google IAM by operation and result: ok, throttled, conflict, no-credentials, unreachable, or the HTTP status of the error.",
	}, []string{"operation", "result"})
	registry.MustRegister(requests)
	return func(operation, result string) { requests.WithLabelValues(operation, result).Inc() }
}
