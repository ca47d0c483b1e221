package trustpolicy

import "testing"

// TestEvaluator checks the judge itself: a policy and the answers for each rule that it has
// to know.
func TestEvaluator(t *testing.T) {
	of := func(p Provider, subject string) identity {
		return identity{provider: p.ARN, issuer: p.Issuer, subject: subject, audience: DefaultAudience}
	}
	a, b, abroad, none := of(ours, alice), of(ours, bob), of(theirs, alice), of(ours, "")
	none.anonymous = true
	tagging := a
	tagging.action = "sts:TagSession"

	when := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + ours.ARN +
			`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}]}`
	}
	only := func(operator, value string) string {
		return when(`"` + operator + `":{"` + ours.Issuer + `:sub":` + value + `}`)
	}
	quotedAlice, quotedBob := `"`+alice+`"`, `"`+bob+`"`
	tests := map[string]struct {
		policy  string
		in, out []identity
	}{
		"no condition":              {when(``), []identity{a, b, none}, []identity{abroad}},
		"one value":                 {only("StringEquals", quotedAlice), []identity{a}, []identity{b, none}},
		"values are alternatives":   {only("StringEquals", `["x",`+quotedAlice+`]`), []identity{a}, []identity{b}},
		"no value":                  {only("StringEquals", `[]`), nil, []identity{a, none}},
		"keys must all hold":        {when(`"StringLike":{"` + ours.Issuer + `:sub":"*","` + ours.Issuer + `:aud":"x"}`), nil, []identity{a}},
		"operators must all hold":   {when(`"StringLike":{"` + ours.Issuer + `:sub":"*"},"StringEquals":{"` + ours.Issuer + `:sub":` + quotedBob + `}`), []identity{b}, []identity{a}},
		"case of operator and key":  {when(`"STRINGequals":{"OIDC.eks.eu-west-1.amazonaws.com/id/0123456789abcdef:SUB":` + quotedAlice + `}`), []identity{a}, []identity{b}},
		"case of a value":           {only("StringEquals", `"System:serviceaccount:alice:default-editor"`), nil, []identity{a}},
		"case ignored":              {only("StringEqualsIgnoreCase", `"System:serviceaccount:alice:default-editor"`), []identity{a}, []identity{b}},
		"no wildcard in equals":     {only("StringEquals", `"system:*"`), nil, []identity{a}},
		"wildcards":                 {only("StringLike", `"system:*:al?ce:*"`), []identity{a}, []identity{b, none}},
		"negative":                  {only("StringNotEquals", quotedBob), []identity{a, none}, []identity{b}},
		"if it exists":              {only("StringEqualsIfExists", quotedBob), []identity{b, none}, []identity{a}},
		"for all values":            {only("ForAllValues:StringEquals", quotedBob), []identity{b, none}, []identity{a}},
		"for any value":             {only("ForAnyValue:StringEquals", quotedBob), []identity{b}, []identity{a, none}},
		"for any value, negative":   {only("ForAnyValue:StringNotEquals", quotedBob), []identity{a}, []identity{b, none}},
		"null":                      {only("Null", `"true"`), []identity{none}, []identity{a}},
		"not null":                  {only("Null", `false`), []identity{a}, []identity{none}},
		"variable":                  {only("StringEquals", `"${`+ours.Issuer+`:sub}"`), []identity{a, b}, nil},
		"variable without a value":  {only("StringLike", `"*${aws:username}"`), nil, []identity{a}},
		"literal star":              {only("StringLike", `"system:${*}"`), nil, []identity{a}},
		"unknown operator":          {only("Sometimes", `"*"`), nil, []identity{a}},
		"another issuer's key":      {when(`"StringLike":{"` + theirs.Issuer + `:sub":"*"}`), nil, []identity{a}},
		"deny wins":                 {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringLike":{"` + ours.Issuer + `:sub":"*:bob:*"}}}]}`, []identity{a, abroad}, []identity{b}},
		"single statement":          {`{"Statement":{"Effect":"Allow","Principal":{"Federated":["x","` + ours.ARN + `"]},"Action":["sts:TagSession","STS:assumerolewith*"]}}`, []identity{a}, []identity{abroad}},
		"two actions":               {`{"Statement":{"Effect":"Allow","Principal":"*","Action":["sts:TagSession","sts:AssumeRole"]}}`, []identity{tagging}, []identity{a}},
		"another action":            {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`, nil, []identity{a}},
		"everything but one action": {`{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"sts:TagSession"}}`, []identity{a}, nil},
		"everybody but one":         {`{"Statement":{"Effect":"Allow","NotPrincipal":{"Federated":"` + ours.ARN + `"},"Action":"*"}}`, []identity{abroad}, []identity{a}},
		"services do not count":     {`{"Statement":{"Effect":"Allow","Principal":{"Service":"*"},"Action":"*"}}`, nil, []identity{a}},
		"effect is case-sensitive":  {`{"Statement":{"Effect":"allow","Principal":"*","Action":"*"}}`, nil, []identity{a}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			judge := evaluate([]byte(test.policy))
			for _, id := range test.in {
				if !judge.admits(id) {
					t.Errorf("keeps out %v", id)
				}
			}
			for _, id := range test.out {
				if judge.admits(id) {
					t.Errorf("lets in %v", id)
				}
			}
		})
	}
}
