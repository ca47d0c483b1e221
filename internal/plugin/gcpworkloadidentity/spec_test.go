package gcpworkloadidentity

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

// askedProject is an IAM that only knows whose the controller's credentials are.
type askedProject struct {
	IAM
	project string
	err     error
	asked   int
}

func (a *askedProject) Project(context.Context) (string, error) {
	a.asked++
	return a.project, a.err
}

// planner is a plugin that never gets to work.
func planner(t *testing.T, o Options) *Plugin {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Start(ended); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlan(t *testing.T) {
	const email = `"gcpServiceAccount":"team@research.iam.gserviceaccount.com"`
	toTeam := map[string]string{"iam.gke.io/gcp-service-account": team}
	tests := map[string]struct {
		own, flag, spec string
		want            []plugin.Binding
	}{
		"the project of the controller's credentials": {"kubeflow-prod", "", `{` + email + `}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"kubeflow-prod"}`}}},
		"else that of the account": {"", "", `{` + email + `}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"research"}`}}},
		"the flag goes before both": {"kubeflow-prod", "fleet-host.svc.id.goog", `{` + email + `}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"fleet-host"}`}}},
		"and the spec before all": {"kubeflow-prod", "fleet-host", `{` + email + `,"identityNamespace":"other.svc.id.goog"}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"other"}`}}},
		"annotateOnly": {"kubeflow-prod", "", `{` + email + `,"annotateOnly":true}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"annotateOnly":true}`}}},
		"other accounts": {"kubeflow-prod", "", `{` + email + `,"serviceAccounts":["runner","default-editor"]}`,
			[]plugin.Binding{{ServiceAccount: "runner", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"kubeflow-prod"}`},
				{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"identityNamespace":"kubeflow-prod"}`}}},
		"keys in another case": {"kubeflow-prod", "", `{"GCPServiceAccount":"team@research.iam.gserviceaccount.com","AnnotateOnly":true}`,
			[]plugin.Binding{{ServiceAccount: "default-editor", Identity: team, Annotations: toTeam, Settings: `{"annotateOnly":true}`}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := planner(t, Options{IAM: &askedProject{project: test.own}, IdentityNamespace: test.flag})
			got, err := p.Plan(t.Context(), "alice", []byte(test.spec))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlanWithoutAProject(t *testing.T) {
	compute := []byte(`{"gcpServiceAccount":"123456789012-compute@developer.gserviceaccount.com"}`)
	_, err := planner(t, Options{IAM: &askedProject{}}).Plan(t.Context(), "alice", compute)
	if message := plugintest.WantRefusal(t, err, profilev1.ReasonInvalidPluginSpec); !strings.HasPrefix(message, "identityNamespace: is required") {
		t.Errorf("the message is %q", message)
	}
	if got, err := planner(t, Options{IAM: &askedProject{}}).Plan(t.Context(), "alice", []byte(strings.Replace(string(compute), "}", `,"annotateOnly":true}`, 1))); err != nil || len(got) != 1 {
		t.Errorf("annotateOnly needs no project: %v, %v", got, err)
	}
}

func TestTheControllersProjectIsAskedForUntilThereIsAnAnswer(t *testing.T) {
	asked := &askedProject{err: errNoCredentials}
	p := planner(t, Options{IAM: asked})
	spec := []byte(`{"gcpServiceAccount":"team@research.iam.gserviceaccount.com"}`)
	_, err := p.Plan(t.Context(), "alice", spec)
	plugintest.WantRefusal(t, err, profilev1.ReasonCredentialsMissing)
	asked.err = errors.New("the metadata server is away")
	if _, err = p.Plan(t.Context(), "alice", spec); err == nil || plugin.AsError(err).Kind != plugin.Retry {
		t.Errorf("got %v, want to be tried again", err)
	}
	asked.err, asked.project = nil, "kubeflow-prod"
	for range 3 {
		if _, err := p.Plan(t.Context(), "alice", spec); err != nil {
			t.Error(err)
		}
	}
	if asked.asked != 3 {
		t.Errorf("the project was asked for %d times; want no more once it is known", asked.asked)
	}
}

func TestDefault(t *testing.T) {
	if got := planner(t, Options{}).Default("alice"); got != nil {
		t.Errorf("without a default account Profiles get %s", got)
	}
	p := planner(t, Options{DefaultServiceAccount: "{profile}@research.iam.gserviceaccount.com", IdentityNamespace: "kubeflow-prod"})
	got, err := p.Plan(t.Context(), "alice", p.Default("alice"))
	if err != nil || len(got) != 1 || got[0].Identity != "alice@research.iam.gserviceaccount.com" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	for _, o := range []Options{{DefaultServiceAccount: "allUsers"}, {DefaultServiceAccount: "x@{profile}"}, {IdentityNamespace: "A B"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	for endpoint, fits := range map[string]bool{"": true, "https://iam.googleapis.com": true, "http://127.0.0.1:8080/": true, "iam.googleapis.com": false, "ftp://x": false, "https://": false, ":": false} {
		if _, err := NewIAM(endpoint); (err == nil) != fits {
			t.Errorf("the endpoint %q: %v", endpoint, err)
		}
	}
}

func TestRecordsThatCannotBeRead(t *testing.T) {
	p := planner(t, Options{})
	for name, b := range map[string]plugin.Binding{
		"no account":  {Identity: "x", Settings: `{"identityNamespace":"p-1"}`},
		"no settings": {Identity: team},
		"no pool":     {Identity: team, Settings: `{}`},
		"a bad pool":  {Identity: team, Settings: `{"identityNamespace":"x]"}`},
	} {
		_, checked := p.Check(t.Context(), "alice", b)
		for _, err := range []error{p.Apply(t.Context(), "alice", b), p.Revoke(t.Context(), "alice", b), checked} {
			if err == nil || plugin.AsError(err).Kind == plugin.Waiting {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestMessagesAreShortWhateverTheSpec(t *testing.T) {
	for _, spec := range []string{
		`{"gcpServiceAccount":"` + strings.Repeat("r", 100000) + `"}`,
		`{"gcpServiceAccount":"` + team + `","identityNamespace":"` + strings.Repeat("A", 100000) + `"}`,
	} {
		_, _, err := readSpec([]byte(spec))
		if n := len(plugin.AsError(err).Message); n > 2000 {
			t.Errorf("%.60s: the message has %d bytes", spec, n)
		}
	}
}
