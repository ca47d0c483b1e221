package main

import (
	"strings"
	"testing"
)

const someMetrics = `# HELP workqueue_depth Current depth of workqueue
# TYPE workqueue_depth gauge
workqueue_depth{controller="profile",name="profile",priority="-100"} 3
workqueue_depth{controller="profile",name="profile",priority="0"} 2
workqueue_depth{controller="other",name="other",priority="0"} 50
kfprofiles_step_results_total{reason="Applied",step="NamespaceReady"} 1000
kfprofiles_step_results_total{reason="ForeignNamespace",step="NamespaceReady"} 1.5e+02
kfprofiles_step_results_total{reason="Applied",step="AccessReady"} 7
process_open_fds 12
`

func TestSamplesSum(t *testing.T) {
	all, err := parseMetrics(strings.NewReader(someMetrics))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, label string
		want        float64
	}{
		{"workqueue_depth", `name="profile"`, 5},
		{"workqueue_depth", "", 55},
		{"kfprofiles_step_results_total", `step="NamespaceReady"`, 1150},
		{"kfprofiles_step_results_total", `step="Namespace"`, 0},
		{"process_open_fds", "", 12},
		{"no_such_metric", "", 0},
	}
	for _, c := range cases {
		if got := all.sum(c.name, c.label); got != c.want {
			t.Errorf("sum of %s{%s} is %v, want %v", c.name, c.label, got, c.want)
		}
	}
}

func TestParseMetricsRefusesWhatItCannotRead(t *testing.T) {
	if _, err := parseMetrics(strings.NewReader("workqueue_depth many\n")); err == nil {
		t.Error("a line without a number was passed over")
	}
}
