package cluster

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/kfprofiles/kfprofiles/test/deploy/monitoring"
)

// othersMetrics begin with these. What their labels say is up to libraries, so a running
// controller is asked.
var othersMetrics = []string{"controller_runtime_", "workqueue_", "leader_election_"}

// selectorsFindSeries checks that what alerts and dashboard ask of the libraries' metrics is
// among what the controller at that address serves.
func selectorsFindSeries(t *testing.T, address string) {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text := expfmt.NewTextParser(model.UTF8Validation)
	families, err := text.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	expressions, err := monitoring.Everything()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, expression := range expressions {
		for _, s := range monitoring.Selectors(expression) {
			if !slices.ContainsFunc(othersMetrics, func(prefix string) bool { return strings.HasPrefix(s.Name, prefix) }) {
				continue
			}
			asked++
			if !slices.ContainsFunc(families[s.Name].GetMetric(), func(m *dto.Metric) bool { return selects(s, m) }) {
				t.Errorf("%s finds nothing; there is %v", s, families[s.Name])
			}
		}
	}
	if asked == 0 {
		t.Error("nothing was asked of the libraries' metrics")
	}
}

func selects(s *parser.VectorSelector, m *dto.Metric) bool {
	return !slices.ContainsFunc(s.LabelMatchers, func(matcher *labels.Matcher) bool {
		value := ""
		for _, pair := range m.GetLabel() {
			if pair.GetName() == matcher.Name {
				value = pair.GetValue()
			}
		}
		return matcher.Name != model.MetricNameLabel && !matcher.Matches(value)
	})
}
