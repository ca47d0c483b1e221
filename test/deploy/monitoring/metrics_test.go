package monitoring

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kfprofiles/kfprofiles/internal/access"
	"github.com/kfprofiles/kfprofiles/internal/kfam"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awspodidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/azureworkloadidentity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/gcpworkloadidentity"
	"github.com/kfprofiles/kfprofiles/internal/profile"
)

// described is how a description shows itself; its fields are not exported.
var described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// registered are the labels of each metric that the programs register, by its name.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	ours := prometheus.NewRegistry()
	profile.NewMetrics(ours, nil)
	kfam.NewMetrics(ours, &access.Index{})
	for _, observer := range []func(prometheus.Registerer) func(operation, result string){
		awsirsa.Observer, awspodidentity.Observer, azureworkloadidentity.Observer, gcpworkloadidentity.Observer,
	} {
		observer(ours)
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		ours.Describe(descriptions)
		// The programs' registry, with what controller-runtime and client-go bring.
		ctrlmetrics.Registry.(prometheus.Collector).Describe(descriptions)
	}()
	all := map[string][]string{}
	for d := range descriptions {
		parts := described.FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("a description has another form now: %s", d)
		}
		all[parts[1]] = strings.Split(parts[2], ",")
	}
	return all
}

// targetLabels are put on every series by whoever scrapes, with the Prometheus operator.
var targetLabels = []string{"namespace", "pod", "container", "job", "instance"}

func TestEveryMetricInAlertsAndDashboardExists(t *testing.T) {
	known := registered(t)
	var selectors []*parser.VectorSelector
	for _, expr := range expressions(t) {
		selectors = append(selectors, Selectors(expr)...)
	}
	if len(selectors) < 30 {
		t.Fatalf("only %d selectors were found", len(selectors))
	}
	for _, s := range selectors {
		metrics := metricsOf(s, known)
		if len(metrics) == 0 {
			t.Errorf("%s: the programs have no such metric", s)
		}
		for _, metric := range metrics {
			for _, m := range s.LabelMatchers {
				if m.Name != model.MetricNameLabel && !slices.Contains(append(known[metric], targetLabels...), m.Name) {
					t.Errorf("%s: %s has the labels %v", s, metric, known[metric])
				}
			}
		}
	}
}

// metricsOf returns the known metrics whose series a selector selects.
func metricsOf(s *parser.VectorSelector, known map[string][]string) []string {
	var metrics []string
	for name := range known {
		for _, m := range s.LabelMatchers {
			if m.Name != model.MetricNameLabel {
				continue
			}
			// A histogram's series have these ends behind its name.
			for _, end := range []string{"", "_bucket", "_sum", "_count"} {
				if m.Matches(name + end) {
					metrics = append(metrics, name)
				}
			}
		}
	}
	return metrics
}

// A label that a sum keeps has to be one of the metrics', or it would be empty.
func TestEveryLabelThatIsKeptExists(t *testing.T) {
	known := registered(t)
	for _, expr := range expressions(t) {
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			sum, ok := node.(*parser.AggregateExpr)
			if !ok {
				return nil
			}
			for _, s := range Selectors(sum.Expr) {
				for _, metric := range metricsOf(s, known) {
					for _, label := range sum.Grouping {
						if label != "le" && !slices.Contains(append(known[metric], targetLabels...), label) {
							t.Errorf("%s: %s has the labels %v, not %s", sum, metric, known[metric], label)
						}
					}
				}
			}
			return nil
		})
	}
}

func TestEveryMetricOfOursIsOnTheDashboard(t *testing.T) {
	known := registered(t)
	d, err := ReadDashboard()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			expr, err := Expr(target.Expr)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range Selectors(expr) {
				for _, metric := range metricsOf(s, known) {
					shown[metric] = true
				}
			}
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "kfprofiles_") && !shown[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}

func TestPanelsDoNotLieOverEachOther(t *testing.T) {
	d, err := ReadDashboard()
	if err != nil {
		t.Fatal(err)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s: id %d, %+v", p.Title, p.ID, p.GridPos)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				place := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, there := taken[place]; there {
					t.Fatalf("%s lies over %s", p.Title, other)
				}
				taken[place] = p.Title
			}
		}
	}
}

func expressions(t *testing.T) []parser.Expr {
	t.Helper()
	all, err := Everything()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
