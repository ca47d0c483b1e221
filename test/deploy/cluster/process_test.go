package cluster

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// programs is the folder with the programs, under the names that the image has for them.
var programs string

func buildPrograms(ctx context.Context) error {
	root, err := playground.Root()
	if err != nil {
		return err
	}
	if programs, err = os.MkdirTemp("", "programs-"); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", programs, "./cmd/profile-controller", "./cmd/kfam")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	return nil
}

// process is a program that runs as a container would.
type process struct {
	log   bytes.Buffer
	ended chan error
}

// start runs the program of a container with its command, its arguments, and what its environment
// takes from the ConfigMaps; flags are added, for what cannot be as in a pod, such as ports. It
// ends with the test.
func start(t *testing.T, c corev1.Container, namespace, kubeconfig string, settings map[string]string, flags ...string) *process {
	t.Helper()
	program := "profile-controller" // The entry point of the image.
	if len(c.Command) > 0 {
		program = strings.TrimPrefix(c.Command[0], "/")
	}
	command := exec.Command(filepath.Join(programs, program), append(expand(c.Args, settings), flags...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "POD_NAMESPACE="+namespace, "POD_NAME=profiles-trial")
	for name, value := range settings {
		command.Env = append(command.Env, name+"="+value)
	}
	p := &process{ended: make(chan error, 1)}
	command.Stdout, command.Stderr = &p.log, &p.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		select {
		case err := <-p.ended:
			if err != nil {
				t.Errorf("%s ended with %v:\n%s", program, err, p.log.String())
			}
		case <-time.After(20 * time.Second):
			_ = command.Process.Kill()
			t.Errorf("%s did not stop and was killed: %v\n%s", program, <-p.ended, p.log.String())
		}
	})
	return p
}

// expand puts variables into arguments as the kubelet does; one that is not known stays.
func expand(arguments []string, settings map[string]string) []string {
	var pairs []string
	for name, value := range settings {
		pairs = append(pairs, "$("+name+")", value)
	}
	expanded := make([]string, len(arguments))
	for i, a := range arguments {
		expanded[i] = strings.NewReplacer(pairs...).Replace(a)
	}
	return expanded
}

// kubeconfigOf writes a kubeconfig with a token of the account and no other rights.
func kubeconfigOf(t *testing.T, namespace, account string) string {
	t.Helper()
	token, err := pg.Token(t.Context(), namespace, account)
	if err != nil {
		t.Fatal(err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: pg.Admin.Host, CertificateAuthorityData: pg.Admin.CAData}
	config.AuthInfos["a"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "a", Namespace: namespace}
	config.CurrentContext = "c"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
