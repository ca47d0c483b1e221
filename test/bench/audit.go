package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// controllerUser is who the controller is to the API server.
const controllerUser = "system:serviceaccount:" + playground.SystemNamespace + ":" + playground.ControllerAccount

// auditLog is the API server's own record of every request.
type auditLog struct{ path string }

// mark returns the present end of the log, to count from.
func (a auditLog) mark() (int64, error) {
	info, err := os.Stat(a.path)
	if err != nil {
		return 0, fmt.Errorf("read the audit log: %w", err)
	}
	return info.Size(), nil
}

// since counts the controller's requests that were logged after a mark.
func (a auditLog) since(mark int64) (requests, error) {
	file, err := os.Open(a.path)
	if err != nil {
		return requests{}, fmt.Errorf("read the audit log: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return requests{}, fmt.Errorf("read the audit log: %w", err)
	}
	if info.Size() < mark {
		return requests{}, errors.New("the audit log was begun anew in between, so nothing can be counted; measure with fewer Profiles")
	}
	if _, err := file.Seek(mark, io.SeekStart); err != nil {
		return requests{}, fmt.Errorf("read the audit log: %w", err)
	}
	return countRequests(file)
}

// auditEvent is what is counted of a line of the audit log.
type auditEvent struct {
	Stage string `json:"stage"`
	Verb  string `json:"verb"`
	User  struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef struct {
		APIGroup    string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// requests are the counts of one user's requests.
type requests struct {
	// byKind counts requests by what they did, such as "create namespaces". Watches and
	// what leader election does are not among them.
	byKind map[string]int
	// watches counts the watches that were opened.
	watches int
	// election counts what leader election does: requests for its lease, and the Event
	// that tells who leads now.
	election int
	// failed counts those of byKind that were answered with an error.
	failed int
}

// countRequests counts the controller's requests in audit events, one a line. A last line without an end is still
// being written and belongs to the next count.
func countRequests(log io.Reader) (requests, error) {
	counts := requests{byKind: map[string]int{}}
	reader := bufio.NewReaderSize(log, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return requests{}, fmt.Errorf("read the audit log: %w", err)
		}
		if !bytes.Contains(line, []byte(controllerUser)) {
			continue
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return requests{}, fmt.Errorf("the audit log has a line that cannot be read: %w", err)
		}
		if event.User.Username == controllerUser {
			counts.add(event)
		}
	}
}

// add counts one event. A watch is logged when it begins and again when it ends, any
// other request once, when it has been answered.
func (r *requests) add(event auditEvent) {
	switch {
	case event.Verb == "watch":
		if event.Stage == "ResponseStarted" {
			r.watches++
		}
	case event.Stage != "ResponseComplete" && event.Stage != "Panic":
	case event.isElection():
		r.election++
	default:
		r.byKind[event.kind()]++
		if event.ResponseStatus.Code >= 400 {
			r.failed++
		}
	}
}

// isElection tells whether leader election sent the request. Its Events are of the old
// kind, while all that the controller itself has to tell is of the kind of the group
// events.k8s.io.
func (e auditEvent) isElection() bool {
	return e.ObjectRef.Resource == "leases" ||
		e.ObjectRef.Resource == "events" && e.ObjectRef.APIGroup == "" && e.ObjectRef.Namespace == playground.SystemNamespace
}

func (e auditEvent) kind() string {
	resource := e.ObjectRef.Resource
	if resource == "" {
		resource = "(no resource)"
	}
	if e.ObjectRef.Subresource != "" {
		resource += "/" + e.ObjectRef.Subresource
	}
	return e.Verb + " " + resource
}

var writeVerbs = []string{"create", "update", "patch", "delete", "deletecollection"}

// writes is how many requests asked for a change, Events among them, whether or not it
// was granted.
func (r requests) writes() int {
	sum := 0
	for kind, count := range r.byKind {
		if verb, _, _ := strings.Cut(kind, " "); slices.Contains(writeVerbs, verb) {
			sum += count
		}
	}
	return sum
}

// total is how many requests there were, without watches and leader election.
func (r requests) total() int {
	sum := 0
	for _, count := range r.byKind {
		sum += count
	}
	return sum
}

// each returns how many requests of each kind there were for each of n Profiles.
func (r requests) each(n int) map[string]float64 {
	averages := map[string]float64{}
	for kind, count := range r.byKind {
		averages[kind] = float64(count) / float64(n)
	}
	return averages
}
