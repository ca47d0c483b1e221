package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// sample is one line of a controller's metrics.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$`)
	labelPair  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)
)

// scrape reads the metrics of a controller.
func scrape(c *playground.Controller) ([]sample, error) {
	response, err := http.Get(c.Metrics + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the metrics answer %s", response.Status)
	}
	return parseSamples(response.Body)
}

func parseSamples(text io.Reader) ([]sample, error) {
	var samples []sample
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		parts := sampleLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			return nil, fmt.Errorf("not a sample: %q", lines.Text())
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			return nil, err
		}
		s := sample{name: parts[1], labels: map[string]string{}, value: value}
		for _, pair := range labelPair.FindAllStringSubmatch(parts[2], -1) {
			s.labels[pair[1]] = pair[2]
		}
		samples = append(samples, s)
	}
	return samples, lines.Err()
}

// sum adds up the samples of that name whose labels include the given ones, names and
// values in turn.
func sum(samples []sample, name string, labels ...string) float64 {
	total := 0.0
next:
	for _, s := range samples {
		if s.name != name {
			continue
		}
		for i := 0; i+1 < len(labels); i += 2 {
			if s.labels[labels[i]] != labels[i+1] {
				continue next
			}
		}
		total += s.value
	}
	return total
}

// calm is how many glances in a row must show the same idle controller before it counts
// as idle: an event that is on its way to the controller needs a moment.
const calm = 12

// settle waits until the controller has nothing left to do: no Profile in its queue, none
// being worked on, and none looked at lately.
func (f *fixture) settle() {
	f.t.Helper()
	f.eventually("the controller is idle", f.settled())
}

// settled returns a check that objects until it has found the controller idle often enough
// in a row.
func (f *fixture) settled() func() error {
	last, seen := -1.0, 0
	return func() error {
		samples, err := scrape(f.controller)
		if err != nil {
			return err
		}
		looked := sum(samples, "controller_runtime_reconcile_total")
		if looked != last || sum(samples, "workqueue_depth") > 0 || sum(samples, "controller_runtime_active_workers") > 0 {
			last, seen = looked, 0
		}
		if seen++; seen < calm {
			return errors.New("it is at work")
		}
		return nil
	}
}

// awaitAtWork waits until a controller that was just started leads, has looked at every
// Profile there is, and has nothing left to do.
func (f *fixture) awaitAtWork() {
	f.t.Helper()
	var all profilev1.ProfileList
	if err := pg.Client.List(f.ctx, &all); err != nil {
		f.t.Fatal(err)
	}
	f.eventually("the controller is at work", func() error {
		samples, err := scrape(f.controller)
		if err != nil {
			return err
		}
		looked := sum(samples, "controller_runtime_reconcile_total")
		if sum(samples, "controller_runtime_max_concurrent_reconciles") == 0 || int(looked) < len(all.Items) {
			return fmt.Errorf("it has looked %v times at %d Profiles", looked, len(all.Items))
		}
		return nil
	})
	f.settle()
}
