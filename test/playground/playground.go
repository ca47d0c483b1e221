package playground

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	istiov1beta1 "istio.io/client-go/pkg/apis/security/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	profilev1beta1 "github.com/kfprofiles/kfprofiles/api/v1beta1"
)

// Options say how to start a control plane.
type Options struct {
	// Folder holds the state. Empty means a temporary one that Stop removes.
	Folder string
	// Detached lets the control plane outlive this process. It needs a Folder.
	Detached bool
	// AuditLog writes each request to audit.log in the folder, as JSON lines.
	AuditLog bool
	// ServiceAccountIssuer is the URL that the API server names as the issuer of its tokens.
	// Empty means the control plane's own default.
	ServiceAccountIssuer string
	// Progress gets short lines about what is going on. May be nil.
	Progress io.Writer
}

// Playground is a running control plane.
type Playground struct {
	// Folder holds the control plane's state.
	Folder string
	// Kubeconfig is the path of a kubeconfig with admin rights.
	Kubeconfig string
	// Admin is the configuration of a client with admin rights and no rate limit.
	Admin *rest.Config
	// Client has admin rights and reads from the API server.
	Client client.Client

	command   *exec.Cmd
	process   *process
	temporary bool
}

// Start starts a control plane and returns when it is usable. It lives until Stop and,
// unless it is detached, no longer than this process.
func Start(ctx context.Context, o Options) (*Playground, error) {
	binary, err := controlPlaneBinary()
	if err != nil {
		return nil, err
	}
	p := &Playground{Folder: o.Folder}
	if p.Folder == "" {
		if o.Detached {
			return nil, errors.New("a detached control plane needs a folder in which it can be found again; set Options.Folder")
		}
		p.temporary = true
		if p.Folder, err = os.MkdirTemp("", "playground-"); err != nil {
			return nil, err
		}
	}
	arguments := []string{"--dir", p.Folder}
	if !o.Detached {
		arguments = append(arguments, "--stop-with-parent")
	}
	if o.AuditLog {
		arguments = append(arguments, "--audit-log")
	}
	if o.ServiceAccountIssuer != "" {
		arguments = append(arguments, "--service-account-issuer", o.ServiceAccountIssuer)
	}
	p.command = exec.Command(binary, arguments...)
	p.command.Stderr = o.Progress
	// A Ctrl-C at the terminal is for this process, which stops its parts in order.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := p.launch(ctx, o.Detached); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// launch runs the process and waits for its line that says it is ready.
func (p *Playground) launch(ctx context.Context, detached bool) error {
	if !detached {
		// The control plane ends when its standard input does, and so with this process,
		// however that ends.
		if _, err := p.command.StdinPipe(); err != nil {
			return err
		}
	}
	output, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer writer.Close()
	p.command.Stdout = writer
	if p.process, err = startProcess(p.command); err != nil {
		return err
	}
	ready := make(chan string, 1)
	go func() {
		defer output.Close()
		line, _ := bufio.NewReader(output).ReadString('\n')
		ready <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.process.ended:
		return p.notStarted()
	case line := <-ready:
		kubeconfig, ok := strings.CutPrefix(line, "ready kubeconfig=")
		if !ok {
			return p.notStarted()
		}
		return p.connect(kubeconfig)
	}
}

// notStarted tells the end of the control plane's log, whose folder may be gone by the
// time somebody would look.
func (p *Playground) notStarted() error {
	log, err := os.ReadFile(filepath.Join(p.Folder, "control-plane.log"))
	if err != nil {
		return errors.New("the control plane did not start, and left no log")
	}
	return fmt.Errorf("the control plane did not start; its log ends with:\n%s", lastLines(log, 15))
}

func (p *Playground) connect(kubeconfig string) error {
	var err error
	p.Kubeconfig = kubeconfig
	if p.Admin, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
		return err
	}
	p.Admin.QPS = -1
	p.Admin.WarningHandlerWithContext = rest.NoWarnings{}
	p.Client, err = client.New(p.Admin, client.Options{Scheme: Scheme()})
	return err
}

// Connect returns the control plane that already runs in a folder, for use and not for
// stopping: Stop of the result does nothing to it.
func Connect(folder string) (*Playground, error) {
	p := &Playground{Folder: folder}
	return p, p.connect(filepath.Join(folder, "kubeconfig"))
}

// Stop ends the control plane. One in a temporary folder is killed, since there is
// nothing worth saving; another one is asked to stop and given time to.
func (p *Playground) Stop() error {
	if p.process != nil && !p.temporary {
		return p.process.stop(20 * time.Second)
	}
	if p.process != nil {
		p.process.kill()
	}
	if p.temporary {
		return os.RemoveAll(p.Folder)
	}
	return nil
}

// Scheme knows every type that the product and its tests use.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, istiov1beta1.AddToScheme,
		profilev1.AddToScheme, profilev1beta1.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	return scheme
}
