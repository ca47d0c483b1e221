package caller

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUserHeader(t *testing.T) {
	const google = "accounts.google.com:"
	tests := map[string]struct {
		prefix, value string
		want          string // empty means refused
	}{
		"plain":                                  {"", "ann@example.com", "ann@example.com"},
		"with the prefix":                        {google, google + "ann@example.com", "ann@example.com"},
		"another script":                         {"", "ユーザー@example.com", "ユーザー@example.com"},
		"service account":                        {"", "system:serviceaccount:ci:bot", "system:serviceaccount:ci:bot"},
		"space inside":                           {"", "Ann Example", "Ann Example"},
		"as long as may be":                      {"", strings.Repeat("ü", longestName), strings.Repeat("ü", longestName)},
		"empty":                                  {"", "", ""},
		"only the prefix":                        {google, google, ""},
		"no prefix":                              {google, "ann@example.com", ""},
		"another text of the prefix' length":     {google, "xxxxxxxxxxxxxxxxxxxxann@example.com", ""},
		"prefix in capitals":                     {google, "Accounts.Google.com:ann@example.com", ""},
		"prefix without its colon":               {google, "accounts.google.comann@example.com", ""},
		"prefix twice":                           {google, google + google + "ann@example.com", ""},
		"white space in front of the prefix":     {google, " " + google + "ann@example.com", ""},
		"two users in one":                       {"", "ann@example.com,bob@example.com", ""},
		"everybody":                              {"", "*", ""},
		"everybody of a domain":                  {"", "*@example.com", ""},
		"space at the end":                       {"", "ann@example.com ", ""},
		"no-break space at the end":              {"", "ann@example.com\u00a0", ""},
		"space after the prefix":                 {google, google + " ann@example.com", ""},
		"line feed":                              {"", "ann@example.com\nbob", ""},
		"zero":                                   {"", "ann@example.com\x00", ""},
		"zero-width space":                       {"", "ann\u200b@example.com", ""},
		"right-to-left override":                 {"", "ann\u202e@example.com", ""},
		"byte-order mark":                        {"", "\ufeffann@example.com", ""},
		"line separator":                         {"", "ann\u2028@example.com", ""},
		"no UTF-8":                               {"", "ann\xff@example.com", ""},
		"replacement character":                  {"", "ann\ufffd@example.com", ""},
		"over-long UTF-8":                        {"", "ann\xc0\xae@example.com", ""},
		"too long":                               {"", strings.Repeat("a", longestName+1), ""},
		"a megabyte":                             {"", strings.Repeat("a", 1<<20), ""},
		"a user of Kubernetes' own":              {"", "system:admin", ""},
		"a broken service account":               {"", "system:serviceaccount:ci", ""},
		"a service account of no namespace":      {"", "system:serviceaccount::bot", ""},
		"a service account of a wrong namespace": {"", "system:serviceaccount:a/b:bot", ""},
		"a service account with a list":          {"", "system:serviceaccount:ci:bot:x", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := userHeader{name: userIDHeader, prefix: test.prefix}
			got, refusal := h.read(http.Header{userIDHeader: {test.value}})
			switch {
			case test.want == "":
				if refusal == nil {
					t.Fatalf("read %q as the user %q", test.value, got)
				}
				_, logged := wantRefusal(t, refusal, http.StatusBadRequest, ReasonMalformedUserHeader)
				if len(test.value) > 100 && strings.Contains(logged, test.value[:100]) {
					t.Error("the header's value, however long, goes to the log")
				}
			case refusal != nil || got != test.want:
				t.Errorf("read %q as %q, %v; want %q", test.value, got, refusal, test.want)
			}
		})
	}
}

func FuzzUserHeader(f *testing.F) {
	for _, value := range []string{"", "ann@example.com", "accounts.google.com:ann@example.com", "accounts.google.com:", "*", "a,b", "system:admin",
		"system:serviceaccount:a:b", "\xff", "a\u200bb", "accounts.google.com:accounts.google.com:x"} {
		f.Add("accounts.google.com:", value)
		f.Add("", value)
	}
	f.Fuzz(func(t *testing.T, prefix, value string) {
		h := userHeader{name: userIDHeader, prefix: prefix}
		name, refusal := h.read(http.Header{userIDHeader: {value}})
		if refusal != nil {
			if name != "" || !utf8.ValidString(refusal.Message) {
				t.Errorf("refused with the name %q and the message %q", name, refusal.Message)
			}
			return
		}
		if value != prefix+name || strings.ContainsAny(name, "*,\r\n\x00") || checkName(name) != nil {
			t.Errorf("prefix %q: %q is the user %q", prefix, value, name)
		}
		if kind, err := kindOf(name); err != nil || (kind == ServiceAccount) != isServiceAccount(name) {
			t.Errorf("%q is a %s, %v", name, kind, err)
		}
	})
}
