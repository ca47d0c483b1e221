package e2ekfam

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// call sends a request as a user, or as nobody, and returns the status and the body.
func call(ctx context.Context, t *testing.T, as, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, kfam.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if as != "" {
		request.Header.Set("kubeflow-userid", as)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// must fails the test unless the answer has this status and, if any is given, this body.
func must(t *testing.T, as, method, path, body string, status int, want ...string) {
	t.Helper()
	got, answer := call(t.Context(), t, as, method, path, body)
	if got != status || len(want) > 0 && answer != want[0] {
		t.Errorf("%s %s as %q with %s: the answer is %d %s, want %d %v", method, path, as, body, got, answer, status, want)
	}
}

// eventually repeats a call until it has this answer.
func eventually(t *testing.T, as, path, want string) {
	t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		_, last = call(ctx, t, as, http.MethodGet, path, "")
		return last == want, nil
	})
	if err != nil {
		t.Fatalf("GET %s answers %s, want %s", path, last, want)
	}
}

func profileOf(name, owner string) string {
	return fmt.Sprintf(`{"metadata":{"name":%q},"spec":{"owner":{"kind":"User","name":%q}}}`, name, owner)
}

func bindingOf(user, namespace, role string) string {
	return fmt.Sprintf(`{"user":{"kind":"User","name":%q},"referredNamespace":%q,"RoleRef":{"apiGroup":"","kind":"ClusterRole","name":%q}}`, user, namespace, role)
}

const ann, ben, admin = "ann@example.com", "ben@example.com", "admin@example.com"

// TestAUserRegistersAndShares is what the dashboard does: register without naming anybody,
// poll for the owner's binding, share, and take it back.
func TestAUserRegistersAndShares(t *testing.T) {
	must(t, "", http.MethodGet, "/kfam/", "", http.StatusOK)
	must(t, "", http.MethodPost, "/kfam/v1/profiles", profileOf("ann", ann), http.StatusOK, "")
	own := `{"bindings":[` + bindingOf(ann, "ann", "admin") + `]}`
	eventually(t, "", "/kfam/v1/bindings?user="+ann+"&role=admin", own)
	must(t, ann, http.MethodPost, "/kfam/v1/bindings", bindingOf(ben, "ann", "edit"), http.StatusOK, "")
	must(t, ann, http.MethodPost, "/kfam/v1/bindings/", bindingOf(ben, "ann", "edit"), http.StatusOK, "")
	eventually(t, ben, "/kfam/v1/bindings?user="+ben, `{"bindings":[`+bindingOf(ben, "ann", "edit")+`]}`)
	bens, err := pg.As(ben)
	if err != nil {
		t.Fatal(err)
	}
	err = wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		return bens.List(ctx, &corev1.PodList{}, client.InNamespace("ann")) == nil, nil
	})
	if err != nil {
		t.Error("ben may not work in ann's namespace")
	}
	must(t, ben, http.MethodPost, "/kfam/v1/bindings", bindingOf(ben, "ann", "admin"), http.StatusForbidden)
	must(t, ben, http.MethodDelete, "/kfam/v1/bindings", bindingOf(ann, "ann", "admin"), http.StatusForbidden)
	must(t, ann, http.MethodDelete, "/kfam/v1/bindings", bindingOf(ben, "ann", "edit"), http.StatusOK, "")
	eventually(t, ben, "/kfam/v1/bindings?user="+ben, `{"bindings":[]}`)
	if err := bens.List(t.Context(), &corev1.PodList{}, client.InNamespace("ann")); err == nil {
		t.Error("ben still may work in ann's namespace")
	}
	must(t, ben, http.MethodDelete, "/kfam/v1/profiles/ann", "", http.StatusUnauthorized)
	must(t, ann, http.MethodDelete, "/kfam/v1/profiles/ann/", "", http.StatusOK, "")
}

func TestClusterAdmin(t *testing.T) {
	must(t, "", http.MethodGet, "/kfam/v1/role/clusteradmin?user="+admin, "", http.StatusOK, "true")
	must(t, "", http.MethodGet, "/kfam/v1/role/clusteradmin/?user="+ann, "", http.StatusOK, "false")
	must(t, ann, http.MethodGet, "/kfam/v1/role/clusteradmin?user="+admin, "", http.StatusForbidden)
	must(t, ann, http.MethodGet, "/kfam/v1/role/clusteradmin?user="+ann, "", http.StatusOK, "false")
}

// TestWhatMustBeRefused has what the existing API lets through, or falls over.
func TestWhatMustBeRefused(t *testing.T) {
	must(t, ann, http.MethodPost, "/kfam/v1/profiles", profileOf("bens", ben), http.StatusForbidden)
	must(t, ann, http.MethodPost, "/kfam/v1/profiles", profileOf("kube-system", ann), http.StatusForbidden)
	must(t, ann, http.MethodPost, "/kfam/v1/profiles",
		`{"metadata":{"name":"rich"},"spec":{"owner":{"kind":"User","name":"`+ann+`"},"plugins":[{"kind":"AwsIamForServiceAccount","spec":{"awsIamRole":"arn:aws:iam::123456789012:role/admin"}}]}}`, http.StatusForbidden)
	must(t, ann, http.MethodPost, "/kfam/v1/profiles",
		`{"metadata":{"name":"odd"},"spec":{"owner":{"kind":"User","name":"`+ann+`"},"privileged":true}}`, http.StatusBadRequest)
	must(t, ann, http.MethodPost, "/kfam/v1/bindings", bindingOf(ann, "kube-system", "admin"), http.StatusForbidden)
	must(t, admin, http.MethodPost, "/kfam/v1/bindings", bindingOf(ann, "kube-system", "admin"), http.StatusNotFound)
	must(t, admin, http.MethodPost, "/kfam/v1/bindings", bindingOf(ann, "ann", "cluster-admin"), http.StatusBadRequest)
	must(t, admin, http.MethodPost, "/kfam/v1/bindings", `{"referredNamespace":"ann"}`, http.StatusBadRequest)
	must(t, admin, http.MethodPost, "/kfam/v1/bindings", `{`, http.StatusBadRequest)
	must(t, admin, http.MethodPost, "/kfam/v1/bindings", `"`+strings.Repeat("x", 1<<20)+`"`, http.StatusBadRequest)
	must(t, ann, http.MethodGet, "/kfam/v1/bindings?role=owner", "", http.StatusBadRequest)
	must(t, "", http.MethodPost, "/kfam/v1/bindings", bindingOf(ann, "ann", "edit"), http.StatusForbidden)
}

// TestOthersBindingsAreNotShown has somebody ask for what is not theirs.
func TestOthersBindingsAreNotShown(t *testing.T) {
	must(t, admin, http.MethodPost, "/kfam/v1/profiles", profileOf("carla", "carla@example.com"), http.StatusOK)
	eventually(t, admin, "/kfam/v1/bindings?namespace=carla", `{"bindings":[`+bindingOf("carla@example.com", "carla", "admin")+`]}`)
	must(t, ben, http.MethodGet, "/kfam/v1/bindings?namespace=carla", "", http.StatusOK, `{"bindings":[]}`)
}
