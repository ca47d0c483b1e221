package caller

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestClientPrincipal(t *testing.T) {
	const bob = "cluster.local/ns/bob/sa/default-editor"
	tests := map[string]struct {
		header string
		want   string
		wrong  bool
	}{
		"one element":                     {appended(gateway), gateway, false},
		"last of three":                   {appended(bob) + "," + appended(dashboard) + "," + appended(gateway), gateway, false},
		"another trust domain":            {appended("corp.example/ns/a/sa/b"), "corp.example/ns/a/sa/b", false},
		"URI in quotes":                   {`URI="spiffe://` + gateway + `"`, gateway, false},
		"URI in lower case":               {`uri=spiffe://` + gateway, gateway, false},
		"separators in a quoted subject":  {`Subject="CN=a\"b,O=x;URI=spiffe://` + gateway + `";URI=spiffe://` + bob, bob, false},
		"backslash before closing quote":  {`Subject="CN=x\\";URI=spiffe://` + bob, bob, false},
		"escaped quote at the end":        {`Subject="CN=x\"";URI=spiffe://` + bob, bob, false},
		"URI before the subject":          {`URI=spiffe://` + bob + `;Subject="O=a,CN=b"`, bob, false},
		"no URI":                          {`By=spiffe://` + gateway + `;Hash=00`, "", false},
		"no SPIFFE ID":                    {`URI=https://` + gateway, "", false},
		"no Istio principal":              {`URI=spiffe://cluster.local/vm/7`, "", false},
		"principal with a query":          {`URI=spiffe://` + gateway + "?x", "", false},
		"principal with more path":        {`URI=spiffe://` + gateway + "/sa/x", "", false},
		"principal with escapes":          {`URI=spiffe://cluster.local/ns/istio%2Dsystem/sa/x`, "", false},
		"DNS is no URI":                   {`DNS=` + gateway, "", false},
		"two URIs":                        {`URI=spiffe://` + bob + `;URI=spiffe://` + gateway, "", true},
		"two URIs in different case":      {`URI=spiffe://` + bob + `;uri=spiffe://` + gateway, "", true},
		"quote left open":                 {`Subject="CN=x;URI=spiffe://` + gateway, "", true},
		"quote inside a value":            {`URI=spiffe://"` + gateway + `"`, "", true},
		"text after a closing quote":      {`URI="spiffe://` + gateway + `"x`, "", true},
		"field without a value":           {`URI`, "", true},
		"nothing after the last comma":    {appended(gateway) + ",", "", true},
		"nothing after the last ;":        {appended(gateway) + ";", "", true},
		"longer than any proxy writes it": {strings.Repeat("x", longestClientCert) + "," + appended(gateway), "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := clientPrincipal(test.header)
			if got != test.want || (err != nil) != test.wrong {
				t.Errorf("clientPrincipal(%q) = %q, %v; want %q, error %v", test.header, got, err, test.want, test.wrong)
			}
		})
	}
}

// Whatever a client writes into the header, the sidecar adds its element after a comma, and
// only that element counts.
func TestNothingInFrontOfTheSidecarsElementChangesIt(t *testing.T) {
	prefixes := []string{"", ",", `"`, `\`, `\"`, `"\`, `Subject="`, `Subject="\`, `URI=spiffe://` + gateway + `;Subject="`,
		`URI=spiffe://` + gateway, appended(gateway), appended(gateway) + `,"`, `x="a,b";URI="`, `""`, `"""`}
	for _, prefix := range prefixes {
		got, err := clientPrincipal(prefix + "," + appended(tenantPod))
		if err != nil || got != tenantPod {
			t.Errorf("after %q: %q, %v; want %q", prefix, got, err, tenantPod)
		}
	}
	pieces := rapid.SampledFrom([]string{`"`, `\`, ",", ";", "=", "URI", "spiffe://" + gateway, "By", " ", "x"})
	rapid.Check(t, func(t *rapid.T) {
		prefix := strings.Join(rapid.SliceOfN(pieces, 0, 30).Draw(t, "prefix"), "")
		got, err := clientPrincipal(prefix + "," + appended(tenantPod))
		if err != nil || got != tenantPod {
			t.Fatalf("after %q: %q, %v; want %q", prefix, got, err, tenantPod)
		}
	})
}

// The same for subjects that the client's certificate holds, which Envoy writes in quotes with
// quotes and backslashes escaped.
func TestNoSubjectChangesWhoTheClientIs(t *testing.T) {
	pieces := rapid.SampledFrom([]string{`"`, `\`, ",", ";", "=", "URI=spiffe://" + gateway, "CN", "ü", " "})
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	rapid.Check(t, func(t *rapid.T) {
		subject := escape.Replace(strings.Join(rapid.SliceOfN(pieces, 0, 20).Draw(t, "subject"), ""))
		forged := strings.Join(rapid.SliceOfN(pieces, 0, 20).Draw(t, "forged"), "")
		header := forged + `,By=spiffe://x;Subject="` + subject + `";URI=spiffe://` + tenantPod
		if got, err := clientPrincipal(header); err != nil || got != tenantPod {
			t.Fatalf("clientPrincipal(%q) = %q, %v", header, got, err)
		}
	})
}

func FuzzClientPrincipal(f *testing.F) {
	for _, seed := range []string{"", ",", `"`, `\"`, appended(gateway), appended(tenantPod) + "," + appended(gateway),
		`Subject="CN=a\"b,O=x;URI=spiffe://y";URI=spiffe://` + tenantPod, `URI=spiffe://` + gateway + `;Subject="`, `=;=`, `URI=;URI=`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		principal, err := clientPrincipal(header)
		if principal != "" && (err != nil || CheckPrincipal(principal) != nil || !strings.Contains(header, principal)) {
			t.Errorf("clientPrincipal(%q) = %q, %v", header, principal, err)
		}
		if len(header) < longestClientCert/2 {
			if got, err := clientPrincipal(header + "," + appended(tenantPod)); err != nil || got != tenantPod {
				t.Errorf("%q in front of the sidecar's element makes the client %q, %v", header, got, err)
			}
		}
	})
}
