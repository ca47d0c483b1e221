package cli

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/test/cloud/iamsts"
)

// oidc is who issues the tokens of the cluster demo, without https://.
const oidc = "oidc.eks.eu-central-1.amazonaws.com/id/DEMO"

// awsTerminal is a terminal at a cluster of EKS, with an account of AWS.
type awsTerminal struct {
	*terminal
	aws *iamsts.Server
}

// openAWS opens a terminal at the EKS cluster demo that holds these objects.
func openAWS(t *testing.T, objects ...client.Object) *awsTerminal {
	t.Helper()
	return openAWSAt(t, iamsts.Options{}, "https://"+oidc, objects...)
}

// openAWSAt is openAWS for an account with options and a cluster with an issuer.
func openAWSAt(t *testing.T, o iamsts.Options, issuer string, objects ...client.Object) *awsTerminal {
	t.Helper()
	account, err := iamsts.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = account.Close() })
	for _, variable := range append(account.Environment(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(t.TempDir(), "none")) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	term := &awsTerminal{open(t, objects...), account}
	kubeconfig := kubeconfigOf(t, issuer)
	term.Kubeconfig.KubeConfig = &kubeconfig
	return term
}

// kubeconfigOf writes a kubeconfig as aws eks update-kubeconfig does, and eksctl for a second
// context other. The API server tells nothing but its issuer.
func kubeconfigOf(t *testing.T, issuer string) string {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"issuer": "` + issuer + `"}`))
	}))
	t.Cleanup(api.Close)
	const name = "arn:aws:eks:eu-central-1:123456789012:cluster/demo"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: api.URL}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name}
	config.CurrentContext = name
	config.Clusters["other.eu-west-1.eksctl.io"] = &clientcmdapi.Cluster{Server: api.URL}
	config.Contexts["other"] = &clientcmdapi.Context{Cluster: "other.eu-west-1.eksctl.io"}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// installed is the controller, as the manifests have it, and one pod of it.
func installed() []client.Object {
	named := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "profiles-system", Name: name}
	}
	labels := map[string]string{"app": "profile-controller"}
	pod := &corev1.Pod{ObjectMeta: named("profiles-deployment-0"), Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "manager"}}}}
	pod.Labels = labels
	return []client.Object{pod,
		&corev1.ServiceAccount{ObjectMeta: named("profiles-controller-service-account")},
		&appsv1.Deployment{ObjectMeta: named("profiles-deployment"), Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{ServiceAccountName: "profiles-controller-service-account"}},
		}},
	}
}

// changes is how often IAM was asked to change something.
func (term *awsTerminal) changes() int {
	changes := 0
	for action, n := range term.aws.Requests() {
		if !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") {
			changes += n
		}
	}
	return changes
}

var update = flag.Bool("update", false, "write the golden files anew; read the difference before committing it")

// mustEqualGolden compares a text with a file that a reviewer can read.
func mustEqualGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
