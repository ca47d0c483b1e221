package e2ecli

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	istioapi "istio.io/api/security/v1beta1"
	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestSomebodyIsReallyTakenOut has a contributor in the Profile whom the dashboard has added, too, and
// who may work everywhere besides.
func TestSomebodyIsReallyTakenOut(t *testing.T) {
	startController(t, playground.ControllerOptions{})
	const ben = "ben@taken-out.example.com"
	s := open(t)
	s.does("create", "taken-out", "--owner", "ann@example.com", "--contributor", "view="+ben, "--wait")
	t.Cleanup(func() { s.does("delete", "taken-out", "--yes", "--wait") })
	c := contributor.Contributor{Namespace: "taken-out", Kind: rbacv1.UserKind, Name: ben, Role: "edit"}
	binding, policy := contributor.RoleBinding(c), contributor.Policy(c, contributor.Settings{UserIDHeader: "kubeflow-userid", GroupsClaim: "groups",
		IngressGatewayPrincipal: "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account", KFPUIPrincipal: "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"})
	name := contributor.LegacyName(c)
	binding.Name, policy.Name = name, name
	everywhere := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "taken-out"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: ben}}}
	for _, o := range []client.Object{binding, policy, everywhere} {
		create(t, o)
	}

	said := s.fails(1, "unshare", "taken-out", "--user", ben)
	const command = "kubectl delete -n taken-out "
	_, objects, advised := strings.Cut(said, command)
	if want := "rolebinding/" + name + " authorizationpolicy/" + name; !advised || strings.TrimSpace(objects) != want {
		t.Fatalf("unshare says %q, want %s%s", said, command, want)
	}
	kubectl := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(program), "kubectl"),
		append([]string{"--kubeconfig", pg.Kubeconfig, "delete", "-n", "taken-out"}, strings.Fields(objects)...)...)
	if output, err := kubectl.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	s.does("unshare", "taken-out", "--user", ben)
	rules := ""
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		rules = s.does("access", "--user", ben)        //nolint:contextcheck // A shell goes by the test's context.
		return !strings.Contains(rules, "/user-"), nil // The controller takes away what the Profile said.
	})
	if err != nil || strings.Count(rules, "\n") != 2 || !strings.Contains(rules, "clusterrolebinding/taken-out") {
		t.Errorf("%v: ben gets in by\n%s", err, rules)
	}

	create(t, &istiov1beta1.AuthorizationPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "taken-out", Name: "closed"},
		Spec: istioapi.AuthorizationPolicy{Action: istioapi.AuthorizationPolicy_DENY, Rules: []*istioapi.Rule{{}}}})
	if got := s.does("access", "taken-out"); !strings.Contains(got, "it refuses every request") || strings.Contains(got, "ns-owner-access-istio") {
		t.Errorf("a closed namespace is shown as\n%s", got)
	}
}
