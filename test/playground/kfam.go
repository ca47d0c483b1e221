package playground

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// KFAMOptions say how to run the access API.
type KFAMOptions struct {
	Flags []string
	// Detached lets it outlive this process.
	Detached bool
	// Inherit are open files that it holds until it ends.
	Inherit []*os.File
}

// KFAM is a running access API, under the ServiceAccount of the controller, in whose pod it
// runs in a cluster, with the rights that it needs besides.
type KFAM struct {
	// URL is the base address, such as http://127.0.0.1:40001.
	URL string
	// LogPath is where its log lines go.
	LogPath string

	process *process
}

// StartKFAM builds and starts the access API and returns when it is ready to answer.
func (p *Playground) StartKFAM(ctx context.Context, o KFAMOptions) (*KFAM, error) {
	binary, err := build(ctx, "kfam", "./cmd/kfam")
	if err != nil {
		return nil, err
	}
	if err := p.installKFAM(ctx); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(p.Folder, "kfam-")
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := p.writeKubeconfig(ctx, kubeconfig, SystemNamespace, ControllerAccount); err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	k := &KFAM{URL: "http://" + ports[0], LogPath: filepath.Join(folder, "kfam.log")}
	log, err := os.OpenFile(k.LogPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(binary, append([]string{"-bind-address=" + ports[0]}, o.Flags...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	command.Stdout, command.Stderr, command.ExtraFiles = log, log, o.Inherit
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: o.Detached}
	if k.process, err = startProcess(command); err != nil {
		return nil, err
	}
	if err := k.process.waitReady(ctx, k.URL, k.LogPath); err != nil {
		k.process.kill()
		return nil, err
	}
	return k, nil
}

// installKFAM gives the account the rights of the access API.
func (p *Playground) installKFAM(ctx context.Context) error {
	objects, err := Render("config/kfam")
	if err != nil {
		return err
	}
	for _, o := range objects {
		if subjects, found, _ := unstructured.NestedSlice(o.Object, "subjects"); found {
			subjects[0].(map[string]any)["namespace"] = SystemNamespace
			if err := unstructured.SetNestedSlice(o.Object, subjects, "subjects"); err != nil {
				return err
			}
		}
	}
	return p.Apply(ctx, objects...)
}

// Stop asks the access API to stop and waits until it did.
func (k *KFAM) Stop() error { return k.process.stop(stopPatience) }

// PID is its process ID.
func (k *KFAM) PID() int { return k.process.command.Process.Pid }
