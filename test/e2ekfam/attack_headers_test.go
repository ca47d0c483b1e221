package e2ekfam

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kfprofiles/kfprofiles/internal/kfam/caller"
)

// Programs of the mesh, and the addresses that they come from.
const (
	gateway   = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
	dashboard = "cluster.local/ns/kubeflow/sa/centraldashboard"
	tenantPod = "cluster.local/ns/mallory/sa/default-editor"

	sidecar     = "127.0.0.6"
	portForward = "127.0.0.1"
	otherPod    = "127.0.0.7"
)

// The header and the prefix that the meshed access API is configured with: the defaults.
const (
	userHeader = "x-goog-authenticated-user-email"
	userPrefix = "accounts.google.com:"
	certHeader = "X-Forwarded-Client-Cert"
)

// clientCert is the element that Istio's sidecar adds for a program.
func clientCert(principal string) string {
	return `By=spiffe://cluster.local/ns/kubeflow/sa/profiles-controller-service-account;Hash=` + strings.Repeat("0", 64) + `;Subject="";URI=spiffe://` + principal
}

// through are the headers of what a program sends through the mesh.
func through(principal string, more ...string) []string {
	return append(more, certHeader, clientCert(principal))
}

// namedBy is the user header as the gateway writes it.
func namedBy(user string) []string { return []string{userHeader, userPrefix + user} }

// whoami is answered with true for the admin, and with 403 or worse for everybody else.
func whoami(user string) request {
	return request{method: http.MethodGet, path: clusterAdminPath + "?user=" + url.QueryEscape(user)}
}

func sendMeshed(t *testing.T, address string, r request) answer {
	t.Helper()
	got, _ := send(t, from(address), meshed.URL, r)
	return got
}

// TestAttackForgedUserHeader has programs that are not the gateway say that they are the admin.
func TestAttackForgedUserHeader(t *testing.T) {
	asAdmin := namedBy(admin)
	tests := map[string]struct {
		address string
		headers []string
		status  int
	}{
		"not at all: the gateway":                                {sidecar, through(gateway, asAdmin...), http.StatusOK},
		"not at all: the gateway behind a client that wrote one": {sidecar, append(asAdmin, certHeader, clientCert(tenantPod)+","+clientCert(gateway)), http.StatusOK},

		"by a pod outside the mesh":                        {otherPod, asAdmin, http.StatusForbidden},
		"by a port-forward":                                {portForward, asAdmin, http.StatusForbidden},
		"by plain text through the sidecar":                {sidecar, asAdmin, http.StatusForbidden},
		"by a pod that writes the gateway's certificate":   {otherPod, through(gateway, asAdmin...), http.StatusForbidden},
		"by a port-forward that does":                      {portForward, through(gateway, asAdmin...), http.StatusForbidden},
		"by a tenant in the mesh":                          {sidecar, through(tenantPod, asAdmin...), http.StatusForbidden},
		"by a tenant that writes the gateway's element":    {sidecar, append(asAdmin, certHeader, clientCert(gateway)+","+clientCert(tenantPod)), http.StatusForbidden},
		"by a tenant that writes many":                     {sidecar, append(asAdmin, certHeader, strings.Repeat(clientCert(gateway)+",", 20)+clientCert(tenantPod)), http.StatusForbidden},
		"by a tenant that leaves a quote open":             {sidecar, append(asAdmin, certHeader, `URI=spiffe://`+gateway+`;Subject=",`+clientCert(tenantPod)), http.StatusForbidden},
		"by a tenant that escapes a quote":                 {sidecar, append(asAdmin, certHeader, `URI=spiffe://`+gateway+`;Subject="\",`+clientCert(tenantPod)), http.StatusForbidden},
		"with two certificates":                            {sidecar, append(asAdmin, certHeader, clientCert(tenantPod), certHeader, clientCert(gateway)), http.StatusBadRequest},
		"with two URIs in one element":                     {sidecar, through(tenantPod+";URI=spiffe://"+gateway, asAdmin...), http.StatusBadRequest},
		"from another trust domain":                        {sidecar, through(strings.Replace(gateway, "cluster.local", "evil.example", 1), asAdmin...), http.StatusForbidden},
		"from a trust domain that begins alike":            {sidecar, through(strings.Replace(gateway, "cluster.local", "cluster.local.evil.example", 1), asAdmin...), http.StatusForbidden},
		"by a name that begins like the gateway's":         {sidecar, through(gateway+"-2", asAdmin...), http.StatusForbidden},
		"by the gateway's account in another namespace":    {sidecar, through(strings.Replace(gateway, "istio-system", "mallory", 1), asAdmin...), http.StatusForbidden},
		"by the gateway's principal in capitals":           {sidecar, through(strings.ToUpper(gateway), asAdmin...), http.StatusForbidden},
		"by a path that ends in the gateway's principal":   {sidecar, through("cluster.local/ns/x/sa/x/"+gateway, asAdmin...), http.StatusForbidden},
		"by the Pipelines UI, which nobody let name users": {sidecar, through("cluster.local/ns/kubeflow/sa/ml-pipeline-ui", asAdmin...), http.StatusForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := whoami(admin)
			r.headers = test.headers
			got := sendMeshed(t, test.address, r)
			if got.status != test.status || got.status != http.StatusOK && (got.contentType != plainText || strings.Contains(got.body, admin) || strings.Contains(got.body, "cluster.local")) {
				t.Errorf("the answer is %+v, want %d", got, test.status)
			}
			r = request{method: http.MethodPost, path: profilesPath, body: profileOf("forged-header", "forged@example.com"), headers: test.headers}
			if test.status != http.StatusOK {
				if got := sendMeshed(t, test.address, r); got.status != test.status {
					t.Errorf("a registration is answered with %+v", got)
				}
			}
		})
	}
	noProfile(t, "forged-header")
}

