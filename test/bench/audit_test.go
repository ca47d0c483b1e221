package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines of an audit log, shortened to what is counted.
const (
	ofController = `"user":{"username":"` + controllerUser + `"}`

	other        = `{"stage":"ResponseComplete","verb":"create","user":{"username":"somebody"},"objectRef":{"resource":"namespaces","name":"` + controllerUser + `"},"responseStatus":{"code":201}}`
	createSpace  = `{"stage":"ResponseComplete","verb":"create",` + ofController + `,"objectRef":{"resource":"namespaces","name":"a"},"responseStatus":{"code":201}}`
	refusedSpace = `{"stage":"ResponseComplete","verb":"create",` + ofController + `,"objectRef":{"resource":"namespaces","name":"b"},"responseStatus":{"code":409}}`
	patchStatus  = `{"stage":"ResponseComplete","verb":"patch",` + ofController + `,"objectRef":{"resource":"profiles","subresource":"status","name":"a"},"responseStatus":{"code":200}}`
	list         = `{"stage":"ResponseComplete","verb":"list",` + ofController + `,"objectRef":{"resource":"profiles"},"responseStatus":{"code":200}}`
	discovery    = `{"stage":"ResponseComplete","verb":"get",` + ofController + `,"requestURI":"/api","responseStatus":{"code":200}}`
	watchBegins  = `{"stage":"ResponseStarted","verb":"watch",` + ofController + `,"objectRef":{"resource":"profiles"},"responseStatus":{"code":200}}`
	watchEnds    = `{"stage":"ResponseComplete","verb":"watch",` + ofController + `,"objectRef":{"resource":"profiles"},"responseStatus":{"code":200}}`
	renewLease   = `{"stage":"ResponseComplete","verb":"update",` + ofController + `,"objectRef":{"resource":"leases","namespace":"profiles-system"},"responseStatus":{"code":200}}`
	leaderEvent  = `{"stage":"ResponseComplete","verb":"create",` + ofController + `,"objectRef":{"resource":"events","namespace":"profiles-system"},"responseStatus":{"code":201}}`
	labelsEvent  = `{"stage":"ResponseComplete","verb":"create",` + ofController + `,"objectRef":{"resource":"events","apiGroup":"events.k8s.io","namespace":"profiles-system"},"responseStatus":{"code":201}}`
	profileEvent = `{"stage":"ResponseComplete","verb":"create",` + ofController + `,"objectRef":{"resource":"events","apiGroup":"events.k8s.io","namespace":"default"},"responseStatus":{"code":201}}`
)

func TestCountRequests(t *testing.T) {
	cases := map[string]struct {
		lines  []string
		byKind map[string]int
		// The counts that are kept apart.
		watches, election, failed int
		writes, total             int
	}{
		"nothing":                             {},
		"another user":                        {lines: []string{other}},
		"requests of a kind add up":           {lines: []string{createSpace, createSpace}, byKind: map[string]int{"create namespaces": 2}, writes: 2, total: 2},
		"a refused write is a write":          {lines: []string{refusedSpace}, byKind: map[string]int{"create namespaces": 1}, failed: 1, writes: 1, total: 1},
		"a subresource is a kind of its own":  {lines: []string{patchStatus}, byKind: map[string]int{"patch profiles/status": 1}, writes: 1, total: 1},
		"reading is no write":                 {lines: []string{list, discovery}, byKind: map[string]int{"list profiles": 1, "get (no resource)": 1}, total: 2},
		"a watch counts once, when it begins": {lines: []string{watchBegins, watchEnds}, watches: 1},
		"leader election is apart":            {lines: []string{renewLease, leaderEvent}, election: 2},
		"Events are writes":                   {lines: []string{labelsEvent, profileEvent}, byKind: map[string]int{"create events": 2}, writes: 2, total: 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := countRequests(strings.NewReader(strings.Join(append(c.lines, ""), "\n")))
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got.byKind, c.byKind) {
				t.Errorf("requests by kind are %v, want %v", got.byKind, c.byKind)
			}
			if got.watches != c.watches || got.election != c.election || got.failed != c.failed {
				t.Errorf("watches, election, failed are %d, %d, %d, want %d, %d, %d",
					got.watches, got.election, got.failed, c.watches, c.election, c.failed)
			}
			if got.writes() != c.writes || got.total() != c.total {
				t.Errorf("writes and total are %d and %d, want %d and %d", got.writes(), got.total(), c.writes, c.total)
			}
		})
	}
}

func TestCountRequestsLeavesAnUnfinishedLine(t *testing.T) {
	got, err := countRequests(strings.NewReader(createSpace + "\n" + patchStatus[:40]))
	if err != nil {
		t.Fatal(err)
	}
	if got.total() != 1 {
		t.Errorf("%d requests were counted, want the 1 of the finished line", got.total())
	}
}

func TestCountRequestsRefusesWhatItCannotRead(t *testing.T) {
	if _, err := countRequests(strings.NewReader("{" + controllerUser + "\n")); err == nil {
		t.Error("a broken line was passed over, so that a count could be too small")
	}
}

func TestAuditLogCountsFromTheMark(t *testing.T) {
	log := auditLog{filepath.Join(t.TempDir(), "audit.log")}
	write(t, log.path, createSpace+"\n")
	mark, err := log.mark()
	if err != nil {
		t.Fatal(err)
	}
	write(t, log.path, createSpace+"\n"+patchStatus+"\n")
	got, err := log.since(mark)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{"patch profiles/status": 1}; !maps.Equal(got.byKind, want) {
		t.Errorf("requests since the mark are %v, want %v", got.byKind, want)
	}
}

func TestAuditLogThatWasBegunAnewCannotBeCounted(t *testing.T) {
	log := auditLog{filepath.Join(t.TempDir(), "audit.log")}
	write(t, log.path, createSpace+"\n")
	if _, err := log.since(int64(len(createSpace)) + 100); err == nil {
		t.Error("a log that is shorter than it was gave a count")
	}
}

func TestRequestsEach(t *testing.T) {
	r := requests{byKind: map[string]int{"create rolebindings": 600, "create events": 1}}
	want := map[string]float64{"create rolebindings": 3, "create events": 0.005}
	if got := r.each(200); !maps.Equal(got, want) {
		t.Errorf("requests for each Profile are %v, want %v", got, want)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
