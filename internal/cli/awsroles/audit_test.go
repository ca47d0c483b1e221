package awsroles

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// TestAuditJudgesOddStatements has forms of trust policies that people write, with ann and ben in
// the cluster. What cannot be told for certain is open rather than closed.
func TestAuditJudgesOddStatements(t *testing.T) {
	const ann, ben, gone = "system:serviceaccount:ann:default-editor", "system:serviceaccount:ben:default-editor", "system:serviceaccount:gone:default-editor"
	p, err := trustpolicy.NewProvider("aws", "123456789012", "https://oidc.example.com/id/a")
	if err != nil {
		t.Fatal(err)
	}
	tenants := Tenants{accounts: map[string]bool{ann: true, ben: true}}
	ours := `"Principal": {"Federated": "` + p.ARN + `"}`
	either := `"Principal": {"Federated": ["arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/b", "` + p.ARN + `"]}`
	limited := func(operator, values string) string {
		return fmt.Sprintf(`"Condition": {%q: {"oidc.example.com/id/a:sub": %s}}`, operator, values)
	}
	annOnly := limited("StringEquals", `"`+ann+`"`)
	annGone := `["` + ann + `", "` + gone + `"]`
	for name, test := range map[string]struct {
		statements []string
		want       Audited
		closes     bool
	}{
		"one of several statements is open":       {[]string{ours + `, ` + annOnly, ours}, Audited{Open: true, Subjects: []string{ann}}, true},
		"two statements":                          {[]string{ours + `, ` + annOnly, ours + `, ` + limited("StringLike", `"`+ben+`"`)}, Audited{Subjects: []string{ann, ben}}, false},
		"open, with another issuer":               {[]string{either}, Audited{Open: true}, false},
		"named, with another issuer":              {[]string{either + `, ` + annOnly}, Audited{Subjects: []string{ann}}, false},
		"or without a subject":                    {[]string{ours + `, ` + limited("StringEqualsIfExists", annGone)}, Audited{Open: true, Conditional: []string{ann}, Gone: []Gone{{gone, "there is no namespace gone", true}}}, false},
		"of all values, of which there may be no": {[]string{ours + `, ` + limited("ForAllValues:StringEquals", `"`+ann+`"`)}, Audited{Open: true, Conditional: []string{ann}}, false},
		"of any value":                            {[]string{ours + `, ` + limited("ForAnyValue:StringEquals", annGone)}, Audited{Subjects: []string{ann}, Gone: []Gone{{gone, "there is no namespace gone", false}}}, false},
		"all but one":                             {[]string{ours + `, ` + limited("StringNotEquals", `"`+ann+`"`)}, Audited{Open: true}, false},
		"in whatever case":                        {[]string{ours + `, ` + limited("StringEqualsIgnoreCase", `"`+ann+`"`)}, Audited{Conditional: []string{ann}}, false},
		"whoever has a variable's name":           {[]string{ours + `, ` + limited("StringEquals", `"system:serviceaccount:${aws:username}:x"`)}, Audited{Patterns: []string{"system:serviceaccount:${aws:username}:x"}}, false},
		"everybody as principal":                  {[]string{`"Principal": "*"`}, Audited{Open: true}, false},
		"all principals but another issuer":       {[]string{`"NotPrincipal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/b"}`}, Audited{Open: true}, false},
		"all principals but this issuer":          {[]string{`"NotPrincipal": {"Federated": "` + p.ARN + `"}`}, Audited{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			trust := `{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", ` + strings.Join(test.statements, `}, {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", `) + `}]}`
			got, trusts := Audit(ListedRole{shared, trust}, p, 2048, tenants)
			if !trusts {
				t.Error("it is passed over")
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(Audited{}), cmpopts.IgnoreFields(Audited{}, "Role", "Size", "Limit"), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if c, err := Clean(got, p, tenants, nil); err != nil || c.Closes != test.closes || c.StillOpen != (test.want.Open && !test.closes) {
				t.Errorf("%v, %+v", err, c)
			}
		})
	}
}

// TestAuditPassesOverOtherIssuers has one whose name begins like that of the cluster's.
func TestAuditPassesOverOtherIssuers(t *testing.T) {
	p, err := trustpolicy.NewProvider("aws", "123456789012", "https://oidc.example.com/id/a")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "` + p.ARN + `b"}}`, `"` + p.ARN + `b"`} {
		if got, trusts := Audit(ListedRole{shared, `{"Statement": [` + statement + `]}`}, p, 2048, Tenants{}); trusts {
			t.Errorf("it says %+v", got)
		}
	}
}
