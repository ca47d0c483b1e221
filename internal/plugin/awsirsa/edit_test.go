package awsirsa

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

func wishOf(profile string, present bool) wish {
	provider, err := trustpolicy.NewProvider("aws", "123456789012", testIssuer)
	if err != nil {
		panic(err)
	}
	return wish{grant{provider, trustpolicy.DefaultAudience, trustpolicy.Subject(profile, "default-editor")}, present, profile}
}

// policyOf is a policy that admits Profiles.
func policyOf(t *testing.T, profiles ...string) []byte {
	t.Helper()
	policy := []byte(foreignPolicy)
	for _, profile := range profiles {
		var err error
		if policy, err = edit(policy, []wish{wishOf(profile, true)}, 1<<30); err != nil {
			t.Fatal(err)
		}
	}
	return policy
}

func TestEdit(t *testing.T) {
	full := func(profiles ...string) int { return trustpolicy.Size(policyOf(t, profiles...)) }
	tests := map[string]struct {
		before []string
		wishes []wish
		limit  int
		after  []string
	}{
		"nothing to do":                    {[]string{"a"}, []wish{wishOf("a", true), wishOf("b", false)}, 2048, []string{"a"}},
		"some come and some go":            {[]string{"a", "b"}, []wish{wishOf("c", true), wishOf("a", false)}, 2048, []string{"b", "c"}},
		"up to the limit":                  {nil, []wish{wishOf("a", true), wishOf("b", true)}, full("a", "b"), []string{"a", "b"}},
		"one too many":                     {nil, []wish{wishOf("a", true), wishOf("b", true), wishOf("c", true)}, full("a", "b"), []string{"a", "b"}},
		"a long one out, a short one in":   {nil, []wish{wishOf("a", true), wishOf("longer", true), wishOf("c", true)}, full("a", "c"), []string{"a", "c"}},
		"who goes makes room first":        {[]string{"a", "b"}, []wish{wishOf("c", true), wishOf("b", false)}, full("a", "b"), []string{"a", "c"}},
		"beyond the limit it may shrink":   {[]string{"a", "b", "c"}, []wish{wishOf("a", false)}, full("a"), []string{"b", "c"}},
		"beyond the limit it may not grow": {[]string{"a", "b", "c"}, []wish{wishOf("d", true)}, full("a"), []string{"a", "b", "c"}},
		"beyond the limit, one for one":    {[]string{"a", "b", "c"}, []wish{wishOf("a", false), wishOf("d", true)}, full("a"), []string{"b", "c"}},
		"who is in already needs no room":  {[]string{"a", "b"}, []wish{wishOf("a", true)}, full("a"), []string{"a", "b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := edit(policyOf(t, test.before...), test.wishes, test.limit)
			if err != nil {
				t.Fatal(err)
			}
			admitted, err := trustpolicy.Subjects(got, test.wishes[0].provider)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, profile := range test.after {
				want = append(want, trustpolicy.Subject(profile, "default-editor"))
			}
			if diff := cmp.Diff(want, admitted.Exact); diff != "" {
				t.Errorf("admitted (-want +got):\n%s", diff)
			}
			if !strings.Contains(string(got), `{"Sid": "Machines", "Effect": "Allow"`) {
				t.Errorf("the statement of the machines has changed:\n%s", got)
			}
		})
	}
}

func TestBeyondTheLimitSomebodyMayTakeThePlaceOfNobody(t *testing.T) {
	short := wishOf("a", true)
	short.subject = trustpolicy.Subject("a", "x")
	policy := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Federated": "` + short.provider.ARN + `"}, "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"oidc.example.com/id/ours:aud": "sts.amazonaws.com", "oidc.example.com/id/ours:sub": "` + trustpolicy.Nobody + `"}}}}`
	got, err := edit([]byte(policy), []wish{short}, 10)
	if err != nil || trustpolicy.Size(got) > trustpolicy.Size([]byte(policy)) || !strings.Contains(string(got), short.subject) {
		t.Errorf("error %v, policy\n%s", err, got)
	}
}

func TestJudge(t *testing.T) {
	two := trustpolicy.Size(policyOf(t, "a", "b"))
	tests := map[string]struct {
		policy []string
		wish   wish
		limit  int
		want   outcome
	}{
		"in, as wished":                 {[]string{"a"}, wishOf("a", true), two, asWished},
		"out, as wished":                {[]string{"a"}, wishOf("b", false), two, asWished},
		"to come in":                    {[]string{"a"}, wishOf("b", true), two, unserved},
		"to go out":                     {[]string{"a"}, wishOf("a", false), two, unserved},
		"no room":                       {[]string{"a", "b"}, wishOf("c", true), two, noRoom},
		"to go out of what is too long": {[]string{"a", "b"}, wishOf("a", false), 10, unserved},
		"in what is too long":           {[]string{"a", "b"}, wishOf("a", true), 10, asWished},
	}
	for name, test := range tests {
		if got, err := judge(policyOf(t, test.policy...), test.wish, test.limit); err != nil || got != test.want {
			t.Errorf("%s: got %d, %v; want %d", name, got, err, test.want)
		}
	}
	if _, err := judge([]byte("no policy"), wishOf("a", true), two); err == nil {
		t.Error("what is no policy is judged")
	}
}
