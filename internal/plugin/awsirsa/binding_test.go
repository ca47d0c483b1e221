package awsirsa

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

func TestBindings(t *testing.T) {
	const audience = "sts.cn-north-1.amazonaws.com.cn"
	accounts := []string{"default-editor"}
	role := map[string]string{"eks.amazonaws.com/role-arn": aliceRole}
	tests := map[string]struct {
		spec        Spec
		settings    string
		annotations map[string]string
	}{
		"the role alone": {Spec{}, `{"audience":"sts.amazonaws.com","issuer":"https://oidc.example.com/id/ours"}`, role},
		"annotate only":  {Spec{AnnotateOnly: true}, `{"annotateOnly":true}`, role},
		"annotate only with an audience": {Spec{AnnotateOnly: true, Audience: audience}, `{"annotateOnly":true}`,
			map[string]string{"eks.amazonaws.com/role-arn": aliceRole, "eks.amazonaws.com/audience": audience}},
		"everything": {Spec{Audience: audience, StsRegionalEndpoints: ptr.To(false), TokenExpirationSeconds: ptr.To[int64](3600)},
			`{"audience":"` + audience + `","issuer":"https://oidc.example.com/id/ours"}`,
			map[string]string{"eks.amazonaws.com/role-arn": aliceRole, "eks.amazonaws.com/audience": audience,
				"eks.amazonaws.com/sts-regional-endpoints": "false", "eks.amazonaws.com/token-expiration": "3600"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.spec.AwsIamRole, test.spec.ServiceAccounts = aliceRole, accounts
			got, err := bindings(test.spec, testIssuer)
			want := []plugin.Binding{{ServiceAccount: "default-editor", Identity: aliceRole, Annotations: test.annotations, Settings: test.settings}}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("error %v, bindings (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestTheDefaultAudienceIsTheSameSettingSpelledOutOrNot(t *testing.T) {
	var settings []string
	for _, audience := range []string{"", trustpolicy.DefaultAudience} {
		all, err := bindings(Spec{AwsIamRole: aliceRole, ServiceAccounts: []string{"a"}, Audience: audience}, testIssuer)
		if err != nil {
			t.Fatal(err)
		}
		settings = append(settings, all[0].Settings)
	}
	if settings[0] != settings[1] {
		t.Errorf("settings differ and would be taken back and granted anew: %q", settings)
	}
}

func TestARecordTellsWhatToTakeBack(t *testing.T) {
	b := bindingTo(aliceRole)
	b.Settings = `{ "issuer": "https://oidc.example.com/id/former", "audience": "x" }`
	g, external, err := grantOf("alice", b)
	if err != nil || !external {
		t.Fatalf("external %t, error %v", external, err)
	}
	want := grant{provider: trustpolicy.Provider{ARN: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/former",
		Issuer: "oidc.example.com/id/former"}, audience: "x", subject: "system:serviceaccount:alice:default-editor"}
	if g != want {
		t.Errorf("grant %+v, want %+v", g, want)
	}
	for name, broken := range map[string]plugin.Binding{
		"no settings": {ServiceAccount: "a", Identity: aliceRole},
		"no role":     {ServiceAccount: "a", Identity: "x", Settings: b.Settings},
		"no issuer":   {ServiceAccount: "a", Identity: aliceRole, Settings: `{"audience":"x"}`},
	} {
		if _, _, err := grantOf("alice", broken); err == nil {
			t.Errorf("%s: a binding that cannot be read is no error", name)
		}
	}
}

func TestPlanTellsWhenTokensCannotBeTrusted(t *testing.T) {
	tests := map[string]struct {
		issuer string
		err    error
		kind   plugin.ErrorKind
		reason string
	}{
		"an issuer with a query":  {"https://x.example.com?y", nil, plugin.Refused, profilev1.ReasonIdentityRejected},
		"the API server is away":  {"", errors.New("connection refused"), plugin.Retry, profilev1.ReasonRetrying},
		"a cluster of http alone": {"", &plugin.Error{Kind: plugin.Refused, Reason: "Own", Message: "no"}, plugin.Refused, "Own"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(o *Options) {
				o.Issuer = func(context.Context) (string, error) { return test.issuer, test.err }
			})
			planned, err := f.Plan(t.Context(), "alice", []byte(`{"awsIamRole":"`+aliceRole+`"}`))
			if e := plugin.AsError(err); err == nil || e.Kind != test.kind || e.Reason != test.reason || planned != nil {
				t.Errorf("planned %v, error %v; want kind %d and reason %s", planned, err, test.kind, test.reason)
			}
		})
	}
}

func TestTheDefaultRoleIsATemplate(t *testing.T) {
	f := start(t, func(o *Options) { o.DefaultRole = `arn:aws:iam::123456789012:role/"kf"/{profile}-{profile}` })
	planned, err := f.Plan(t.Context(), "alice", f.Default("alice"))
	if err != nil || len(planned) != 1 || planned[0].Identity != `arn:aws:iam::123456789012:role/"kf"/alice-alice` {
		t.Errorf("the default asks for %+v, %v", planned, err)
	}
	if spec := start(t).Default("alice"); spec != nil {
		t.Errorf("without a default role the default is %s", spec)
	}
	long := strings.Repeat("n", 63)
	if _, err := f.Plan(t.Context(), long, f.Default(long)); err == nil {
		t.Error("a name that makes the role's name too long is no error")
	}
	for _, template := range []string{"{profile}", "arn:aws:iam::{profile}:role/x", "arn:aws:iam::123456789012:role/{profiles}"} {
		if _, err := New(Options{DefaultRole: template}); err == nil || !strings.Contains(err.Error(), "{profile} stands for") {
			t.Errorf("the template %s is answered with %v", template, err)
		}
	}
}
