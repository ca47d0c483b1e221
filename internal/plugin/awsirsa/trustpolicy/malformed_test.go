package trustpolicy

import (
	"errors"
	"strings"
	"testing"
)

// operations are all that read a policy. Each must refuse what it cannot read.
var operations = map[string]func(policy []byte, p Provider) ([]byte, error){
	"Grant": func(policy []byte, p Provider) ([]byte, error) {
		return Grant(policy, p, DefaultAudience, []string{alice})
	},
	"Revoke": func(policy []byte, p Provider) ([]byte, error) { return Revoke(policy, p, []string{alice}) },
	"Subjects": func(policy []byte, p Provider) ([]byte, error) {
		a, err := Subjects(policy, p)
		if a.Exact != nil || a.Patterns != nil || a.Elsewhere != nil {
			return []byte("subjects"), err
		}
		return nil, err
	},
	"Open": func(policy []byte, p Provider) ([]byte, error) {
		open, err := Open(policy, p)
		if open {
			return []byte("open"), err
		}
		return nil, err
	},
	"Room": func(policy []byte, p Provider) ([]byte, error) {
		room, err := Room(policy, p, DefaultAudience, 1<<20, 40)
		if room != 0 {
			return []byte("room"), err
		}
		return nil, err
	},
}

func TestMalformedPoliciesAreRefused(t *testing.T) {
	federated, action := `{"Federated":"`+ours.ARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`
	deep := strings.Repeat(`[`, 70) + strings.Repeat(`]`, 70)
	tests := map[string]struct{ policy, complaint string }{
		"nothing":                     {``, "not valid JSON"},
		"only space":                  {"\n", "not valid JSON"},
		"not JSON":                    {`Version: 2012-10-17`, "not valid JSON"},
		"cut off":                     {strings.TrimSuffix(when(``), "}"), "not valid JSON"},
		"trailing garbage":            {when(``) + `}`, "not valid JSON"},
		"two documents":               {when(``) + when(``), "not valid JSON"},
		"trailing comma":              {`{"Statement":[],}`, "not valid JSON"},
		"missing comma":               {`{"Statement":[{} {}]}`, "not valid JSON"},
		"byte order mark":             {"\ufeff" + when(``), "not valid JSON"},
		"URL-encoded":                 {`%7B%22Statement%22%3A%5B%5D%7D`, "not valid JSON"},
		"invalid UTF-8":               {splice(t, when(``), `2012`, "20\xff12"), "not valid UTF-8"},
		"too deep":                    {`{"Statement":[],"x":` + deep + `}`, "levels deep"},
		"far too deep":                {strings.Repeat(`[`, 1e6), "not valid JSON"},
		"a list":                      {`[` + when(``) + `]`, "not a JSON object"},
		"null":                        {`null`, "not a JSON object"},
		"a string":                    {`"x"`, "not a JSON object"},
		"no Statement":                {`{"Version":"2012-10-17"}`, "no Statement"},
		"Statement in another case":   {`{"statement":[]}`, "no Statement"},
		"Statement is a string":       {`{"Statement":"x"}`, "Statement is neither"},
		"Statement is null":           {`{"Statement":null}`, "Statement is neither"},
		"a statement is a string":     {`{"Statement":[{},"x"]}`, "Statement[1] is not an object"},
		"a statement is a list":       {`{"Statement":[[]]}`, "Statement[0] is not an object"},
		"two Statements":              {`{"Statement":[],"Statement":[]}`, `it has "Statement" twice`},
		"two Statements, one escaped": {`{"Statement":[],"\u0053tatement":[]}`, `it has "Statement" twice`},
		"two Effects":                 {`{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}`, `Statement[0] has "Effect" twice`},
		"two Conditions":              {one(federated, action, `,"Condition":{},"Condition":{}`), `has "Condition" twice`},
		"two Federated":               {one(`{"Federated":"x","Federated":"`+ours.ARN+`"}`, action, ``), `Statement[0].Principal has "Federated" twice`},
		"Principal is a list":         {one(`["*"]`, action, ``), `Principal is neither`},
		"Principal of a principal":    {one(`{"Federated":{"x":"y"}}`, action, ``), `Principal.Federated is neither`},
		"NotPrincipal is a number":    {`{"Statement":{"Effect":"Allow","NotPrincipal":1,"Action":"*"}}`, `NotPrincipal is neither`},
		"Action is an object":         {one(federated, `{}`, ``), `Action is neither`},
		"NotAction is null":           {`{"Statement":{"Effect":"Allow","Principal":"*","NotAction":null}}`, `NotAction is neither`},
		"Condition is a list":         {one(federated, action, `,"Condition":[]`), `Condition is not an object`},
		"Condition is null":           {one(federated, action, `,"Condition":null`), `Condition is not an object`},
		"operator is a string":        {when(`"StringEquals":"x"`), `Condition.StringEquals is not an object`},
		"value is an object":          {when(`"StringEquals":{SUB:{}}`), `is neither a value nor a list of values`},
		"value is a list of lists":    {when(`"StringEquals":{SUB:[[]]}`), `is neither a value nor a list of values`},
		"value is null":               {when(`"StringEquals":{SUB:null}`), `is neither a value nor a list of values`},
		"an operator twice":           {when(`"StringEquals":{},"stringequals":{}`), `Condition has "stringequals" twice`},
		"a key twice":                 {when(`"StringEquals":{SUB:ALICE,"` + strings.ToUpper(ours.Issuer) + `:suB":BOB}`), `:suB" twice`},
	}
	for name, test := range tests {
		for operation, run := range operations {
			out, err := run([]byte(test.policy), ours)
			if !errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), test.complaint) {
				t.Errorf("%s of %s: %v, want a complaint about %q", operation, name, err, test.complaint)
			}
			if out != nil {
				t.Errorf("%s of %s gives %s", operation, name, out)
			}
		}
	}
}

