package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// controllerUser is the name under which the API server knows the controller.
const controllerUser = "system:serviceaccount:" + playground.SystemNamespace + ":" + playground.ControllerAccount

// request is one request of the controller, as the API server's audit log has it.
type request struct {
	verb, resource, namespace, name string
	code                            int
}

// String names the request as tests expect it, for example
// "patch rolebindings team/namespaceAdmin".
func (r request) String() string {
	object := r.name
	if r.namespace != "" {
		object = r.namespace + "/" + r.name
	}
	return r.verb + " " + r.resource + " " + object
}

func (r request) succeeded() bool { return r.code < 400 }

// auditLine is what is read of a line of the audit log.
type auditLine struct {
	Verb           string
	User           struct{ Username string }
	ObjectRef      struct{ Resource, Subresource, Namespace, Name string }
	ResponseStatus struct{ Code int }
}

// auditMark is a place in the audit log.
type auditMark int64

var marks atomic.Int64

// mark returns the present end of the audit log. What the API server has answered before
// lies in front of it.
func (f *fixture) mark() auditMark {
	f.t.Helper()
	name := fmt.Sprintf("audit-mark-%d", marks.Add(1))
	if err := pg.Client.Get(f.ctx, client.ObjectKey{Name: name}, namespaceNamed(name)); client.IgnoreNotFound(err) != nil {
		f.t.Fatal(err)
	}
	var end auditMark
	f.eventually("the audit log holds "+name, func() error {
		log, err := os.ReadFile(auditLog())
		if err != nil {
			return err
		}
		at := bytes.LastIndex(log, []byte("/"+name+`"`))
		if at < 0 {
			return fmt.Errorf("it is not among %d bytes", len(log))
		}
		newline := bytes.IndexByte(log[at:], '\n')
		if newline < 0 {
			return fmt.Errorf("its line is not complete")
		}
		end = auditMark(at + newline + 1)
		return nil
	})
	return end
}

func auditLog() string { return filepath.Join(pg.Folder, "audit.log") }

// writesSince returns what the controller wrote behind the mark, in order. What it writes
// about itself, its lease and its election, is left out.
func (f *fixture) writesSince(from auditMark) []request {
	f.t.Helper()
	return f.writesBetween(from, f.mark())
}

func (f *fixture) writesBetween(from, to auditMark) []request {
	f.t.Helper()
	return slices.DeleteFunc(f.requestsBetween(from, to), func(r request) bool { return !r.writes() || r.aboutItself() })
}

// requestsBetween returns all requests of the controller between two marks.
func (f *fixture) requestsBetween(from, to auditMark) []request {
	f.t.Helper()
	log, err := os.ReadFile(auditLog())
	if err != nil {
		f.t.Fatal(err)
	}
	var requests []request
	for line := range bytes.Lines(log[from:to]) {
		if !bytes.Contains(line, []byte(controllerUser)) {
			continue
		}
		var l auditLine
		if err := json.Unmarshal(line, &l); err != nil {
			f.t.Fatalf("a line of the audit log cannot be read: %v\n%s", err, line)
		}
		if l.User.Username == controllerUser {
			requests = append(requests, l.request())
		}
	}
	return requests
}

func (l auditLine) request() request {
	resource := l.ObjectRef.Resource
	if l.ObjectRef.Subresource != "" {
		resource += "/" + l.ObjectRef.Subresource
	}
	r := request{verb: l.Verb, resource: resource, namespace: l.ObjectRef.Namespace, name: l.ObjectRef.Name, code: l.ResponseStatus.Code}
	if resource == "namespaces" {
		// The API server takes a namespace for an object inside itself.
		r.namespace = ""
	}
	return r
}

func (r request) writes() bool { return !slices.Contains([]string{"get", "list", "watch"}, r.verb) }

// aboutItself is true of leases, of the Events that tell who leads, and of the questions
// that secure metrics need answered.
func (r request) aboutItself() bool {
	return r.resource == "leases" || (r.resource == "events" && r.namespace == playground.SystemNamespace) ||
		r.resource == "tokenreviews" || r.resource == "subjectaccessreviews"
}

// withoutEvents returns the writes that are not Events.
func withoutEvents(writes []request) []request {
	return slices.DeleteFunc(slices.Clone(writes), func(r request) bool { return r.resource == "events" })
}

// concerning returns the writes to a Profile, its namespace and what is in it.
func concerning(profile string, writes []request) []request {
	return slices.DeleteFunc(slices.Clone(writes), func(r request) bool {
		return r.namespace != profile && (r.namespace != "" || r.name != profile)
	})
}

// described returns the successful writes in words, sorted: what happens side by side has
// no order.
func described(writes []request) []string {
	var words []string
	for _, r := range writes {
		if r.succeeded() {
			words = append(words, r.String())
		}
	}
	slices.Sort(words)
	return words
}

// mustHaveWritten fails the test unless the controller wrote exactly this since the mark,
// Events aside.
func (f *fixture) mustHaveWritten(since auditMark, want ...string) {
	f.t.Helper()
	f.mustBeWrites(withoutEvents(f.writesSince(since)), want)
}

// mustHaveWrittenAbout is mustHaveWritten for one Profile, whatever happened to others.
func (f *fixture) mustHaveWrittenAbout(profile string, since auditMark, want ...string) {
	f.t.Helper()
	f.mustBeWrites(concerning(profile, f.writesSince(since)), want)
}

func (f *fixture) mustBeWrites(writes []request, want []string) {
	f.t.Helper()
	slices.Sort(want)
	if got := described(writes); !slices.Equal(got, want) {
		f.t.Errorf("the controller wrote\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// mustHaveBeenSilent fails the test if the controller sent any write since the mark,
// Events and refused ones included.
func (f *fixture) mustHaveBeenSilent(since auditMark) {
	f.t.Helper()
	for _, r := range f.writesSince(since) {
		f.t.Errorf("the controller sent %s (answer %d), although there was nothing to do", r, r.code)
	}
}
