package azureworkloadidentity

import "github.com/prometheus/client_golang/prometheus"

// Observer registers a counter of the requests to Azure Resource Manager and returns the
// function that counts them, for Options.Observe.
func Observer(registry prometheus.Registerer) func(operation, result string) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kfprofiles_azure_requests_total",
		Help: "Requests to Azure Resource Manager by operation and result: ok, throttled, unreachable, no token, or the code of the error.",
	}, []string{"operation", "result"})
	registry.MustRegister(requests)
	return func(operation, result string) { requests.WithLabelValues(operation, result).Inc() }
}
