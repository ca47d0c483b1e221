package awspodidentity

import "github.com/prometheus/client_golang/prometheus"

// Observer registers a counter of the requests to EKS and returns the function that
// counts them, for Options.Observe.
func Observer(registry prometheus.Registerer) func(operation, result string) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kfprofiles_aws_eks_requests_total",
		Help: "Requests to AWS EKS by operation and result: ok, throttled, unreachable, or the code of the error.",
	}, []string{"operation", "result"})
	registry.MustRegister(requests)
	return func(operation, result string) { requests.WithLabelValues(operation, result).Inc() }
}
