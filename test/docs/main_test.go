package docs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/clientcmd"
	crlog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestMain lets the shell of the documents find this program under the names of others.
func TestMain(m *testing.M) {
	crlog.SetLogger(logr.Discard())
	if program := filepath.Base(os.Args[0]); isStandIn(program) {
		os.Exit(standIn(program, os.Args[1:]))
	}
	code := m.Run()
	if err := parts.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// stops are what has to be called at the end, the last first.
type stops []func() error

func (s *stops) stop() error {
	var failures []error
	for _, stop := range slices.Backward(*s) {
		failures = append(failures, stop())
	}
	return errors.Join(failures...)
}

// parts are those of the world that run.
var parts stops

// world is what commands work in: a control plane with the controller and the access API, the double
// of AWS, and a stand-in for S3.
type world struct {
	pg *playground.Playground
	// environment has variables for the shell, as NAME=value.
	environment []string
}

// theWorld is made when the first test asks for it; tests that read files alone do without.
var theWorld = sync.OnceValues(func() (*world, error) { return makeWorld(context.Background()) })

func open(t *testing.T) *world {
	t.Helper()
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func makeWorld(ctx context.Context) (*world, error) {
	pg, err := playground.Start(ctx, playground.Options{})
	if err != nil {
		return nil, err
	}
	parts = append(parts, pg.Stop)
	for _, install := range []func(context.Context) error{pg.Install, pg.InstallMesh} {
		if err := install(ctx); err != nil {
			return nil, err
		}
	}
	double, err := pg.StartAWS(ctx, playground.AWSOptions{Roles: []string{roleOfAll}})
	if err != nil {
		return nil, err
	}
	parts = append(parts, double.Stop)
	controller, err := pg.StartController(ctx, playground.ControllerOptions{Environment: double.Environment, Flags: []string{"-aws-start-delay=0s"}})
	if err != nil {
		return nil, err
	}
	parts = append(parts, controller.Stop)
	kfam, err := pg.StartKFAM(ctx, playground.KFAMOptions{Flags: []string{"-trust-user-header", "-userid-header=kubeflow-userid", "-userid-prefix=", "-profiles-per-user=1000"}})
	if err != nil {
		return nil, err
	}
	parts = append(parts, kfam.Stop)
	w := &world{pg: pg, environment: append(double.Environment, "KFAM_URL="+kfam.URL)}
	return w, w.furnish(ctx)
}

// furnish adds what the stand-ins need to know.
func (w *world) furnish(ctx context.Context) error {
	folder, err := playground.Root()
	if err != nil {
		return err
	}
	name, err := issuer.OfAPIServer(ctx, w.pg.Admin)
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(w.pg.Folder, "eks-kubeconfig")
	if err := w.kubeconfigOfEKS(kubeconfig); err != nil {
		return err
	}
	plugin, err := playground.Build(ctx, playground.CLIProgram)
	if err != nil {
		return err
	}
	program := filepath.Join(filepath.Dir(plugin), "kubectl")
	w.environment = append(w.environment, "DOCS_ROOT="+folder, "DOCS_ISSUER="+name, "DOCS_KUBECTL="+program,
		"KUBECONFIG="+kubeconfig, "AWS_ENDPOINT_URL_S3="+startS3(), "HOME="+w.pg.Folder)
	return w.settle(ctx, program)
}

// settled makes what the readers of documents have by then: the Profile that placeholders stand for,
// the one that they applied a line before, what is no part of the product, and the account of an
// installation in Kubeflow. A second Deployment of the controller would be one too many.
var settled = []string{
	"profile create " + placeholders["NAME"] + " --owner " + placeholders["OWNER"] + " --wait",
	"profile create research --owner " + placeholders["OWNER"] + " --wait",
	"create namespace kubeflow",
	"create serviceaccount profiles-controller-service-account -n kubeflow",
	"create deployment centraldashboard --image=centraldashboard -n kubeflow",
	"create namespace observability",
	"create namespace auth",
	"create deployment dex --image=dex -n auth",
	"create secret generic dex-ann -n auth --from-literal=ANN_PASSWORD=hash",
	"create namespace ci",
	"create serviceaccount bot -n ci",
}

func (w *world) settle(ctx context.Context, kubectl string) error {
	for _, line := range settled {
		command := kubectlProcess(ctx, kubectl, strings.Fields(line)...)
		command.Env = append(command.Env, w.environment...)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %s: %w\n%s", line, err, output)
		}
	}
	return nil
}

// kubeconfigOfEKS writes the admin's, with the cluster named as aws eks update-kubeconfig does.
func (w *world) kubeconfigOfEKS(path string) error {
	config, err := clientcmd.LoadFromFile(w.pg.Kubeconfig)
	if err != nil {
		return err
	}
	const name = "arn:aws:eks:us-east-1:" + accountID + ":cluster/ml"
	current := config.Contexts[config.CurrentContext]
	config.Clusters[name] = config.Clusters[current.Cluster]
	current.Cluster = name
	return clientcmd.WriteToFile(*config, path)
}
