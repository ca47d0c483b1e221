package kfam_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/kfprofiles/kfprofiles/internal/access"
)

// exposition is what Prometheus reads.
func (a *api) exposition(t *testing.T) string {
	t.Helper()
	status, body := a.call(t, exchange{"", "GET", "/metrics", "", 0})
	if status != 200 {
		t.Fatalf("GET /metrics answers %d %s", status, body)
	}
	return body
}

// mustExpose fails the test unless the metrics have these lines.
func (a *api) mustExpose(t *testing.T, lines ...string) {
	t.Helper()
	text := a.exposition(t)
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			name, _, _ = strings.Cut(name, " ")
			t.Errorf("the metrics lack %s; they have:\n%s", line, strings.Join(regexp.MustCompile(`(?m)^`+name+`.*$`).FindAllString(text, -1), "\n"))
		}
	}
}

func TestRequestsAreCountedByCallMethodAndCode(t *testing.T) {
	a := newAPI(t, installation{})
	for _, e := range []exchange{
		{ben, "GET", "/kfam/v1/bindings?user=ben@example.com", "", 200},
		{ben, "GET", "/kfam/v1/bindings/", "", 200},
		{ben, "GET", "/kfam/v1/bindings?role=owner", "", 400},
		{ben, "DELETE", "/kfam/v1/profiles/ann", "", 401},
		{admin, "DELETE", "/kfam/v1/profiles/nobody/", "", 404},
		{ben, "GET", "/kfam/v1/secrets-of-ben", "", 404},
		{ben, "PUT", "/kfam/v1/bindings", "", 405},
		{ben, "BENS", "/kfam/v1/bindings", "", 405},
		{"", "GET", "/kfam/", "", 200},
	} {
		a.must(t, e)
	}
	a.mustExpose(t,
		`kfprofiles_kfam_requests_total{call="/kfam/v1/bindings",code="200",method="get"} 2`,
		`kfprofiles_kfam_requests_total{call="/kfam/v1/bindings",code="400",method="get"} 1`,
		`kfprofiles_kfam_requests_total{call="/kfam/v1/profiles/{profile}",code="401",method="delete"} 1`,
		`kfprofiles_kfam_requests_total{call="/kfam/v1/profiles/{profile}",code="404",method="delete"} 1`,
		`kfprofiles_kfam_requests_total{call="other",code="404",method="get"} 1`,
		`kfprofiles_kfam_requests_total{call="other",code="405",method="put"} 1`,
		`kfprofiles_kfam_requests_total{call="other",code="405",method="unknown"} 1`,
		`kfprofiles_kfam_requests_total{call="/kfam",code="200",method="get"} 1`,
		`kfprofiles_kfam_request_duration_seconds_count{call="/kfam/v1/bindings",method="get"} 3`,
		`kfprofiles_kfam_request_duration_seconds_bucket{call="/kfam/v1/bindings",method="get",le="+Inf"} 3`,
		`kfprofiles_kfam_panics_total 0`,
	)
}

func TestPanicsAreAnsweredWith500AndCounted(t *testing.T) {
	a := newAPI(t, installation{synced: func() bool { panic("a mistake") }})
	for range 2 {
		a.must(t, exchange{ben, "GET", "/kfam/v1/bindings", "", 500})
	}
	a.mustExpose(t, `kfprofiles_kfam_panics_total 2`, `kfprofiles_kfam_requests_total{call="/kfam/v1/bindings",code="500",method="get"} 2`)
}

