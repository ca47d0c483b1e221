package playground

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// KubernetesVersion is the version of the control plane; its binary is kept under this
// version, so that raising it builds a new one.
const KubernetesVersion = "v1.36.3"

// Root returns the folder of the repository that the working directory is in.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "playground", "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("this must run inside the repository: no folder above has playground/go.mod")
		}
		folder = parent
	}
}

// controlPlaneBinary returns the path of the control plane, which make builds.
func controlPlaneBinary() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".cache", "bin", "playground-"+KubernetesVersion)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the control plane is not built yet; run make playground first (a few minutes, once): %w", err)
	}
	return path, nil
}

// The programs of the product, for Build.
const (
	ControllerProgram = "./cmd/profile-controller"
	KFAMProgram       = "./cmd/kfam"
	CLIProgram        = "./cmd/kubectl-profile"
)

// Build builds a program from the working tree and returns the binary's path, which ends in the
// name of the program's folder. It is quick when nothing changed. Beside the binary is kubectl, of
// the control plane's version.
func Build(ctx context.Context, program string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".cache", "bin", filepath.Base(program))
	command := exec.CommandContext(ctx, "go", "build", "-o", path, program)
	command.Dir = root
	// A Ctrl-C at the terminal is for this process, which then interrupts the build.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, output)
	}
	return path, nil
}

// moduleFolder returns where Go keeps the source of a module that this one depends on.
func moduleFolder(ctx context.Context, module string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Dir = root
	output, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find module %s: %w; run go mod download", module, err)
	}
	return strings.TrimSpace(string(output)), nil
}
