//go:build e2eaws

package e2eaws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/client-go/rest"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// controlPlane is the playground's, with an issuer of our choice.
type controlPlane struct {
	*playground.Playground
	command *exec.Cmd
	folder  string
}

// startControlPlane starts the playground's control plane and returns when it is usable.
func startControlPlane(ctx context.Context, issuerURL string) (*controlPlane, error) {
	root, err := playground.Root()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "playground-")
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(root, ".cache", "bin", "playground-"+playground.KubernetesVersion)
	c := &controlPlane{folder: folder}
	c.command = exec.Command(binary, "--dir", folder, "--stop-with-parent", "--service-account-issuer", issuerURL)
	c.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.launch(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; if it was never built, run make playground first", err), c.stop())
	}
	return c, nil
}

// launch runs the control plane until its line that says it is ready.
func (c *controlPlane) launch(ctx context.Context) error {
	// The control plane ends when its standard input does, and so with this process,
	// however that ends.
	if _, err := c.command.StdinPipe(); err != nil {
		return err
	}
	output, err := c.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.command.Start(); err != nil {
		return err
	}
	ready := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(output).ReadString('\n')
		ready <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-ready:
		if !strings.HasPrefix(line, "ready ") {
			log, _ := os.ReadFile(filepath.Join(c.folder, "control-plane.log"))
			return fmt.Errorf("it ended before it was ready; its log ends with:\n%s", log[max(0, len(log)-2000):])
		}
	}
	c.Playground, err = playground.Connect(c.folder)
	return err
}

// stop kills the control plane, whose state is not worth saving.
func (c *controlPlane) stop() error {
	if c.command.Process != nil {
		_ = c.command.Process.Kill()
		_ = c.command.Wait()
	}
	return os.RemoveAll(c.folder)
}

// get reads a path of the API server.
func get(ctx context.Context, path string) ([]byte, error) {
	reader, err := rest.HTTPClientFor(pg.Admin)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, pg.Admin.Host+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := reader.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}