// TestForeignOdditiesAreKept shows what is none of our business: it stands where we do
// not edit.
func TestForeignOdditiesAreKept(t *testing.T) {
	odd := `{"Effect":"Deny","Principal":7,"Action":{},"Condition":[{"a":1,"a":2}]}`
	apart := `{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole","Condition":{"A":1,"a":2}}`
	policy := `{"x":{"y":1e400,"y":-0.0,"z":"\ud800"},"Statement":[` + odd + `,` + apart + `]}`
	got, err := Grant([]byte(policy), ours, DefaultAudience, []string{alice})
	if want := appended(policy, ownStatement(ourSid, DefaultAudience, alice)); err != nil || string(got) != want {
		t.Errorf("Grant = %s, %v; want %s", got, err, want)
	}
}

func TestBadArgumentsAreRefused(t *testing.T) {
	policy := []byte(when(``))
	for _, audience := range []string{"", "*", "a b", `a"b`, `a\b`, "${aws:x}", "a?", "ä"} {
		if out, err := Grant(policy, ours, audience, []string{alice}); !errors.Is(err, ErrArgument) || out != nil {
			t.Errorf("Grant with audience %q = %s, %v", audience, out, err)
		}
		if room, err := Room(policy, ours, audience, 2048, 40); !errors.Is(err, ErrArgument) || room != 0 {
			t.Errorf("Room with audience %q = %d, %v", audience, room, err)
		}
	}
	if room, err := Room(policy, ours, DefaultAudience, 2048, 0); !errors.Is(err, ErrArgument) || room != 0 {
		t.Errorf("Room for empty subjects = %d, %v", room, err)
	}
	subjects := []string{alice, "system:serviceaccount:*:default-editor"}
	if out, err := Grant(policy, ours, DefaultAudience, subjects); !errors.Is(err, ErrArgument) || out != nil {
		t.Errorf("Grant of a pattern = %s, %v", out, err)
	}
	if out, err := Revoke(policy, ours, subjects); !errors.Is(err, ErrArgument) || out != nil {
		t.Errorf("Revoke of a pattern = %s, %v", out, err)
	}
	for operation, run := range operations {
		if out, err := run(policy, Provider{ARN: ours.ARN, Issuer: "https://" + ours.Issuer}); !errors.Is(err, ErrArgument) || out != nil {
			t.Errorf("%s with a URL as issuer = %s, %v", operation, out, err)
		}
	}
}
