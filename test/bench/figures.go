package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// figures are what one run with one number of Profiles came to. Times are in seconds,
// memory is in MiB. Those with a name for JSON are the contract of -json.
type figures struct {
	N int `json:"n"`
	// Bare is how long the bare client took, Controller the time from the first create
	// until the last Profile was ready, and Ratio the second divided by the first.
	Bare       float64 `json:"bare_s"`
	Controller float64 `json:"controller_s"`
	Ratio      float64 `json:"ratio"`
	// WritesPerProfile counts the controller's own, Events among them.
	WritesPerProfile float64 `json:"writes_per_profile"`
	// Restart is the time from filled caches until all Profiles were looked at again.
	Restart       float64 `json:"restart_s"`
	RestartWrites float64 `json:"restart_writes"`
	// Failover is the time from asking the leader to stop until another has done work.
	Failover              float64 `json:"failover_s"`
	IdleRequestsPerMinute float64 `json:"idle_requests_per_minute"`
	// RSS is the memory of the idle controller that created all Profiles.
	RSS float64 `json:"rss_mib"`
	// Delete is the time from the first delete until the last Profile was gone.
	Delete float64 `json:"delete_s"`

	// Requests are those of each kind for each Profile, FailedPerProfile those of them
	// that were answered with an error.
	Requests         map[string]float64 `json:"-"`
	FailedPerProfile float64            `json:"-"`
	// RestartFromStart is Restart counted from the start of the process, and
	// RestartElection what leader election sent meanwhile.
	RestartFromStart float64 `json:"-"`
	RestartElection  float64 `json:"-"`
	// NewLease is the part of Failover until another controller held the lease.
	NewLease float64 `json:"-"`
	// IdleElectionPerMinute and IdleWatchesPerMinute are what an idle controller sends
	// besides the requests.
	IdleElectionPerMinute float64 `json:"-"`
	IdleWatchesPerMinute  float64 `json:"-"`
	// RSSCreated is the memory when the last Profile was ready, RSSPeak the most there
	// ever was until the restart, and RSSRestarted that of the idle controller after it.
	RSSCreated   float64 `json:"-"`
	RSSPeak      float64 `json:"-"`
	RSSRestarted float64 `json:"-"`
	// Reconciles is how often each Profile was looked at on its way.
	Reconciles float64 `json:"-"`
	// ControllerCPU, ControlPlaneCPU and AllCPU are processor time while the controller
	// made the rooms; AllCPU includes this program, which created the Profiles.
	ControllerCPU   float64 `json:"-"`
	ControlPlaneCPU float64 `json:"-"`
	AllCPU          float64 `json:"-"`
	// BareControlPlaneCPU and BareAllCPU are the same for the bare client.
	BareControlPlaneCPU float64 `json:"-"`
	BareAllCPU          float64 `json:"-"`
	// BareDisturbed and ControllerDisturbed are the shares of the machine that other
	// programs took meanwhile, from 0 to 1.
	BareDisturbed       float64 `json:"-"`
	ControllerDisturbed float64 `json:"-"`
	// DeleteNamespaces is the time until the last namespace was gone.
	DeleteNamespaces float64 `json:"-"`
}

// column is all runs with one number of Profiles.
type column struct {
	n    int
	runs []figures
}

// spread is the median of a figure over all runs, and its extremes.
type spread struct{ median, least, most float64 }

func (c column) spread(of func(figures) float64) spread {
	values := make([]float64, len(c.runs))
	for i, run := range c.runs {
		values[i] = of(run)
	}
	return spreadOf(values)
}

func spreadOf(values []float64) spread {
	values = slices.Sorted(slices.Values(values))
	middle := len(values) / 2
	median := values[middle]
	if len(values)%2 == 0 {
		median = (values[middle-1] + values[middle]) / 2
	}
	return spread{median: median, least: values[0], most: values[len(values)-1]}
}

// medians are the figures of the contract, each the median of its own over all runs.
func (c column) medians() figures {
	median := func(of func(figures) float64) float64 { return c.spread(of).median }
	return figures{
		N:                     c.n,
		Bare:                  median(func(f figures) float64 { return f.Bare }),
		Controller:            median(func(f figures) float64 { return f.Controller }),
		Ratio:                 median(func(f figures) float64 { return f.Ratio }),
		WritesPerProfile:      median(func(f figures) float64 { return f.WritesPerProfile }),
		Restart:               median(func(f figures) float64 { return f.Restart }),
		RestartWrites:         median(func(f figures) float64 { return f.RestartWrites }),
		Failover:              median(func(f figures) float64 { return f.Failover }),
		IdleRequestsPerMinute: median(func(f figures) float64 { return f.IdleRequestsPerMinute }),
		RSS:                   median(func(f figures) float64 { return f.RSS }),
		Delete:                median(func(f figures) float64 { return f.Delete }),
	}
}

// The keys under which the figures stand in the file. Other benchmarks have keys of
// their own in the same file.
const (
	controllerSection = "controller"
	awsSection        = "aws"
	gcpSection        = "gcp"
	kfamSection       = "kfam"
)

func mediansOf(columns []column) []figures {
	medians := make([]figures, len(columns))
	for i, c := range columns {
		medians[i] = c.medians()
	}
	return medians
}

// writeJSON puts a section into a file. What else the file holds stays.
func writeJSON(path, section string, found any) error {
	sections := map[string]any{}
	present, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(present, &sections)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be added to: %w; name another file", path, err)
	}
	sections[section] = found
	text, err := json.MarshalIndent(sections, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}
