package gcpiam

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/iam/v1"
)

func TestAPolicyIsReadChangedAndWritten(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	p := read(t, client, team)
	if p.Version != 3 || len(p.Bindings) != 2 || p.Bindings[1].Condition == nil {
		t.Fatalf("got %+v", p)
	}
	p.Bindings = append(p.Bindings, &iam.Binding{Role: user, Members: []string{editor}})
	p.AuditConfigs = nil
	if err := write(t, client, p); err != nil {
		t.Fatal(err)
	}
	history := s.History(team)
	if len(history) != 2 || history[0].Policy != shared || history[1].By != s.Key().caller.email {
		t.Fatalf("the history is %+v", history)
	}
	if !strings.Contains(s.Policy(team), `"auditConfigs":[{"service":"allServices"}]`) {
		t.Error("without a mask the audit configuration was changed")
	}
	if Admits(history[0].Policy, "kubeflow-prod", "alice", "default-editor") || !Admits(history[1].Policy, "kubeflow-prod", "alice", "default-editor") ||
		Admits(history[1].Policy, "elsewhere", "alice", "default-editor") || Admits(history[1].Policy, "kubeflow-prod", "alice", "default-viewer") {
		t.Error("the wrong ones are admitted")
	}
}

func TestWhoDoesNotAskForVersion3SeesNoConditions(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	p, err := client.GetIamPolicy(resource(team)).Context(t.Context()).Do()
	if err != nil {
		t.Fatal(err)
	}
	hidden := p.Bindings[1]
	if p.Version != 1 || hidden.Condition != nil || !strings.HasPrefix(hidden.Role, user+"_withcond_") {
		t.Errorf("got %+v, %+v", p, hidden)
	}
	wantError(t, write(t, client, p), 400, "version 3")
	p.Version = 3
	wantError(t, write(t, client, p), 400, "_withcond_")
	s.add(t, "plain@kubeflow-prod.iam.gserviceaccount.com", `{"bindings":[{"role":"roles/viewer","members":["user:a@b"]}]}`)
	if p := read(t, client, "plain@kubeflow-prod.iam.gserviceaccount.com"); p.Version != 1 {
		t.Errorf("a policy without conditions has version %d, although it needs only 1", p.Version)
	}
	if len(s.History(team)) != 1 {
		t.Error("a write that would have lost a condition was carried out")
	}
}

func TestOnlyTheNewestPolicyIsReplaced(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	old := read(t, client, team)
	if err := write(t, client, read(t, client, team)); err != nil {
		t.Fatal(err)
	}
	wantError(t, write(t, client, old), 409, "There were concurrent policy changes")
	old.Etag = ""
	wantError(t, write(t, client, old), 400, "without the etag")
	s.add(t, "new@kubeflow-prod.iam.gserviceaccount.com", `{}`)
	empty := read(t, client, "new@kubeflow-prod.iam.gserviceaccount.com")
	if empty.Etag != "ACAB" || empty.Version != 0 {
		t.Errorf("a policy that nobody ever set is %+v", empty)
	}
}

func TestPoliciesThatIAMRefuses(t *testing.T) {
	s := start(t, Options{})
	client := s.owner(t)
	var many []string
	for i := range mostPrincipals {
		many = append(many, fmt.Sprintf("user:%d@example.com", i))
	}
	tests := map[string]struct {
		binding *iam.Binding
		says    string
	}{
		"no members":       {&iam.Binding{Role: user}, "no members"},
		"no role":          {&iam.Binding{Members: []string{editor}}, "Role"},
		"an untyped one":   {&iam.Binding{Role: user, Members: []string{"alice"}}, "type prefix"},
		"no such pool":     {&iam.Binding{Role: user, Members: []string{"serviceAccount:gone.svc.id.goog[a/b]"}}, "Identity Pool does not exist (gone.svc.id.goog)"},
		"one hundred more": {&iam.Binding{Role: user, Members: many}, "(1,502) is larger than the maximum allowed size 1,500"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := read(t, client, team)
			p.Bindings = append(p.Bindings, test.binding)
			wantError(t, write(t, client, p), 400, test.says)
		})
	}
	s.AddPool("gone")
	p := read(t, client, team)
	p.Bindings = append(p.Bindings, tests["no such pool"].binding, &iam.Binding{Role: user, Members: many[2:]})
	p.Bindings[3].Members = p.Bindings[3].Members[1:]
	if err := write(t, client, p); err != nil {
		t.Errorf("exactly 1,500 principals of pools that exist: %v", err)
	}
	p = read(t, client, team)
	p.Version = 2
	wantError(t, write(t, client, p), 400, "Invalid policy version 2")
	_, err := client.GetIamPolicy(resource(team)).OptionsRequestedPolicyVersion(2).Context(t.Context()).Do()
	wantError(t, err, 400, "requested policy version")
}

func TestNormalizedPoliciesHaveOneBindingForEachRoleAndCondition(t *testing.T) {
	s := start(t, Options{Normalize: true})
	client := s.owner(t)
	p := read(t, client, team)
	p.Bindings = append(p.Bindings, &iam.Binding{Role: user, Members: []string{"user:z@b", editor, editor}}, &iam.Binding{Role: user, Members: []string{"user:a@b"}})
	if err := write(t, client, p); err != nil {
		t.Fatal(err)
	}
	got := read(t, client, team)
	if len(got.Bindings) != 3 || strings.Join(got.Bindings[2].Members, " ") != editor+" user:a@b user:z@b" {
		t.Errorf("got %s", s.Policy(team))
	}
}
