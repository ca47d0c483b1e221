package playground

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
)

// Names of the deployment, as the manifests have them.
const (
	SystemNamespace   = "profiles-system"
	ControllerAccount = "profiles-controller-service-account"
	// ControllerPod is the name that a controller takes for its own Pod, on which it
	// puts Events about itself.
	ControllerPod = "profiles-deployment-playground"
)

// ControllerOptions say how to run the controller.
type ControllerOptions struct {
	// Program is the package of a controller with plugins of its own, from the root of the
	// repository, such as ./examples/custom-plugin. Empty means the product's.
	Program string
	// Flags are added behind the Deployment's own and so win over them.
	Flags []string
	// LabelsFile replaces the namespace labels file that the manifests bring.
	LabelsFile string
	// Environment has variables, as NAME=value, that win over this process's own.
	Environment []string
	// Detached lets the controller outlive this process.
	Detached bool
	// Inherit are open files that the controller holds until it ends. A lock on one of
	// them tells other processes that it still runs.
	Inherit []*os.File
}

// Controller is a running controller: the real binary, with the Deployment's arguments
// and environment, under its own ServiceAccount.
type Controller struct {
	// Probes and Metrics are base addresses, such as http://127.0.0.1:40001.
	Probes, Metrics string
	// LabelsFile is the namespace labels file that it follows.
	LabelsFile string
	// LogPath is where its log lines go.
	LogPath string

	process *process
}

// StartController builds and starts the controller and returns when it is ready to
// work. Several may run at the same time; one of them leads.
func (p *Playground) StartController(ctx context.Context, o ControllerOptions) (*Controller, error) {
	binary, err := Build(ctx, cmp.Or(o.Program, ControllerProgram))
	if err != nil {
		return nil, err
	}
	container, labels, err := deployment("manager")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(p.Folder, "controller-")
	if err != nil {
		return nil, err
	}
	c := &Controller{LabelsFile: o.LabelsFile, LogPath: filepath.Join(folder, "controller.log")}
	if c.LabelsFile == "" {
		c.LabelsFile = filepath.Join(folder, "namespace-labels.yaml")
		if err := os.WriteFile(c.LabelsFile, []byte(labels), 0o600); err != nil {
			return nil, err
		}
	}
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := p.writeKubeconfig(ctx, kubeconfig, SystemNamespace, ControllerAccount); err != nil {
		return nil, err
	}
	// A port that was free a moment ago may be taken by now, so a controller that ends at
	// once is given others.
	err = retry.OnError(wait.Backoff{Steps: 3}, isEarlyEnd, func() error {
		return c.start(ctx, binary, kubeconfig, container, o)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Controller) start(ctx context.Context, binary, kubeconfig string, container corev1.Container, o ControllerOptions) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	c.Probes, c.Metrics = "http://"+ports[0], "http://"+ports[1]
	arguments := append(expandArguments(container), "-metrics-secure=false",
		"-namespace-labels-path="+c.LabelsFile, "-health-probe-bind-address="+ports[0], "-metrics-bind-address="+ports[1],
		"-leader-elect-namespace="+SystemNamespace)
	command := exec.Command(binary, append(arguments, o.Flags...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "POD_NAMESPACE="+SystemNamespace, "POD_NAME="+ControllerPod)
	command.Env = append(append(command.Env, environment(container)...), o.Environment...)
	log, err := os.OpenFile(c.LogPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	command.ExtraFiles = o.Inherit
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: o.Detached}
	if c.process, err = startProcess(command); err != nil {
		return err
	}
	if err := c.process.waitReady(ctx, c.Probes, c.LogPath); err != nil {
		c.Kill()
		return err
	}
	return nil
}

// Stop asks the controller to stop and waits until it did.
func (c *Controller) Stop() error { return c.process.stop(stopPatience) }

// Kill ends the controller at once, as kill -9 does.
func (c *Controller) Kill() { c.process.kill() }

// PID is the process ID of the controller.
func (c *Controller) PID() int { return c.process.command.Process.Pid }

// deployment returns a container of the controller's pod as the manifests have it, with the
// settings in its environment, and the namespace labels file that they bring.
func deployment(name string) (corev1.Container, string, error) {
	objects, err := Render(Overlay)
	if err != nil {
		return corev1.Container{}, "", err
	}
	var d appsv1.Deployment
	settings := map[string]string{}
	labels := ""
	for _, o := range objects {
		switch o.GetKind() {
		case "Deployment":
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &d); err != nil {
				return corev1.Container{}, "", err
			}
		case "ConfigMap":
			var m corev1.ConfigMap
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &m); err != nil {
				return corev1.Container{}, "", err
			}
			if file, there := m.Data["namespace-labels.yaml"]; there {
				labels = file
			} else {
				settings = m.Data
			}
		}
	}
	for _, container := range d.Spec.Template.Spec.Containers {
		if container.Name == name {
			for key, value := range settings {
				container.Env = append(container.Env, corev1.EnvVar{Name: key, Value: value})
			}
			return container, labels, nil
		}
	}
	return corev1.Container{}, "", fmt.Errorf("the manifests have no container named %s", name)
}

// environment is what the container has in its environment that is a plain value.
func environment(container corev1.Container) []string {
	var variables []string
	for _, e := range container.Env {
		if e.ValueFrom == nil {
			variables = append(variables, e.Name+"="+e.Value)
		}
	}
	return variables
}

// expandArguments puts the environment into the arguments, as the kubelet does.
func expandArguments(container corev1.Container) []string {
	var pairs []string
	for _, e := range container.Env {
		pairs = append(pairs, "$("+e.Name+")", e.Value)
	}
	replacer := strings.NewReplacer(pairs...)
	arguments := make([]string, len(container.Args))
	for i, a := range container.Args {
		arguments[i] = replacer.Replace(a)
	}
	return arguments
}

// freePorts returns addresses on the loopback interface that nobody listens on now.
func freePorts(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	return addresses, nil
}

func lastLines(text []byte, n int) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}
