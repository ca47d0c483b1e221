package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	helmcmd "helm.sh/helm/v4/pkg/cmd"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/deploy/manifests"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// helm is Helm's own program.
func helm() int {
	command, err := helmcmd.NewRootCmd(os.Stdout, os.Args[1:], helmcmd.SetupLogging)
	if err == nil {
		err = command.Execute()
	}
	var failed helmcmd.CommandError
	switch {
	case errors.As(err, &failed):
		return failed.ExitCode
	case err != nil:
		return 1
	default:
		return 0
	}
}

// shell runs command lines in which helm is Helm, in the folder of the repository, where its
// documents have their readers be.
type shell struct {
	*testing.T
	folder, path string
}

func newShell(t *testing.T) shell {
	t.Helper()
	withoutKubeflowRoles(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := shell{T: t, path: t.TempDir()}
	if err := os.Symlink(self, filepath.Join(s.path, "helm")); err != nil {
		t.Fatal(err)
	}
	if s.folder, err = playground.Root(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s shell) try(line string) (string, error) {
	command := exec.CommandContext(s.Context(), "sh", "-c", line)
	command.Dir = s.folder
	command.Env = []string{"PATH=" + s.path + ":/usr/bin:/bin", "HOME=" + s.path, "KUBECONFIG=" + pg.Kubeconfig}
	output, err := command.CombinedOutput()
	return string(output), err
}

func (s shell) run(line string) {
	s.Helper()
	if output, err := s.try(line); err != nil {
		s.Fatalf("%s: %v\n%s", line, err, output)
	}
}

var (
	fenced    = regexp.MustCompile("(?s)```console\n(.*?)```")
	namespace = regexp.MustCompile(` -n (\S+)`)
)

// documented are the commands of a document that are for Helm.
func (s shell) documented(document string) []string {
	s.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, document))
	if err != nil {
		s.Fatal(err)
	}
	var commands []string
	for _, block := range fenced.FindAllSubmatch(text, -1) {
		for line := range strings.Lines(strings.ReplaceAll(string(block[1]), "\\\n", "")) {
			if command, is := strings.CutPrefix(line, "$ "); is && strings.HasPrefix(command, "helm ") {
				commands = append(commands, strings.TrimSpace(command))
			}
		}
	}
	if len(commands) == 0 {
		s.Fatalf("%s has no commands for Helm", document)
	}
	return commands
}

// TestHelmInstallsAsTheChartsReadmeSays also uninstalls what each command installs.
func TestHelmInstallsAsTheChartsReadmeSays(t *testing.T) {
	s := newShell(t)
	for _, command := range s.documented("charts/kfprofiles/README.md") {
		into := namespace.FindStringSubmatch(command)[1]
		s.run(command)
		deploymentOf(t, into)
		s.run(command) // As an upgrade, to the same.
		s.run("helm uninstall kfprofiles -n " + into)
		forgetDefinition(t)
	}
}

func TestTheLifeOfARelease(t *testing.T) {
	s := newShell(t)
	objects := render(t, manifests.Overlays()[0])
	t.Cleanup(func() { forgetDefinition(t) })
	const there = " kfprofiles charts/kfprofiles -n profiles-system --create-namespace"
	s.run("helm install" + there)
	mustHaveReplicas(t, 2)
	p := &profilev1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "resident"}, Spec: profilev1.ProfileSpec{
		Owner: rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "rosa@example.com"}}}
	if err := pg.Client.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	s.run("helm upgrade" + there + " --set replicas=3")
	mustHaveReplicas(t, 3)
	s.run("helm rollback kfprofiles 1 -n profiles-system")
	mustHaveReplicas(t, 2)
	s.run("helm uninstall kfprofiles -n profiles-system")
	mustBeUninstalled(t, objects)
	if err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil || p.DeletionTimestamp != nil {
		t.Errorf("the Profile did not outlive the release: %v", err)
	}
	s.run("helm install" + there)
	mustHaveReplicas(t, 2)
	s.run("helm uninstall kfprofiles -n profiles-system")
}

