package monitoring

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// start is when the first sample was taken.
var start = time.Unix(1_800_000_000, 0)

var engine = promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
	NoStepSubqueryIntervalFn: func(int64) int64 { return 60_000 }, Parser: PromQL()})

// fires evaluates the rule each minute until then, and returns what the summaries of the alerts
// say that fire at last: those whose expression has been true for as long as the rule wants.
func fires(t *testing.T, rule rulefmt.Rule, series map[string]string, then time.Duration) []string {
	t.Helper()
	store := read(t, series)
	since := map[string]time.Time{}
	var firing []string
	for now := start; !now.After(start.Add(then)); now = now.Add(time.Minute) {
		query, err := engine.NewInstantQuery(t.Context(), store, nil, rule.Expr, now)
		if err != nil {
			t.Fatal(err)
		}
		result := query.Exec(t.Context())
		vector, err := result.Vector()
		if err != nil {
			t.Fatal(err)
		}
		firing = nil
		active := map[string]time.Time{}
		for _, sample := range vector {
			key := sample.Metric.String()
			active[key] = now
			if before, there := since[key]; there {
				active[key] = before
			}
			if now.Sub(active[key]) >= time.Duration(rule.For) {
				firing = append(firing, expand(t, rule, "summary", sample))
				expand(t, rule, "description", sample)
			}
		}
		since = active
		query.Close()
	}
	slices.Sort(firing)
	return firing
}

// expand fills in an annotation as Prometheus does.
func expand(t *testing.T, rule rulefmt.Rule, annotation string, sample promql.Sample) string {
	t.Helper()
	const definitions = "{{$labels := .Labels}}{{$value := .Value}}"
	data := template.AlertTemplateData(sample.Metric.Map(), nil, "", sample)
	none := func(context.Context, string, time.Time) (promql.Vector, error) { return nil, nil }
	text, err := template.NewTemplateExpander(t.Context(), definitions+rule.Annotations[annotation], rule.Alert, data,
		model.TimeFromUnix(start.Unix()), none, nil, nil).Expand()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// store has series of one sample a minute.
type store []storage.Series

// read takes series in the notation of Prometheus's own unit tests: 0+1x10 is 0, 1, … 10.
func read(t *testing.T, series map[string]string) storage.Queryable {
	t.Helper()
	var s store
	for _, name := range slices.Sorted(maps.Keys(series)) {
		metric, values, err := PromQL().ParseSeriesDesc(name + " " + series[name])
		if err != nil {
			t.Fatal(err)
		}
		var samples []chunks.Sample
		for i, v := range values {
			if !v.Omitted {
				samples = append(samples, sample{start.Add(time.Duration(i) * time.Minute).UnixMilli(), v.Value})
			}
		}
		s = append(s, storage.NewListSeries(metric, samples))
	}
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: s.choose}}
}

func (s store) choose(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	chosen := &list{at: -1}
	for _, series := range s {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(series.Labels().Get(m.Name)) }) {
			chosen.series = append(chosen.series, series)
		}
	}
	return chosen
}

// list is a storage.SeriesSet.
type list struct {
	series []storage.Series
	at     int
}

func (l *list) Next() bool                      { l.at++; return l.at < len(l.series) }
func (l *list) At() storage.Series              { return l.series[l.at] }
func (*list) Err() error                        { return nil }
func (*list) Warnings() annotations.Annotations { return nil }

// sample is a chunks.Sample that is a number.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                    { return s.at }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.value }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
