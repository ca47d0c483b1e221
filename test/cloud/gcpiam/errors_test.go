package gcpiam

import (
	"errors"
	"strings"
	"testing"

	"cloud.google.com/go/auth"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"

	"github.com/kfprofiles/kfprofiles/test/cloud/faults"
)

func TestTheLibraryKnowsWhyACallerMayNot(t *testing.T) {
	s := start(t, Options{})
	reader, err := s.AddCaller("reader", "iam.serviceAccounts.getIamPolicy")
	if err != nil {
		t.Fatal(err)
	}
	client := s.client(t, reader.JSON())
	err = write(t, client, read(t, client, team))
	wantError(t, err, 403, "Permission 'iam.serviceAccounts.setIamPolicy' denied")
	answer, _ := errors.AsType[*googleapi.Error](err)
	want := []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com",
		"metadata": map[string]any{"permission": "iam.serviceAccounts.setIamPolicy", "resource": resource(team)}}}
	if diff := cmp.Diff(want, answer.Details); diff != "" {
		t.Error(diff)
	}
}

func TestAccountsThatAreNotThere(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	for resource, code := range map[string]int{
		"projects/kubeflow-prod/serviceAccounts/gone@kubeflow-prod.iam.gserviceaccount.com": 404,
		"projects/elsewhere/serviceAccounts/" + team:                                        404,
		"projects/-/serviceAccounts/gone@kubeflow-prod.iam.gserviceaccount.com":             403,
	} {
		_, err := client.GetIamPolicy(resource).Context(t.Context()).Do()
		wantError(t, err, code, "")
	}
	if _, err := client.GetIamPolicy("projects/-/serviceAccounts/" + team).Context(t.Context()).Do(); err != nil {
		t.Errorf("the wildcard does not find an account that is there: %v", err)
	}
	s.RemoveServiceAccount(team)
	if _, err := client.GetIamPolicy(resource(team)).Context(t.Context()).Do(); err == nil || s.Policy(team) != "" {
		t.Error("a removed account has a policy")
	}
}

func TestOnlyWhoHasAKeyGetsTokens(t *testing.T) {
	s := start(t, Options{})
	removed, err := s.AddCaller("removed")
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(removed.JSON()), removed.caller.email, s.Key().caller.email, 1)
	client := s.client(t, removed.JSON())
	_, err = client.GetIamPolicy(resource(team)).Context(t.Context()).Do()
	wantError(t, err, 403, "denied")
	s.RemoveCaller(removed)
	_, err = client.GetIamPolicy(resource(team)).Context(t.Context()).Do()
	wantError(t, err, 401, "invalid authentication credentials")
	for name, test := range map[string]struct{ key, says string }{
		"a removed key":    {string(removed.JSON()), "account not found"},
		"another's name":   {forged, "Invalid JWT Signature"},
		"no key is at all": {strings.Replace(string(s.Key().JSON()), "owner@", "nobody@", 1), "account not found"},
	} {
		_, err := s.client(t, []byte(test.key)).GetIamPolicy(resource(team)).Context(t.Context()).Do()
		refusal, ok := errors.AsType[*auth.Error](err)
		if !ok || !strings.Contains(string(refusal.Body), test.says) {
			t.Errorf("%s: got %v, want no token: %s", name, err, test.says)
		}
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault  faults.Fault
		code   int
		writes bool
	}{
		"throttled":          {Throttle(), 429, false},
		"an error before":    {ServerError(), 503, false},
		"an error after":     {ServerError().ThoughDone(), 503, true},
		"a conflict":         {Conflict(), 409, false},
		"denied":             {PermissionDenied(), 403, false},
		"anything":           {faults.Fail(418, "TEAPOT", "short and stout"), 418, false},
		"cut off before":     {faults.CutBefore(), 0, false},
		"cut off after":      {faults.CutAfter(), 0, true},
		"nothing goes wrong": {faults.Fault{}, 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			client := s.owner(t)
			p := read(t, client, team)
			s.Fault(func(r Request) faults.Fault {
				if r.Method != "setIamPolicy" || r.ServiceAccount != team || r.N < 2 {
					t.Errorf("the fault is asked for about %+v", r)
				}
				return test.fault
			})
			err := write(t, client, p)
			if test.code != 0 {
				wantError(t, err, test.code, "")
			} else if (err == nil) != (test.fault == faults.Fault{}) {
				t.Errorf("got %v", err)
			}
			if wrote := len(s.History(team)) == 2; wrote != test.writes {
				t.Errorf("carried out: %t, want %t", wrote, test.writes)
			}
		})
	}
}

func TestAStaleReadHasTheEtagOfItsTime(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	before := read(t, client, team)
	if err := s.SetPolicy(team, `{}`); err != nil {
		t.Fatal(err)
	}
	s.Fault(func(Request) faults.Fault { return faults.Stale() })
	stale := read(t, client, team)
	s.Fault(nil)
	if stale.Etag != before.Etag || len(stale.Bindings) != 2 {
		t.Errorf("got %+v", stale)
	}
	wantError(t, write(t, client, stale), 409, "did not match")
}

func TestRequestsAreCounted(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	_ = write(t, client, read(t, client, team))
	_, _ = client.GetIamPolicy(resource("gone@kubeflow-prod.iam.gserviceaccount.com")).Context(t.Context()).Do()
	if diff := cmp.Diff(map[string]int{"getIamPolicy": 2, "setIamPolicy": 1, "token": 1}, s.Requests()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"getIamPolicy": 1, "setIamPolicy": 1}, s.RequestsFor(team)); diff != "" {
		t.Error(diff)
	}
	s.ResetRequests()
	if got := s.Requests(); len(got) != 0 {
		t.Errorf("after a reset: %v", got)
	}
}