func TestDecisionsAreCountedByActionAndOutcome(t *testing.T) {
	a := newAPI(t, installation{})
	for _, e := range []exchange{
		{ann, "POST", "/kfam/v1/bindings", bensEdit, 200},
		{admin, "POST", "/kfam/v1/bindings", bensEdit, 200},
		{ben, "DELETE", "/kfam/v1/bindings", bensEdit, 403},
		{ann, "DELETE", "/kfam/v1/bindings", annsOwn, 409},
		{ann, "POST", "/kfam/v1/profiles", carlasProfile, 403},
		{"", "POST", "/kfam/v1/profiles", carlasProfile, 200},
		{ann, "DELETE", "/kfam/v1/profiles/ann", "", 200},
	} {
		a.must(t, e)
	}
	a.mustExpose(t,
		`kfprofiles_kfam_decisions_total{action="Grant",outcome="done",reason="owner"} 1`,
		`kfprofiles_kfam_decisions_total{action="Grant",outcome="done",reason="cluster-admin"} 1`,
		`kfprofiles_kfam_decisions_total{action="Revoke",outcome="refused",reason="not-admin"} 1`,
		`kfprofiles_kfam_decisions_total{action="Revoke",outcome="failed",reason="owner"} 1`,
		`kfprofiles_kfam_decisions_total{action="Register",outcome="refused",reason="for-others"} 1`,
		`kfprofiles_kfam_decisions_total{action="Register",outcome="done",reason="dashboard"} 1`,
		`kfprofiles_kfam_decisions_total{action="Delete",outcome="done",reason="owner"} 1`,
	)
}

func TestTheIndexAndSweepsAreCounted(t *testing.T) {
	a := newAPI(t, installation{})
	a.mustExpose(t,
		`kfprofiles_kfam_sweeps_total{result="complete"} 0`,
		`kfprofiles_kfam_sweeps_total{result="failed"} 0`,
		`kfprofiles_kfam_swept_policies_total{change="created"} 0`,
		`kfprofiles_kfam_swept_policies_total{change="rewritten"} 0`,
		`kfprofiles_kfam_swept_policies_total{change="removed"} 0`,
	)
	a.server.Metrics.Swept(access.SweepReport{Created: 1, Rewritten: 2, Removed: 3}, nil)
	a.server.Metrics.Swept(access.SweepReport{Created: 10}, errors.New("namespace ann: no"))
	a.mustExpose(t,
		`kfprofiles_kfam_profiles 1`,
		`kfprofiles_kfam_bindings 2`,
		`kfprofiles_kfam_sweeps_total{result="complete"} 1`,
		`kfprofiles_kfam_sweeps_total{result="failed"} 1`,
		`kfprofiles_kfam_swept_policies_total{change="created"} 11`,
		`kfprofiles_kfam_swept_policies_total{change="rewritten"} 2`,
		`kfprofiles_kfam_swept_policies_total{change="removed"} 3`,
	)
	a.server.Index.DropBinding("ann", "namespaceAdmin")
	a.server.Index.DropProfile("ann")
	a.mustExpose(t, `kfprofiles_kfam_profiles 0`, `kfprofiles_kfam_bindings 1`)
}

// TestNoNameLeavesByTheMetrics sends every request that the document's test has, from users
// to namespaces with telling names.
func TestNoNameLeavesByTheMetrics(t *testing.T) {
	for _, state := range exchanges {
		if state.installation.brokenMetrics {
			continue
		}
		a := newAPI(t, state.installation)
		for _, e := range state.exchanges {
			a.call(t, e)
		}
		text := a.exposition(t)
		for _, name := range []string{"ann", "ben", "carla", "nobody", "nowhere", "example.com", "127.0.0.1"} {
			if found := regexp.MustCompile(`(?m)^[^#].*\b` + name + `\b.*$`).FindString(text); found != "" {
				t.Errorf("the metrics hold the name %s: %s", name, found)
			}
		}
	}
}

// TestMetricsAreWellFormed holds names and help texts against Prometheus' conventions.
func TestMetricsAreWellFormed(t *testing.T) {
	a := newAPI(t, installation{})
	a.server.Metrics.Swept(access.SweepReport{}, nil)
	a.must(t, exchange{ann, "POST", "/kfam/v1/bindings", bensEdit, 200})
	problems, err := promlint.New(strings.NewReader(a.exposition(t))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
