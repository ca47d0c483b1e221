package trusteval

import "testing"

type provider struct{ arn, issuer string }

// ours is the provider of one cluster, theirs that of another one.
var (
	ours   = testProvider("0123456789ABCDEF")
	theirs = testProvider("FEDCBA9876543210")
)

func testProvider(id string) provider {
	name := "oidc.eks.eu-west-1.amazonaws.com/id/" + id
	return provider{"arn:aws:iam::111122223333:oidc-provider/" + name, name}
}

const (
	alice = "system:serviceaccount:alice:default-editor"
	bob   = "system:serviceaccount:bob:default-editor"
)

// TestEvaluator checks the judge itself: a policy and the answers for each rule that it has
// to know.
func TestEvaluator(t *testing.T) {
	of := func(p provider, subject string) Identity {
		return Identity{Provider: p.arn, Issuer: p.issuer, Subject: subject, Audience: "sts.amazonaws.com"}
	}
	a, b, abroad, none := of(ours, alice), of(ours, bob), of(theirs, alice), of(ours, "")
	none.Anonymous = true
	tagging := a
	tagging.Action = "sts:TagSession"

	when := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + ours.arn +
			`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}]}`
	}
	only := func(operator, value string) string {
		return when(`"` + operator + `":{"` + ours.issuer + `:sub":` + value + `}`)
	}
	quotedAlice, quotedBob := `"`+alice+`"`, `"`+bob+`"`
	tests := map[string]struct {
		policy  string
		in, out []Identity
	}{
		"no condition":              {when(``), []Identity{a, b, none}, []Identity{abroad}},
		"one value":                 {only("StringEquals", quotedAlice), []Identity{a}, []Identity{b, none}},
		"values are alternatives":   {only("StringEquals", `["x",`+quotedAlice+`]`), []Identity{a}, []Identity{b}},
		"no value":                  {only("StringEquals", `[]`), nil, []Identity{a, none}},
		"keys must all hold":        {when(`"StringLike":{"` + ours.issuer + `:sub":"*","` + ours.issuer + `:aud":"x"}`), nil, []Identity{a}},
		"operators must all hold":   {when(`"StringLike":{"` + ours.issuer + `:sub":"*"},"StringEquals":{"` + ours.issuer + `:sub":` + quotedBob + `}`), []Identity{b}, []Identity{a}},
		"case of operator and key":  {when(`"STRINGequals":{"OIDC.eks.eu-west-1.amazonaws.com/id/0123456789abcdef:SUB":` + quotedAlice + `}`), []Identity{a}, []Identity{b}},
		"case of a value":           {only("StringEquals", `"System:serviceaccount:alice:default-editor"`), nil, []Identity{a}},
		"case ignored":              {only("StringEqualsIgnoreCase", `"System:serviceaccount:alice:default-editor"`), []Identity{a}, []Identity{b}},
		"no wildcard in equals":     {only("StringEquals", `"system:*"`), nil, []Identity{a}},
		"wildcards":                 {only("StringLike", `"system:*:al?ce:*"`), []Identity{a}, []Identity{b, none}},
		"negative":                  {only("StringNotEquals", quotedBob), []Identity{a, none}, []Identity{b}},
		"if it exists":              {only("StringEqualsIfExists", quotedBob), []Identity{b, none}, []Identity{a}},
		"for all values":            {only("ForAllValues:StringEquals", quotedBob), []Identity{b, none}, []Identity{a}},
		"for any value":             {only("ForAnyValue:StringEquals", quotedBob), []Identity{b}, []Identity{a, none}},
		"for any value, negative":   {only("ForAnyValue:StringNotEquals", quotedBob), []Identity{a}, []Identity{b, none}},
		"null":                      {only("Null", `"true"`), []Identity{none}, []Identity{a}},
		"not null":                  {only("Null", `false`), []Identity{a}, []Identity{none}},
		"variable":                  {only("StringEquals", `"${`+ours.issuer+`:sub}"`), []Identity{a, b}, nil},
		"variable without a value":  {only("StringLike", `"*${aws:username}"`), nil, []Identity{a}},
		"literal star":              {only("StringLike", `"system:${*}"`), nil, []Identity{a}},
		"unknown operator":          {only("Sometimes", `"*"`), nil, []Identity{a}},
		"another issuer's key":      {when(`"StringLike":{"` + theirs.issuer + `:sub":"*"}`), nil, []Identity{a}},
		"deny wins":                 {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringLike":{"` + ours.issuer + `:sub":"*:bob:*"}}}]}`, []Identity{a, abroad}, []Identity{b}},
		"single statement":          {`{"Statement":{"Effect":"Allow","Principal":{"Federated":["x","` + ours.arn + `"]},"Action":["sts:TagSession","STS:assumerolewith*"]}}`, []Identity{a}, []Identity{abroad}},
		"two actions":               {`{"Statement":{"Effect":"Allow","Principal":"*","Action":["sts:TagSession","sts:AssumeRole"]}}`, []Identity{tagging}, []Identity{a}},
		"another action":            {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`, nil, []Identity{a}},
		"everything but one action": {`{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"sts:TagSession"}}`, []Identity{a}, nil},
		"everybody but one":         {`{"Statement":{"Effect":"Allow","NotPrincipal":{"Federated":"` + ours.arn + `"},"Action":"*"}}`, []Identity{abroad}, []Identity{a}},
		"services do not count":     {`{"Statement":{"Effect":"Allow","Principal":{"Service":"*"},"Action":"*"}}`, nil, []Identity{a}},
		"effect is case-sensitive":  {`{"Statement":{"Effect":"allow","Principal":"*","Action":"*"}}`, nil, []Identity{a}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			judge := Evaluate([]byte(test.policy))
			for _, id := range test.in {
				if !judge.Admits(id) {
					t.Errorf("keeps out %v", id)
				}
			}
			for _, id := range test.out {
				if judge.Admits(id) {
					t.Errorf("lets in %v", id)
				}
			}
		})
	}
}
