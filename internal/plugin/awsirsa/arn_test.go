package awsirsa

import (
	"strings"
	"testing"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin/plugintest"
)

func TestParseRoleARN(t *testing.T) {
	longPath := func(n int) string { return "arn:aws:iam::123456789012:role/" + strings.Repeat("p", n-2) + "/r" }
	tests := map[string]struct {
		text, partition, account, name string
	}{
		"plain":                 {"arn:aws:iam::123456789012:role/alice", "aws", "123456789012", "alice"},
		"China":                 {"arn:aws-cn:iam::123456789012:role/alice", "aws-cn", "123456789012", "alice"},
		"GovCloud":              {"arn:aws-us-gov:iam::000000000000:role/alice", "aws-us-gov", "000000000000", "alice"},
		"isolated":              {"arn:aws-iso-b:iam::123456789012:role/alice", "aws-iso-b", "123456789012", "alice"},
		"European Sovereign":    {"arn:aws-eusc:iam::123456789012:role/alice", "aws-eusc", "123456789012", "alice"},
		"a path":                {"arn:aws:iam::123456789012:role/team/ml/alice", "aws", "123456789012", "alice"},
		"odd signs in the path": {`arn:aws:iam::123456789012:role/a:b/"q"*?\/alice`, "aws", "123456789012", "alice"},
		"all signs of a name":   {"arn:aws:iam::123456789012:role/aZ09_+=,.@-", "aws", "123456789012", "aZ09_+=,.@-"},
		"64 letters":            {"arn:aws:iam::123456789012:role/" + strings.Repeat("n", 64), "aws", "123456789012", strings.Repeat("n", 64)},
		"a path of 512":         {longPath(512), "aws", "123456789012", "r"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseRoleARN("awsIamRole", test.text)
			if want := (roleARN{test.text, test.partition, test.account, test.name}); err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestWhatIsNoARNOfARole(t *testing.T) {
	tests := map[string]string{
		"empty":                   "",
		"a name":                  "alice",
		"a user":                  "arn:aws:iam::123456789012:user/alice",
		"an instance profile":     "arn:aws:iam::123456789012:instance-profile/alice",
		"a session of a role":     "arn:aws:sts::123456789012:assumed-role/alice/session",
		"eleven digits":           "arn:aws:iam::12345678901:role/alice",
		"thirteen digits":         "arn:aws:iam::1234567890123:role/alice",
		"a region":                "arn:aws:iam:us-east-1:123456789012:role/alice",
		"other digits":            "arn:aws:iam::１２３４５６７８９０１２:role/alice",
		"no name":                 "arn:aws:iam::123456789012:role/",
		"a path only":             "arn:aws:iam::123456789012:role/team/",
		"65 letters":              "arn:aws:iam::123456789012:role/" + strings.Repeat("n", 65),
		"a path of 513":           "arn:aws:iam::123456789012:role/" + strings.Repeat("p", 511) + "/r",
		"a space":                 "arn:aws:iam::123456789012:role/a lice",
		"a space before":          " arn:aws:iam::123456789012:role/alice",
		"a line end":              "arn:aws:iam::123456789012:role/alice\n",
		"a second line":           "arn:aws:iam::123456789012:role/alice\narn:aws:iam::123456789012:role/bob",
		"a wildcard":              "arn:aws:iam::123456789012:role/*",
		"another partition":       "arn:azure:iam::123456789012:role/alice",
		"a partition in capitals": "arn:AWS:iam::123456789012:role/alice",
		"a letter of elsewhere":   "arn:aws:iam::123456789012:role/аlice",
		"a NUL":                   "arn:aws:iam::123456789012:role/alice\x00",
		"not UTF-8":               "arn:aws:iam::123456789012:role/\xff",
		"very long":               strings.Repeat("x", 100_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parseRoleARN("awsIamRole", text)
			message := plugintest.WantRefusal(t, err, profilev1.ReasonInvalidPluginSpec)
			if !strings.HasPrefix(message, "awsIamRole: ") || len(message) > 1200 {
				t.Errorf("the message has %d bytes and begins %.60q", len(message), message)
			}
		})
	}
}
