package e2ekfam

import (
	"net/http"
	"strings"
	"testing"
)

// TestAttackActAsTheDashboardWithoutBeingIt: naming nobody, the dashboard registers users and
// reads all. Nobody else does, and not even the dashboard does more.
func TestAttackActAsTheDashboardWithoutBeingIt(t *testing.T) {
	register := request{method: http.MethodPost, path: profilesPath, body: profileOf("dashed", "dashed@example.com")}
	list := request{method: http.MethodGet, path: bindingsPath}
	for name, impostor := range map[string]struct {
		address string
		headers []string
	}{
		"the gateway":                             {sidecar, through(gateway)},
		"a tenant":                                {sidecar, through(tenantPod)},
		"a tenant that writes the dashboard's":    {sidecar, []string{certHeader, clientCert(dashboard) + "," + clientCert(tenantPod)}},
		"a pod that writes the dashboard's":       {otherPod, through(dashboard)},
		"a port-forward that does":                {portForward, through(dashboard)},
		"nobody":                                  {otherPod, nil},
		"the dashboard of another trust domain":   {sidecar, through(strings.Replace(dashboard, "cluster.local", "evil.example", 1))},
		"a dashboard in a tenant's own namespace": {sidecar, through("cluster.local/ns/mallory/sa/centraldashboard")},
	} {
		for _, r := range []request{register, list} {
			r.headers = impostor.headers
			if got := sendMeshed(t, impostor.address, r); got.status != http.StatusForbidden {
				t.Errorf("%s: %s is answered with %+v", name, r.path, got)
			}
		}
	}
	noProfile(t, "dashed")

	for _, account := range []string{dashboard, "cluster.local/ns/kubeflow/sa/dashboard"} {
		list.headers = through(account)
		if got := sendMeshed(t, sidecar, list); got.status != http.StatusOK {
			t.Errorf("%s lists: %+v", account, got)
		}
	}
	register.headers = through(dashboard)
	if got := sendMeshed(t, sidecar, register); got != (answer{status: http.StatusOK}) {
		t.Errorf("the dashboard registers: %+v", got)
	}
	for _, r := range []request{
		{method: http.MethodPost, path: bindingsPath, body: bindingOf("x@example.com", "dashed", "edit")},
		{method: http.MethodDelete, path: bindingsPath, body: bindingOf("x@example.com", "dashed", "edit")},
		{method: http.MethodDelete, path: profilesPath + "/dashed"},
	} {
		r.headers = through(dashboard)
		if got := sendMeshed(t, sidecar, r); got.status != http.StatusForbidden && got.status != http.StatusUnauthorized {
			t.Errorf("the dashboard, for nobody, %s %s: %+v", r.method, r.path, got)
		}
	}
}

// TestAttackMakeTheDashboardActForNobody: a browser names the user header in Connection, for
// which some proxies drop it. What is left names nobody, and the gateway's requests that do
// are refused.
func TestAttackMakeTheDashboardActForNobody(t *testing.T) {
	r := request{method: http.MethodPost, path: profilesPath, body: profileOf("dropped", "dropped@example.com"),
		headers: through(gateway, "Connection", userHeader)}
	if got := sendMeshed(t, sidecar, r); got.status != http.StatusForbidden {
		t.Errorf("the answer is %+v", got)
	}
	noProfile(t, "dropped")
}

// TestAttackAPageOfAnotherSiteSharesForItsVisitor comes through the gateway with the visitor's
// name, as all that their browser sends does.
func TestAttackAPageOfAnotherSiteSharesForItsVisitor(t *testing.T) {
	owner := room(t, "visitor")
	r := request{method: http.MethodPost, path: bindingsPath, body: bindingOf("evil@example.com", "visitor", "admin"),
		headers: through(gateway, append(namedBy(owner), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain")...)}
	if got := sendMeshed(t, sidecar, r); got.status != http.StatusForbidden || !strings.Contains(got.body, "another site") {
		t.Errorf("the answer is %+v", got)
	}
	if got := pairs(t, "visitor"); len(got) > 0 {
		t.Errorf("the namespace has %v", got)
	}
}