// TestAttackInjectIntoTheUserHeader has values come through the gateway that a browser may
// have a hand in.
func TestAttackInjectIntoTheUserHeader(t *testing.T) {
	values := map[string][]string{
		"two headers":                      {userPrefix + "mallory@example.com", userPrefix + admin},
		"two equal headers":                {userPrefix + admin, userPrefix + admin},
		"two headers joined by a proxy":    {userPrefix + "mallory@example.com," + userPrefix + admin},
		"two names":                        {userPrefix + "mallory@example.com," + admin},
		"no prefix":                        {admin},
		"any twenty characters":            {"12345678901234567890" + admin},
		"the prefix in capitals":           {strings.ToUpper(userPrefix) + admin},
		"the prefix twice":                 {userPrefix + userPrefix + admin},
		"the prefix behind a space":        {"x " + userPrefix + admin},
		"half the prefix":                  {"accounts.google.com" + admin},
		"nothing behind the prefix":        {userPrefix},
		"nothing":                          {""},
		"a space behind the prefix":        {userPrefix + " " + admin},
		"a pattern":                        {userPrefix + "*"},
		"an invisible character":           {userPrefix + "admin\u200b@example.com"},
		"a character that turns the text":  {userPrefix + "\u202emoc.elpmaxe@nimda"},
		"a control character":              {userPrefix + "admin\u0085@example.com"},
		"a line separator":                 {userPrefix + "admin\u2028@example.com"},
		"bytes that are no text":           {userPrefix + "admin\xff@example.com"},
		"what Kubernetes keeps for itself": {userPrefix + "system:admin"},
		"a group of Kubernetes":            {userPrefix + "system:masters"},
		"8 KB":                             {userPrefix + strings.Repeat("a", 8<<10)},
	}
	for name, sent := range values {
		t.Run(name, func(t *testing.T) {
			r := whoami(admin)
			for _, value := range sent {
				r.headers = append(r.headers, userHeader, value)
			}
			r.headers = through(gateway, r.headers...)
			if got := sendMeshed(t, sidecar, r); got.status != http.StatusBadRequest || strings.Contains(got.body, admin) {
				t.Errorf("the answer is %+v", got)
			}
		})
	}
	t.Run("1 MB", func(t *testing.T) {
		r := whoami(admin)
		r.headers = through(gateway, userHeader, userPrefix+strings.Repeat("a", 1<<20))
		if got := sendMeshed(t, sidecar, r); got.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("the answer is %d %.100s", got.status, got.body)
		}
	})
}

// TestAttackControlCharactersOnTheWire sends what no HTTP client would.
func TestAttackControlCharactersOnTheWire(t *testing.T) {
	for name, value := range map[string]string{
		"zero": "ad\x00min@example.com", "escape": "\x1badmin@example.com", "delete": "admin\x7f@example.com", "carriage return": "admin\r@example.com",
		"a continued line": "mallory@example.com\r\n\tx," + userPrefix + admin, "a space before the colon": "x\r\n" + userHeader + " : " + userPrefix + admin,
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf("GET %s?user=%s HTTP/1.1\r\nHost: kfam\r\n%s: %s%s\r\n%s: %s\r\nConnection: close\r\n\r\n",
				clusterAdminPath, admin, userHeader, userPrefix, value, certHeader, clientCert(gateway))
			if status := sendRaw(t, text); status != http.StatusBadRequest {
				t.Errorf("answered with %d", status)
			}
		})
	}
}

// sendRaw sends a text from the sidecar's address to the meshed access API.
func sendRaw(t *testing.T, text string) int {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(sidecar)}, Timeout: patience}
	connection, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(meshed.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// TestAttackLookAlikesOfTheAdmin are somebody else, who may ask about themselves and is none.
func TestAttackLookAlikesOfTheAdmin(t *testing.T) {
	for _, lookAlike := range []string{
		"аdmin@example.com", "admin@exаmple.com", "ａdmin@example.com", "adm\u0131n@example.com", "Admin@example.com", "admin@example.com.", "admin@EXAMPLE.com",
		"a\u0301dmin@example.com", "admin@example.com@evil.example",
	} {
		r := whoami(lookAlike)
		r.headers = through(gateway, namedBy(lookAlike)...)
		if got := sendMeshed(t, sidecar, r); got.status != http.StatusOK || got.body != "false" {
			t.Errorf("%q is answered with %+v", lookAlike, got)
		}
		r = request{method: http.MethodDelete, path: profilesPath + "/no-such", headers: r.headers}
		if got := sendMeshed(t, sidecar, r); got.status != http.StatusUnauthorized {
			t.Errorf("%q deletes: %+v", lookAlike, got)
		}
	}
}

// TestTheDefaultsOfTheMeshAreThoseOfKubeflow keeps the principals of these tests in step.
func TestTheDefaultsOfTheMeshAreThoseOfKubeflow(t *testing.T) {
	defaults := strings.Join(caller.DefaultTrustedPrincipals(), " ")
	for _, principal := range []string{gateway, dashboard} {
		if !strings.Contains(defaults, principal) {
			t.Errorf("%s is not trusted by default", principal)
		}
	}
}
