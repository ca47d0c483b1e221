package caller

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func TestUserHeaderCountsFromTrustedProgramsOnly(t *testing.T) {
	ann := Caller{Kind: User, Name: "ann@example.com", Key: "ann@example.com", Via: ViaUserHeader, Principal: gateway, TrustedPrincipal: true}
	withoutMesh := ann
	withoutMesh.Principal, withoutMesh.TrustedPrincipal = "", false
	fromTenant := withoutMesh
	fromTenant.Principal = tenantPod
	bot := ann
	bot.Kind, bot.Name, bot.Key = ServiceAccount, "system:serviceaccount:ci:bot", "system:serviceaccount:ci:bot"
	trustAll := Options{UserIDHeader: "kubeflow-userid", TrustUserHeader: true}
	tests := map[string]struct {
		options Options
		request *http.Request
		want    Caller
	}{
		"from the gateway": {meshed(), through(gateway, "kubeflow-userid", "ann@example.com"), ann},
		"a service account that the gateway verified": {meshed(), through(gateway, "kubeflow-userid", "system:serviceaccount:ci:bot"), bot},
		"from anybody, where that is wanted":          {trustAll, request(fromPod, "kubeflow-userid", "ann@example.com"), withoutMesh},
		"from a tenant, where that is wanted":         {trustAll, through(tenantPod, "kubeflow-userid", "ann@example.com"), fromTenant},
		"IPv6 sidecar":                                {meshed(), request("[::6]:40404", "kubeflow-userid", "ann@example.com", clientCertHeader, appended(gateway)), ann},
		"trusted program without a user":              {meshed(), through(dashboard), Caller{Principal: dashboard, TrustedPrincipal: true}},
		"nothing at all":                              {meshed(), request(fromPod), Caller{}},
		"no header configured":                        {Options{}, request(fromPod, "kubeflow-userid", "ann@example.com"), Caller{}},
		"the dashboard's token of an issuer that nobody configured": {meshed(),
			through(gateway, "kubeflow-userid", "ann@example.com", "Authorization", "Bearer "+unsigned(`{"iss":"https://idp.example","email":"bob@example.com"}`)), ann},
		"the dashboard's opaque token": {meshed(), through(gateway, "kubeflow-userid", "ann@example.com", "Authorization", "Bearer abc"), ann},
		"another scheme":               {meshed(), through(gateway, "kubeflow-userid", "ann@example.com", "Authorization", "Basic YTpi"), ann},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := newAuthenticator(t, test.options).Authenticate(test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the caller differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAttackForgedUserHeader(t *testing.T) {
	const header, admin = "kubeflow-userid", "admin@example.com"
	prefixed := Options{UserIDHeader: "x-goog-authenticated-user-email", UserIDPrefix: "accounts.google.com:"}
	noPrincipals := Options{UserIDHeader: header, TrustedPrincipals: []string{}}
	noSidecar := Options{UserIDHeader: header, SidecarAddresses: []netip.Prefix{}}
	tests := map[string]struct {
		options Options
		request *http.Request
		status  int
		reason  Reason
	}{
		"by a pod without a mesh":                                 {meshed(), request(fromPod, header, admin), 403, ReasonUntrustedUserHeader},
		"by a tenant's pod in the mesh":                           {meshed(), through(tenantPod, header, admin), 403, ReasonUntrustedUserHeader},
		"by a pod that writes the gateway's certificate itself":   {meshed(), request(fromPod, header, admin, clientCertHeader, appended(gateway)), 403, ReasonUntrustedUserHeader},
		"by a port-forward that writes the gateway's certificate": {meshed(), request("127.0.0.1:5", header, admin, clientCertHeader, appended(gateway)), 403, ReasonUntrustedUserHeader},
		"by a port-forward over IPv6":                             {meshed(), request("[::1]:5", header, admin, clientCertHeader, appended(gateway)), 403, ReasonUntrustedUserHeader},
		"from no address":                                         {meshed(), request("@", header, admin, clientCertHeader, appended(gateway)), 403, ReasonUntrustedUserHeader},
		"by plain text through the sidecar":                       {meshed(), request(fromSidecar, header, admin), 403, ReasonUntrustedUserHeader},
		"with the gateway's element in front of the sidecar's": {meshed(), request(fromSidecar, header, admin,
			clientCertHeader, appended(gateway)+","+appended(tenantPod)), 403, ReasonUntrustedUserHeader},
		"with a quote that swallows the sidecar's element": {meshed(), request(fromSidecar, header, admin,
			clientCertHeader, `URI=spiffe://`+gateway+`;Subject=",`+appended(tenantPod)), 403, ReasonUntrustedUserHeader},
		"with an escaped quote that swallows the sidecar's element": {meshed(), request(fromSidecar, header, admin,
			clientCertHeader, `URI=spiffe://`+gateway+`;Subject="\",`+appended(tenantPod)), 403, ReasonUntrustedUserHeader},
		"with two certificate headers": {meshed(), request(fromSidecar, header, admin,
			clientCertHeader, appended(tenantPod), clientCertHeader, appended(gateway)), 400, ReasonMalformedClientCert},
		"by a name that begins like the gateway's": {meshed(), through(gateway+"-2", header, admin), 403, ReasonUntrustedUserHeader},
		"from another trust domain":                {meshed(), through("evil.example/ns/istio-system/sa/istio-ingressgateway-service-account", header, admin), 403, ReasonUntrustedUserHeader},
		"in capitals":                              {meshed(), through(strings.ToUpper(gateway), header, admin), 403, ReasonUntrustedUserHeader},
		"where nobody is trusted":                  {noPrincipals, through(gateway, header, admin), 403, ReasonUntrustedUserHeader},
		"where there is no sidecar":                {noSidecar, through(gateway, header, admin), 403, ReasonUntrustedUserHeader},
		"two headers":                              {meshed(), through(gateway, header, "mallory@example.com", header, admin), 400, ReasonMalformedUserHeader},
		"two equal headers":                        {meshed(), through(gateway, header, admin, header, admin), 400, ReasonMalformedUserHeader},
		"two headers joined by a proxy":            {meshed(), through(gateway, header, "mallory@example.com,"+admin), 400, ReasonMalformedUserHeader},
		"prefix twice":                             {prefixed, through(gateway, prefixed.UserIDHeader, "accounts.google.com:accounts.google.com:x"), 400, ReasonMalformedUserHeader},
		"nothing but the prefix":                   {prefixed, through(gateway, prefixed.UserIDHeader, "accounts.google.com:"), 400, ReasonMalformedUserHeader},
		"any twenty characters":                    {prefixed, through(gateway, prefixed.UserIDHeader, "12345678901234567890"+admin), 400, ReasonMalformedUserHeader},
		"an invisible character":                   {meshed(), through(gateway, header, "admin\u200b@example.com"), 400, ReasonMalformedUserHeader},
		"a megabyte":                               {meshed(), through(gateway, header, strings.Repeat("a", 1<<20)), 400, ReasonMalformedUserHeader},
		"beside a token of no known issuer":        {meshed(), request(fromPod, header, admin, "Authorization", "Bearer "+unsigned(`{"iss":"https://evil.example"}`)), 401, ReasonUnknownIssuer},
		"beside a token that is none":              {meshed(), request(fromPod, header, admin, "Authorization", "Bearer x"), 401, ReasonUnknownIssuer},
		"beside a password":                        {meshed(), request(fromPod, header, admin, "Authorization", "Basic YWRtaW46YWRtaW4="), 403, ReasonUntrustedUserHeader},
		"beside two tokens":                        {meshed(), through(gateway, header, admin, "Authorization", "Bearer x", "Authorization", "Bearer y"), 400, ReasonMalformedToken},
		"beside joined tokens":                     {meshed(), through(gateway, header, admin, "Authorization", "Bearer x, Bearer y"), 400, ReasonMalformedToken},
		"beside a token of a megabyte":             {meshed(), request(fromPod, "Authorization", "Bearer "+strings.Repeat("x", 1<<20)), 400, ReasonMalformedToken},
		"beside a scheme without a token":          {meshed(), request(fromPod, "Authorization", "bearer"), 400, ReasonMalformedToken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := newAuthenticator(t, test.options).Authenticate(test.request)
			told, _ := wantRefusal(t, err, test.status, test.reason)
			if diff := cmp.Diff(Caller{}, got); diff != "" {
				t.Errorf("a refused request has a caller:\n%s", diff)
			}
			for _, secret := range []string{admin, gateway, tenantPod, "10.1.2.3", "127.0.0"} {
				if strings.Contains(told, secret) {
					t.Errorf("the client is told %q", told)
				}
			}
		})
	}
}

func TestAttackLookAlikesAreSomebodyElse(t *testing.T) {
	for _, names := range []tenancy.Names{tenancy.ExactNames, tenancy.EmailsIgnoreCase} {
		o := meshed()
		o.Names = names
		a := newAuthenticator(t, o)
		for _, lookAlike := range []string{"аdmin@example.com", "admin@exаmple.com", "admin@example.com.", "ａdmin@example.com", "adm\u0131n@example.com", "admın@example.com"} {
			c, err := a.Authenticate(through(gateway, "kubeflow-userid", lookAlike))
			if err != nil {
				t.Fatal(err)
			}
			if c.Key == names.Key("admin@example.com") {
				t.Errorf("%s: %q is the admin", names, lookAlike)
			}
		}
		c, err := a.Authenticate(through(gateway, "kubeflow-userid", "Admin@Example.com"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != "Admin@Example.com" || (c.Key == "admin@example.com") != (names == tenancy.EmailsIgnoreCase) {
			t.Errorf("%s: the caller is %+v", names, c)
		}
	}
}

// On a real connection: what the sidecar's address is believed about, and no other is, and
// what the server does with a megabyte before anybody reads it.
func TestAttackForgedHeadersOnRealConnections(t *testing.T) {
	a := newAuthenticator(t, meshed())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := a.Authenticate(r)
		var refusal *Refusal
		if errors.As(err, &refusal) {
			http.Error(w, refusal.Message, refusal.Status)
		}
	}))
	defer server.Close()
	tests := map[string]struct {
		address, user string
		want          int
	}{
		"as the sidecar":    {"127.0.0.6", "ann@example.com", http.StatusOK},
		"as a port-forward": {"127.0.0.1", "ann@example.com", http.StatusForbidden},
		"as a neighbour":    {"127.0.0.7", "ann@example.com", http.StatusForbidden},
		"a megabyte":        {"127.0.0.6", strings.Repeat("a", 1<<20+8<<10), http.StatusRequestHeaderFieldsTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(test.address)}}
			client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"kubeflow-userid": {test.user}, clientCertHeader: {appended(gateway)}}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.want {
				t.Errorf("answered %s, want %d", response.Status, test.want)
			}
		})
	}
}

func TestDemand(t *testing.T) {
	a := newAuthenticator(t, meshed())
	wantRefusal(t, a.Demand(Caller{Principal: dashboard, TrustedPrincipal: true}), http.StatusUnauthorized, ReasonNoCredential)
	if err := a.Demand(Caller{Kind: User, Name: "x"}); err != nil {
		t.Errorf("a user is refused: %v", err)
	}
}

func TestTrustUserHeaderIsWarnedAbout(t *testing.T) {
	if warnings := newAuthenticator(t, Options{UserIDHeader: "kubeflow-userid", TrustUserHeader: true}).Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "Kubeflow-Userid") {
		t.Errorf("warnings = %q", warnings)
	}
	if warnings := newAuthenticator(t, meshed()).Warnings(); len(warnings) != 0 {
		t.Errorf("warnings = %q", warnings)
	}
}
