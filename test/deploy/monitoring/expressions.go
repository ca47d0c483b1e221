package monitoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// PromQL is the parser for everything here.
func PromQL() parser.Parser { return parser.NewParser(parser.Options{}) }

// Alerts returns the alert rules as Prometheus reads and judges them.
func Alerts() ([]rulefmt.Rule, error) {
	text, err := config("prometheus-rules/rules.yaml")
	if err != nil {
		return nil, err
	}
	var object struct {
		Spec json.RawMessage `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	spec, err := yaml.JSONToYAML(object.Spec)
	if err != nil {
		return nil, err
	}
	groups, problems := rulefmt.Parse(spec, false, model.UTF8Validation, PromQL())
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var rules []rulefmt.Rule
	for _, g := range groups.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules, nil
}

// Dashboard is what is read of a Grafana dashboard.
type Dashboard struct {
	Title  string
	UID    string
	Panels []Panel
}

// Panel is one of its panels, or a row's title.
type Panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr, LegendFormat string }
}

// ReadDashboard reads the dashboard.
func ReadDashboard() (Dashboard, error) {
	var d Dashboard
	text, err := config("grafana-dashboard/profiles.json")
	if err != nil {
		return d, err
	}
	err = json.Unmarshal(text, &d)
	return d, err
}

// Expr is the expression of a panel as it becomes when Grafana asks.
func Expr(text string) (parser.Expr, error) {
	expr, err := PromQL().ParseExpr(strings.ReplaceAll(text, "$__rate_interval", "5m"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return expr, nil
}

// Selectors are the selectors of series in an expression.
func Selectors(expr parser.Expr) []*parser.VectorSelector {
	var found []*parser.VectorSelector
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found = append(found, selector)
		}
		return nil
	})
	return found
}

// Everything returns the expressions of all alerts and panels.
func Everything() ([]parser.Expr, error) {
	rules, err := Alerts()
	if err != nil {
		return nil, err
	}
	d, err := ReadDashboard()
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, r := range rules {
		texts = append(texts, r.Expr)
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			texts = append(texts, target.Expr)
		}
	}
	exprs := make([]parser.Expr, len(texts))
	for i, text := range texts {
		if exprs[i], err = Expr(text); err != nil {
			return nil, err
		}
	}
	return exprs, nil
}

func config(name string) ([]byte, error) {
	root, err := playground.Root()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(root, "config", name))
}
