package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is one line of the table.
type row struct {
	label  string
	aim    string
	format string
	value  func(figures) float64
}

const (
	seconds = "%.2f"
	oneMore = "%.1f"
	whole   = "%.0f"
	percent = "%.0f%%"
)

var rows = []row{
	{"bare client creates all objects, s", "", seconds, func(f figures) float64 { return f.Bare }},
	{"controller, first create to last Ready, s", "", seconds, func(f figures) float64 { return f.Controller }},
	{"ratio", "<= 1.3", seconds, func(f figures) float64 { return f.Ratio }},
	{"writes per Profile", "<= 10", seconds, func(f figures) float64 { return f.WritesPerProfile }},
	{"requests answered with an error, per Profile", "", seconds, func(f figures) float64 { return f.FailedPerProfile }},
	{"restart: caches filled to all looked at again, s", "<= 2", seconds, func(f figures) float64 { return f.Restart }},
	{"restart: start of the process to all looked at, s", "", seconds, func(f figures) float64 { return f.RestartFromStart }},
	{"restart: writes", "0", whole, func(f figures) float64 { return f.RestartWrites }},
	{"restart: requests of leader election", "", whole, func(f figures) float64 { return f.RestartElection }},
	{"failover: stop to work done by the next leader, s", "<= 2", seconds, func(f figures) float64 { return f.Failover }},
	{"failover: stop to the next leader's lease, s", "", seconds, func(f figures) float64 { return f.NewLease }},
	{"idle: requests a minute", "0", whole, func(f figures) float64 { return f.IdleRequestsPerMinute }},
	{"idle: requests of leader election a minute", "", whole, func(f figures) float64 { return f.IdleElectionPerMinute }},
	{"idle: watches opened a minute", "", whole, func(f figures) float64 { return f.IdleWatchesPerMinute }},
	{"memory, idle, MiB", "< 80", oneMore, func(f figures) float64 { return f.RSS }},
	{"memory, idle after the restart, MiB", "< 80", oneMore, func(f figures) float64 { return f.RSSRestarted }},
	{"memory when the last was Ready, MiB", "", oneMore, func(f figures) float64 { return f.RSSCreated }},
	{"memory at its peak, MiB", "", oneMore, func(f figures) float64 { return f.RSSPeak }},
	{"reconciles per Profile while creating", "", seconds, func(f figures) float64 { return f.Reconciles }},
	{"processor time, bare client, control plane alone, s", "", oneMore, func(f figures) float64 { return f.BareControlPlaneCPU }},
	{"processor time, bare client, all programs, s", "", oneMore, func(f figures) float64 { return f.BareAllCPU }},
	{"processor time, controller, itself, s", "", oneMore, func(f figures) float64 { return f.ControllerCPU }},
	{"processor time, controller, control plane alone, s", "", oneMore, func(f figures) float64 { return f.ControlPlaneCPU }},
	{"processor time, controller, all programs, s", "", oneMore, func(f figures) float64 { return f.AllCPU }},
	{"deletion: first delete to last Profile gone, s", "", seconds, func(f figures) float64 { return f.Delete }},
	{"deletion: first delete to last namespace gone, s", "", seconds, func(f figures) float64 { return f.DeleteNamespaces }},
	{"other programs' share of the machine, bare client", "", percent, func(f figures) float64 { return 100 * f.BareDisturbed }},
	{"other programs' share of the machine, controller", "", percent, func(f figures) float64 { return 100 * f.ControllerDisturbed }},
}

// printTable prints all figures, a column for each number of Profiles, and below them
// the controller's requests per Profile by what they did.
func printTable(output io.Writer, columns []column) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	titles := []string{"", "aim"}
	for _, c := range columns {
		titles = append(titles, fmt.Sprintf("N=%d", c.n))
	}
	fmt.Fprintln(table, strings.Join(titles, "\t"))
	for _, r := range slices.Concat(rows, requestRows(columns)) {
		cells := []string{r.label, r.aim}
		for _, c := range columns {
			cells = append(cells, c.spread(r.value).text(r.format, len(c.runs)))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// text is the median and, when there was more than one run, the extremes in brackets.
func (s spread) text(format string, runs int) string {
	text := fmt.Sprintf(format, s.median)
	if runs > 1 {
		text += fmt.Sprintf(" ("+format+" to "+format+")", s.least, s.most)
	}
	return text
}

// requestRows has one row for each kind of request that any run saw.
func requestRows(columns []column) []row {
	var kinds []string
	for _, c := range columns {
		for _, run := range c.runs {
			for kind := range run.Requests {
				kinds = append(kinds, kind)
			}
		}
	}
	slices.Sort(kinds)
	var found []row
	for _, kind := range slices.Compact(kinds) {
		found = append(found, row{label: "requests per Profile: " + kind, format: seconds,
			value: func(f figures) float64 { return f.Requests[kind] }})
	}
	return found
}

// tolerable is the share of the machine that other programs may take before the times
// are worth little.
const tolerable = 0.1

// warnOfDisturbance says when the machine was not ours alone.
func warnOfDisturbance(columns []column, say progress) {
	most := 0.0
	for _, c := range columns {
		for _, run := range c.runs {
			most = max(most, run.BareDisturbed, run.ControllerDisturbed)
		}
	}
	if most > tolerable {
		say("other programs took up to %.0f%% of the machine, so the times and the ratio mean little; measure again when it is quiet", 100*most)
	}
}
