package cluster

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
)

// scraped asks for the controller's metrics as Prometheus does.
func scraped(t *testing.T, i manifests.Installation, address string) {
	t.Helper()
	if slices.Contains(i.Components, "prometheus-without-authentication") {
		becomes(t, "to anybody", "http://"+address+"/metrics", "", http.StatusOK)
		selectorsFindSeries(t, address)
		return
	}
	token, err := pg.Token(t.Context(), "monitoring", "prometheus-k8s")
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + address + "/metrics"
	becomes(t, "without a token", url, "", http.StatusUnauthorized)
	becomes(t, "to an account without the right", url, token, http.StatusForbidden)
	if !slices.Contains(i.Components, "prometheus") {
		return
	}
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-profiles"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "profiles-metrics-reader"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "monitoring", Name: "prometheus-k8s"}}}
	if err := pg.Client.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Client.Delete(context.WithoutCancel(t.Context()), binding) })
	becomes(t, "with the ClusterRole profiles-metrics-reader", url, token, http.StatusOK)
}

// becomes waits for an answer: the metrics are served a moment after the probes, and a right
// takes effect a moment after it is granted.
func becomes(t *testing.T, to, url, token string, want int) {
	t.Helper()
	got := 0
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		got = status(url, token)
		return got == want, nil
	})
	if err != nil {
		t.Errorf("%s the metrics answer %d, want %d", to, got, want)
	}
}

// insecure takes any certificate, as the ServiceMonitor does.
var insecure = http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// status is the status code of the answer, or 0 without one.
func status(url, token string) int {
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := insecure.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}
