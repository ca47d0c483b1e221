package azureworkloadidentity

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

func TestBindings(t *testing.T) {
	clientOnly := map[string]string{"azure.workload.identity/client-id": aliceClientID}
	external := `{"audience":"api://AzureADTokenExchange","issuer":"https://oidc.example.com/id/ours/"}`
	tests := map[string]struct {
		wanted wanted
		want   plugin.Binding
	}{
		"an identity": {wanted{identity: &alice}, plugin.Binding{Identity: aliceID, Annotations: clientOnly, Settings: external}},
		"a tenant": {wanted{identity: &alice, tenantID: someUUID}, plugin.Binding{Identity: aliceID, Settings: external,
			Annotations: map[string]string{"azure.workload.identity/client-id": aliceClientID, "azure.workload.identity/tenant-id": someUUID}}},
		"annotate only":          {wanted{annotateOnly: true}, plugin.Binding{Identity: aliceClientID, Annotations: clientOnly, Settings: `{"annotateOnly":true}`}},
		"annotate only, with ID": {wanted{annotateOnly: true, identity: &alice}, plugin.Binding{Identity: aliceID, Annotations: clientOnly, Settings: `{"annotateOnly":true}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.wanted.clientID, test.wanted.accounts = aliceClientID, []string{"a", "b"}
			got, err := bindings(test.wanted, testIssuer, DefaultAudience)
			one, two := test.want, test.want
			one.ServiceAccount, two.ServiceAccount = "a", "b"
			if diff := cmp.Diff([]plugin.Binding{one, two}, got); err != nil || diff != "" {
				t.Errorf("error %v, bindings (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestARecordTellsWhatToTakeBack(t *testing.T) {
	b := plugin.Binding{ServiceAccount: "default-editor", Identity: aliceID, Settings: ` {"issuer":"https://former", "audience":"x"} `,
		Annotations: map[string]string{annotationClientID: aliceClientID, annotationTenantID: someUUID}}
	id, r, external, err := requestOf("alice", b)
	want := request{grant: grantFor("https://former", "x", "alice", "default-editor"), profile: "alice", clientID: aliceClientID, tenantID: someUUID}
	if err != nil || !external || id != alice || r != want {
		t.Errorf("got %+v, %+v, %t, %v", id, r, external, err)
	}
	for name, change := range map[string]func(*plugin.Binding){
		"no settings": func(b *plugin.Binding) { b.Settings = "" },
		"no issuer":   func(b *plugin.Binding) { b.Settings = `{"audience":"x"}` },
		"no audience": func(b *plugin.Binding) { b.Settings = `{"issuer":"https://former"}` },
		"no identity": func(b *plugin.Binding) { b.Identity = aliceClientID },
	} {
		broken := b
		change(&broken)
		if _, _, _, err := requestOf("alice", broken); err == nil {
			t.Errorf("%s: a binding that cannot be read is no error", name)
		}
	}
}

func TestPlanTellsWhenTokensCannotBeTrusted(t *testing.T) {
	away := errors.New("the API server is away")
	tests := map[string]struct {
		issuer string
		err    error
		spec   string
		check  func(*testing.T, []plugin.Binding, error)
	}{
		"no https": {"http://kubernetes", nil, "", func(t *testing.T, _ []plugin.Binding, err error) {
			plugintest.WantRefusal(t, err, profilev1.ReasonIdentityRejected, `"http://kubernetes"`, "-service-account-issuer", "annotateOnly")
		}},
		"away": {"", away, "", func(t *testing.T, _ []plugin.Binding, err error) {
			if !errors.Is(err, away) {
				t.Errorf("got %v", err)
			}
		}},
		"not needed": {"", away, `,"annotateOnly":true`, func(t *testing.T, all []plugin.Binding, err error) {
			if err != nil || len(all) != 1 {
				t.Errorf("got %v, %v", all, err)
			}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := New(Options{API: &Client{}, Host: plugintest.NewHost(), Issuer: func(context.Context) (string, error) { return test.issuer, test.err }})
			if err != nil {
				t.Fatal(err)
			}
			defer p.editor.queue.ShutDown()
			all, err := p.Plan(t.Context(), "alice", []byte(`{"clientId":"`+aliceClientID+`","identityResourceId":"`+aliceID+`"`+test.spec+`}`))
			test.check(t, all, err)
		})
	}
}
