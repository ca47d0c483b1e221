package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// samples are the metrics of a controller at one moment.
type samples []sample

type sample struct {
	name, labels string
	value        float64
}

// scrape reads the metrics that a controller serves at address.
func scrape(ctx context.Context, address string) (samples, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the controller's metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the controller's metrics: %s", response.Status)
	}
	return parseMetrics(response.Body)
}

// parseMetrics reads Prometheus' text format, as far as the controller uses it: no
// label value holds a space or a bracket, and no line a time.
func parseMetrics(text io.Reader) (samples, error) {
	var all samples
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("read the controller's metrics: the line is %q", line)
		}
		name, labels, _ := strings.Cut(line[:cut], "{")
		all = append(all, sample{name: name, labels: strings.TrimSuffix(labels, "}"), value: value})
	}
	return all, lines.Err()
}

// sum adds up the samples of a metric that have a label, given as name="value", or all
// of its samples when label is empty.
func (s samples) sum(name, label string) float64 {
	sum := 0.0
	for _, one := range s {
		if one.name == name && (label == "" || strings.Contains(","+one.labels+",", ","+label+",")) {
			sum += one.value
		}
	}
	return sum
}
