package playground

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
)

// KFAMOptions say how to run the access API.
type KFAMOptions struct {
	// Flags are added behind the Deployment's own and so win over them.
	Flags []string
	// Environment has variables, as NAME=value, that win over this process's own.
	Environment []string
	// APIServer is the address, such as 127.0.0.1:40001, at which it looks for the API
	// server. Empty means where the API server is; another address is for something in
	// between.
	APIServer string
	// Detached lets it outlive this process.
	Detached bool
	// Inherit are open files that it holds until it ends.
	Inherit []*os.File
}

// kfamBinding binds the rights of the access API, which the controller must do without.
const kfamBinding = "profiles-kfam-rolebinding"

// KFAM is a running access API: the real binary, with the Deployment's arguments, under the
// ServiceAccount of the controller, in whose pod it runs in a cluster, with the rights that it
// needs besides.
type KFAM struct {
	// URL is the base address, such as http://127.0.0.1:40001.
	URL string
	// LogPath is where its log lines go.
	LogPath string

	process *process
}

// StartKFAM builds and starts the access API and returns when it is ready to answer.
func (p *Playground) StartKFAM(ctx context.Context, o KFAMOptions) (*KFAM, error) {
	binary, err := Build(ctx, KFAMProgram)
	if err != nil {
		return nil, err
	}
	if err := p.allowKFAM(ctx); err != nil {
		return nil, err
	}
	container, _, err := deployment("kfam")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(p.Folder, "kfam-")
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := p.reachedAt(o.APIServer).writeKubeconfig(ctx, kubeconfig, SystemNamespace, ControllerAccount); err != nil {
		return nil, err
	}
	k := &KFAM{LogPath: filepath.Join(folder, "kfam.log")}
	// A port that was free a moment ago may be taken by now.
	err = retry.OnError(wait.Backoff{Steps: 3}, isEarlyEnd, func() error { return k.start(ctx, binary, kubeconfig, container, o) })
	if err != nil {
		return nil, err
	}
	return k, nil
}

func (k *KFAM) start(ctx context.Context, binary, kubeconfig string, container corev1.Container, o KFAMOptions) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	k.URL = "http://" + ports[0]
	log, err := os.OpenFile(k.LogPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(binary, append(append(expandArguments(container), "-bind-address="+ports[0], "-shutdown-delay=0s"), o.Flags...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "POD_NAMESPACE="+SystemNamespace)
	command.Env = append(append(command.Env, environment(container)...), o.Environment...)
	command.Stdout, command.Stderr, command.ExtraFiles = log, log, o.Inherit
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: o.Detached}
	if k.process, err = startProcess(command); err != nil {
		return err
	}
	if err := k.process.waitReady(ctx, k.URL, k.LogPath); err != nil {
		k.process.kill()
		return err
	}
	return nil
}

// reachedAt returns the control plane as somebody sees it who reaches the API server at
// another address; empty means its own.
func (p *Playground) reachedAt(address string) *Playground {
	if address == "" {
		return p
	}
	seen := *p
	seen.Admin = rest.CopyConfig(p.Admin)
	seen.Admin.Host = "https://" + address
	return &seen
}

// allowKFAM gives the account the rights of the access API.
func (p *Playground) allowKFAM(ctx context.Context) error {
	objects, err := Render(Overlay)
	if err != nil {
		return err
	}
	return p.Apply(ctx, slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetName() != kfamBinding })...)
}

// Stop asks the access API to stop and waits until it did.
func (k *KFAM) Stop() error { return k.process.stop(stopPatience) }

// PID is its process ID.
func (k *KFAM) PID() int { return k.process.command.Process.Pid }
