package e2e

import (
	"crypto/tls"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// metricLabels are our metrics, with all the labels that each may have.
var metricLabels = map[string][]string{
	"kfprofiles_step_results_total":           {"step", "reason"},
	"kfprofiles_api_writes_total":             {"kind", "verb"},
	"kfprofiles_profiles":                     {"ready"},
	"kfprofiles_time_to_ready_seconds_count":  {},
	"kfprofiles_namespace_labels_file_usable": {},
}

func TestMetricsCountAndNameNobody(t *testing.T) {
	f := withoutController(t)
	f.start()
	before, err := scrape(f.controller)
	if err != nil {
		t.Fatal(err)
	}
	f.create(MakeProfile("metered").Owner("secretive@example.com").Quota("cpu", "1").Obj(),
		MakeProfile("metered-not").GroupOwner("secret-society").Plugin("Nobody", `{}`).Obj())
	f.awaitReady("metered")
	f.awaitCondition("metered-not", profilev1.ConditionReady, profilev1.ReasonUnknownPlugin)
	f.settle()
	after, err := scrape(f.controller)
	if err != nil {
		t.Fatal(err)
	}

	for name, allowed := range metricLabels {
		found := slices.DeleteFunc(slices.Clone(after), func(s sample) bool { return s.name != name })
		if len(found) == 0 {
			t.Errorf("there is no metric %s", name)
		}
		for _, s := range found {
			if got := slices.Sorted(maps.Keys(s.labels)); !slices.Equal(got, slices.Sorted(slices.Values(allowed))) {
				t.Errorf("%s has the labels %v, want %v", name, got, allowed)
			}
		}
	}
	for _, s := range after {
		for label, value := range s.labels {
			for _, private := range []string{"secretive", "example.com", "secret-society", "metered"} {
				if strings.Contains(value, private) {
					t.Errorf("%s names somebody: %s=%q", s.name, label, value)
				}
			}
		}
	}
	for _, growth := range []struct {
		by     float64
		name   string
		labels []string
	}{
		{2, "kfprofiles_api_writes_total", []string{"kind", "Namespace", "verb", "create"}},
		{6, "kfprofiles_api_writes_total", []string{"kind", "RoleBinding", "verb", "create"}},
		{1, "kfprofiles_api_writes_total", []string{"kind", "ResourceQuota", "verb", "create"}},
		{2, "kfprofiles_api_writes_total", []string{"kind", "Profile", "verb", "patch status"}},
		{1, "kfprofiles_profiles", []string{"ready", "True"}},
		{1, "kfprofiles_profiles", []string{"ready", "False"}},
		{1, "kfprofiles_time_to_ready_seconds_count", nil},
	} {
		if got := sum(after, growth.name, growth.labels...) - sum(before, growth.name, growth.labels...); got != growth.by {
			t.Errorf("%s%v grew by %v, want %v", growth.name, growth.labels, got, growth.by)
		}
	}
	if sum(after, "kfprofiles_step_results_total", "step", "IdentityReady", "reason", "UnknownPlugin") == 0 {
		t.Error("the result of the step that failed was not counted")
	}
}

// TestSecureMetricsAskWhoIsThere has nobody, somebody without rights, and somebody with
// the right to get /metrics.
func TestSecureMetricsAskWhoIsThere(t *testing.T) {
	f := withoutController(t)
	f.create(MakeNamespace("monitoring", ""), accountNamed("monitoring", "prometheus"), accountNamed("monitoring", "stranger"),
		&rbacv1.ClusterRole{ObjectMeta: meta("", "metrics-reader"), Rules: []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "metrics-reader"), Subjects: []rbacv1.Subject{account("monitoring", "prometheus")},
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "metrics-reader"}})
	c := f.startAnother("-metrics-secure=true")
	for who, want := range map[string]int{"": http.StatusUnauthorized, "stranger": http.StatusForbidden, "prometheus": http.StatusOK} {
		f.eventually("the metrics answer "+who, func() error { return answersWith(f, c.Metrics, who, want) })
	}
	response, err := http.Get(c.Metrics + "/metrics")
	if err == nil {
		defer response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Error("the metrics are also served in the clear")
		}
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
}

// answersWith asks for the metrics over TLS with the token of an account, or without one.
// The certificate is one that the controller made for itself.
func answersWith(f *fixture, address, account string, want int) error {
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, strings.Replace(address, "http://", "https://", 1)+"/metrics", nil)
	if err != nil {
		return err
	}
	if account != "" {
		token, err := pg.Token(f.ctx, "monitoring", account)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		return errUnexpected(response.Status)
	}
	return nil
}

// errUnexpected is an answer that was not wanted.
type errUnexpected string

func (e errUnexpected) Error() string { return "the answer is " + string(e) }