// TestHelmTakesOver does as somebody who has used kustomize so far.
func TestHelmTakesOver(t *testing.T) {
	s := newShell(t)
	objects := render(t, manifests.Overlays()[0])
	t.Cleanup(func() { forgetDefinition(t) })
	if err := pg.Apply(t.Context(), objects...); err != nil {
		t.Fatal(err)
	}
	const install = "helm upgrade --install kfprofiles charts/kfprofiles -n profiles-system"
	if output, err := s.try(install); err == nil || !strings.Contains(output, "cannot be imported into the current release") {
		t.Errorf("without being told to take over, it says %v: %s", err, output)
	}
	s.run(install + " --take-ownership --force-conflicts")
	remove(t, objects.OfKind("ConfigMap")) // Helm's has another name, and the README says that this one stays.
	s.run("helm uninstall kfprofiles -n profiles-system")
	mustBeUninstalled(t, objects)
}

// TestHelmTakesOverWhatWasMoved has the Deployment of Kubeflow's manifests, which a move keeps with its
// selector. The document has it deleted first.
func TestHelmTakesOverWhatWasMoved(t *testing.T) {
	s := newShell(t)
	t.Cleanup(func() { forgetDefinition(t) })
	existing, err := playground.Read("../../e2ecli/testdata/existing_controller.yaml")
	if err != nil {
		t.Fatal(err)
	}
	moved := manifests.Objects(existing).OfKind("Deployment")
	moved[0].SetNamespace("kubeflow")
	if err := pg.Apply(t.Context(), moved...); err != nil {
		t.Fatal(err)
	}
	install := s.documented("docs/upgrading.md")[0]
	if output, err := s.try(install); err == nil || !strings.Contains(output, "field is immutable") {
		t.Errorf("over the Deployment it says %v: %s", err, output)
	}
	remove(t, moved)
	s.run(install)
	deploymentOf(t, "kubeflow")
	s.run("helm uninstall kfprofiles -n kubeflow")
}

func deploymentOf(t *testing.T, namespace string) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := pg.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "profiles-deployment"}, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func mustHaveReplicas(t *testing.T, want int32) {
	t.Helper()
	if got := deploymentOf(t, "profiles-system").Spec.Replicas; got == nil || *got != want {
		t.Errorf("the Deployment has %v replicas, want %d", got, want)
	}
}

// mustBeUninstalled finds what a release leaves behind besides what Profiles and their people need.
func mustBeUninstalled(t *testing.T, objects manifests.Objects) {
	t.Helper()
	for _, o := range objects {
		err := pg.Client.Get(t.Context(), client.ObjectKeyFromObject(o), o.DeepCopy())
		switch stays := o.GetKind() == "CustomResourceDefinition" || o.GetKind() == "Namespace" || strings.HasPrefix(o.GetName(), "kubeflow-"); {
		case stays && err != nil:
			t.Errorf("%s %s is gone with the release: %v", o.GetKind(), o.GetName(), err)
		case !stays && !apierrors.IsNotFound(err):
			t.Errorf("%s %s is left behind: %v", o.GetKind(), o.GetName(), err)
		}
	}
}

// withoutKubeflowRoles makes the cluster one on which the roles of Kubeflow have to be installed.
func withoutKubeflowRoles(t *testing.T) {
	t.Helper()
	roles, err := playground.Read("../../../config/kubeflow-roles/kubeflow_roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	removeForGood(t, roles)
	t.Cleanup(func() {
		if err := pg.Apply(context.WithoutCancel(t.Context()), roles...); err != nil {
			t.Error(err)
		}
	})
}

// removeForGood is for ClusterRoles: one that is deleted while Kubernetes is still putting its
// rules together comes back.
func removeForGood(t *testing.T, objects manifests.Objects) {
	t.Helper()
	gone := 0
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		gone++
		for _, o := range objects {
			if err := pg.Client.Delete(ctx, o.DeepCopy()); client.IgnoreNotFound(err) != nil {
				return false, err
			} else if err == nil {
				gone = 0
			}
		}
		return gone == 10, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forgetDefinition deletes the definition of Profiles, and all Profiles with it.
func forgetDefinition(t *testing.T) {
	t.Helper()
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "profiles.kubeflow.org"}}
	err := wait.PollUntilContextTimeout(context.WithoutCancel(t.Context()), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := pg.Client.Delete(ctx, crd)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		t.Errorf("the definition of Profiles does not go away: %v", err)
	}
}
