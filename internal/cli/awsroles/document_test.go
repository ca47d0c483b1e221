package awsroles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRightsInWords(t *testing.T) {
	for document, want := range map[string]string{
		`{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}`:                                                                                                        "iam:* on *",
		`{"Statement": [{"Effect": "Allow", "Action": ["a", "b"], "Resource": ["c", "d"]}, {"Effect": "Allow", "Action": "e", "Resource": "f", "Condition": {"Bool": {"g": "true"}}}]}`: `a, b on c, d; e on f if {"Bool":{"g":"true"}}`,
		`{"Statement": [{"Effect": "Deny", "Action": "a", "Resource": "b"}]}`:                                                                                                           `{"Statement":[{"Effect":"Deny","Action":"a","Resource":"b"}]}`,
		`{"Statement": [{"Effect": "Allow", "NotAction": "a", "Resource": "b"}]}`:                                                                                                       `{"Statement":[{"Effect":"Allow","NotAction":"a","Resource":"b"}]}`,
		`{"Statement": []}`: `{"Statement":[]}`,
		`{`:                 `{`,
	} {
		if got := rights(document); got != want {
			t.Errorf("%s allows %s", document, got)
		}
	}
}

func TestOtherPrincipals(t *testing.T) {
	const own = `{"Effect": "Allow", "Principal": {"Federated": "ours"}}`
	for statements, want := range map[string][]string{
		own:             nil,
		`[` + own + `]`: nil,
		strings.Replace(own, `"ours"`, `["ours"]`, 1):                                                      nil,
		strings.Replace(own, `"ours"`, `["ours", "theirs"]`, 1):                                            {`{"Federated":["ours","theirs"]}`},
		`[` + own + `, {"Effect": "Allow", "Principal": "*"}]`:                                             {`"*"`},
		`[` + own + `, {"Effect": "Deny", "Principal": {"AWS": "a"}}]`:                                     nil,
		`[{"Effect": "Allow", "Principal": {"AWS": "a"}}, {"Effect": "Allow", "Principal": {"AWS": "a"}}]`: {`{"AWS":"a"}`},
		`{"Effect": "Allow", "NotPrincipal": {"AWS": "a"}}`:                                                {`all but {"AWS":"a"}`},
	} {
		got, err := otherPrincipals(`{"Statement": `+statements+`}`, "ours")
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", statements, diff)
		}
	}
}
