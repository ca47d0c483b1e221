package iamsts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPoliciesOfRealRolesAreTaken tries the policies that the product's editor is tested on.
func TestPoliciesOfRealRolesAreTaken(t *testing.T) {
	files, err := filepath.Glob("../../../internal/plugin/awsirsa/trustpolicy/testdata/policies/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d policies: %v", len(files), err)
	}
	for _, file := range files {
		policy, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validateTrustPolicy(string(policy), 4096); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}

func TestTrustPoliciesAreValidated(t *testing.T) {
	edit := func(old, replacement string) string {
		if strings.Count(services, old) != 1 {
			t.Fatalf("%s does not occur once", old)
		}
		return strings.Replace(services, old, replacement, 1)
	}
	const action, principal = `"Action":"sts:AssumeRole"`, `{"Service":"ec2.amazonaws.com"}`
	when := func(condition string) string { return edit(action, action+`,"Condition":`+condition) }
	tests := map[string]struct{ policy, message string }{
		"good":                     {services, ""},
		"no Version":               {edit(`"Version":"2012-10-17",`, ``), ""},
		"an Id":                    {edit(`"Version"`, `"Id":"x","Version"`), ""},
		"one statement":            {strings.NewReplacer("[", "", "]", "").Replace(services), ""},
		"a list of actions":        {edit(action, `"Action":["sts:AssumeRole","STS:TagSession","sts:*"]`), ""},
		"everybody":                {edit(principal, `"*"`), ""},
		"a role and an account":    {edit(principal, `{"AWS":["arn:aws-cn:iam::123456789012:role/x","123456789012"]}`), ""},
		"a condition":              {when(`{"ForAnyValue:StringLikeIfExists":{"aws:x":["a",1,true]},"null":{"a:b":"true"}}`), ""},
		"all but":                  {edit(`"Principal"`, `"NotPrincipal"`), ""},
		"nothing":                  {``, "invalid Json"},
		"no JSON":                  {`{"Version"`, "invalid Json"},
		"something behind":         {services + `{}`, "invalid Json"},
		"no object":                {`[]`, "invalid Json"},
		"null":                     {`null`, "invalid Json"},
		"no UTF-8":                 {edit(`"Version"`, "\"Id\":\"\xff\",\"Version\""), "UTF-8"},
		"an unknown Version":       {edit("2012", "2013"), "valid version"},
		"an unknown element":       {edit(`"Version"`, `"Comment":"x","Version"`), "Comment"},
		"no statement":             {`{"Version":"2012-10-17"}`, "at least one statement"},
		"an empty list":            {`{"Version":"2012-10-17","Statement":[]}`, "at least one statement"},
		"no object for one":        {`{"Version":"2012-10-17","Statement":["x"]}`, "must be an object"},
		"unknown in a statement":   {edit(action, action+`,"Note":"x"`), "Note"},
		"another case":             {edit(`"Principal"`, `"principal"`), "principal"},
		"a resource":               {edit(action, action+`,"Resource":"*"`), "Has prohibited field Resource"},
		"all but a resource":       {edit(action, action+`,"NotResource":"*"`), "Has prohibited field NotResource"},
		"an unknown effect":        {edit("Allow", "allow"), "Effect"},
		"no effect":                {edit(`"Effect":"Allow",`, ``), "Effect"},
		"no principal":             {edit(`"Principal":`+principal+`,`, ``), "Missing required field Principal"},
		"an empty principal":       {edit(principal, `{}`), "Principal cannot be empty"},
		"a kind without a value":   {edit(principal, `{"AWS":[]}`), "Principal cannot be empty"},
		"an unknown kind":          {edit("Service", "service"), "Invalid principal"},
		"a provider by its name":   {edit(principal, `{"Federated":"oidc.example.com/id/a"}`), `Invalid principal in policy: "Federated":"oidc.example.com/id/a"`},
		"a principal twice":        {edit(`"Principal"`, `"NotPrincipal":"*","Principal"`), "both Principal and NotPrincipal"},
		"no action":                {edit(`,`+action, ``), "Missing required field Action"},
		"an empty list of actions": {edit(`"sts:AssumeRole"`, `[]`), "must contain actions"},
		"another service's action": {edit("sts:AssumeRole", "s3:GetObject"), "may only specify STS AssumeRole actions"},
		"an unknown operator":      {when(`{"StringSame":{"a:b":"c"}}`), "Invalid Condition type : StringSame"},
		"no object of operators":   {when(`"x"`), "Condition must be an object"},
		"no object of keys":        {when(`{"StringEquals":"x"}`), "StringEquals must be an object"},
		"a key without a prefix":   {when(`{"StringEquals":{"sub":"x"}}`), "vendor prefix"},
		"no value":                 {when(`{"StringEquals":{"a:b":[]}}`), "has no value"},
		"a value that is a list":   {when(`{"StringEquals":{"a:b":[["c"]]}}`), "neither string"},
		"a name twice":             {when(`{"StringEquals":{"a:b":"c","a:b":"d"}}`), "a:b stands twice"},
		"two with one Sid":         {twoStatements(`"Sid":"A",`, `"Sid":"A",`), "must be unique"},
		"two with a Sid each":      {twoStatements(`"Sid":"A",`, `"Sid":"B",`), ""},
		"two without":              {twoStatements(``, ``), ""},
		"a Sid with a space":       {twoStatements(`"Sid":"A B",`, ``), "alpha-numeric"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := validateTrustPolicy(test.policy, 2048)
			if test.message == "" {
				if err != nil {
					t.Errorf("%v: %s", err, test.policy)
				}
				return
			}
			answer, ok := errors.AsType[apiError](err)
			if !ok || answer.code != "MalformedPolicyDocument" || !strings.Contains(answer.message, test.message) {
				t.Errorf("got %v, want a MalformedPolicyDocument that says %s", err, test.message)
			}
		})
	}
}

func twoStatements(first, second string) string {
	const rest = `"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`
	return `{"Version":"2012-10-17","Statement":[{` + first + rest + `,{` + second + rest + `]}`
}

func TestTheSizeLimitLeavesOutWhiteSpace(t *testing.T) {
	// An umlaut is one character, though two bytes.
	filled := func(n int) string {
		return strings.Replace(services, `"Version"`, `"Id":"`+strings.Repeat("ä", n)+`","Version"`, 1)
	}
	exactly := filled(2048 - len(filled(0)))
	spaced := strings.ReplaceAll(exactly, `,"`, ",\n\t  \"")
	tests := map[string]struct {
		policy string
		limit  int
		fits   bool
	}{
		"exactly":                    {exactly, 2048, true},
		"with white space":           {spaced, 2048, true},
		"one more":                   {strings.Replace(spaced, "ä", "ää", 1), 2048, false},
		"white space in a string":    {strings.Replace(spaced, "ä", "ä ", 1), 2048, false},
		"with a higher quota":        {strings.Replace(spaced, "ä", "ä ", 1), 4096, true},
		"one more than a lower one":  {exactly, 2047, false},
		"an escape is as it is told": {strings.Replace(exactly, "ä", `\u00e4`, 1), 2048, false},
	}
	for name, test := range tests {
		err := validateTrustPolicy(test.policy, test.limit)
		answer, _ := errors.AsType[apiError](err)
		if test.fits && err != nil || !test.fits && (answer.code != "LimitExceeded" || answer.status != 409) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
