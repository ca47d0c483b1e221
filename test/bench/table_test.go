package main

import (
	"strings"
	"testing"
)

// lineOf returns the line of a printed table that begins with label, without the label
// and with its cells divided by single blanks.
func lineOf(t *testing.T, columns []column, label string) string {
	t.Helper()
	var output strings.Builder
	if err := printTable(&output, columns); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(output.String()) {
		if strings.HasPrefix(line, label+"  ") {
			return strings.Join(strings.Fields(strings.TrimPrefix(line, label)), " ")
		}
	}
	t.Fatalf("the table has no line %q:\n%s", label, &output)
	return ""
}

func TestTableHasAColumnForEachSize(t *testing.T) {
	columns := []column{
		{n: 200, runs: []figures{{Ratio: 1.204}}},
		{n: 1000, runs: []figures{{Ratio: 1.25}}},
	}
	if got, want := lineOf(t, columns, "ratio"), "<= 1.3 1.20 1.25"; got != want {
		t.Errorf("the line ratio is %q, want %q", got, want)
	}
}

func TestTableShowsMedianAndExtremesOfSeveralRuns(t *testing.T) {
	columns := []column{{n: 200, runs: []figures{{RestartWrites: 7}, {RestartWrites: 1}, {RestartWrites: 2}}}}
	if got, want := lineOf(t, columns, "restart: writes"), "0 2 (1 to 7)"; got != want {
		t.Errorf("the line is %q, want %q", got, want)
	}
}

func TestTableHasALineForEachKindOfRequestOfAnyRun(t *testing.T) {
	columns := []column{
		{n: 200, runs: []figures{{Requests: map[string]float64{"create namespaces": 1}}}},
		{n: 1000, runs: []figures{{Requests: map[string]float64{"create namespaces": 1, "create events": 0.01}}}},
	}
	if got, want := lineOf(t, columns, "requests per Profile: create namespaces"), "1.00 1.00"; got != want {
		t.Errorf("the line for namespaces is %q, want %q", got, want)
	}
	if got, want := lineOf(t, columns, "requests per Profile: create events"), "0.00 0.01"; got != want {
		t.Errorf("the line for events is %q, want %q", got, want)
	}
}

// TestRowsAreDistinct would notice a row that shows the figure of another one.
func TestRowsAreDistinct(t *testing.T) {
	f := figures{
		Bare: 1, Controller: 2, Ratio: 3, WritesPerProfile: 4, FailedPerProfile: 5, Restart: 6, RestartFromStart: 7,
		RestartWrites: 8, RestartElection: 9, Failover: 10, NewLease: 11, IdleRequestsPerMinute: 12,
		IdleElectionPerMinute: 13, IdleWatchesPerMinute: 14, RSS: 15, RSSCreated: 16, RSSPeak: 17, Reconciles: 18,
		BareControlPlaneCPU: 19, BareAllCPU: 20, ControllerCPU: 21, ControlPlaneCPU: 22, AllCPU: 23,
		Delete: 24, DeleteNamespaces: 25, BareDisturbed: 26, ControllerDisturbed: 27, RSSRestarted: 28,
	}
	shownBy := map[float64]string{}
	for _, r := range rows {
		value := r.value(f)
		if value == 0 {
			t.Errorf("the row %q shows none of the figures", r.label)
		}
		if earlier, twice := shownBy[value]; twice {
			t.Errorf("the rows %q and %q show the same figure", earlier, r.label)
		}
		shownBy[value] = r.label
	}
}
