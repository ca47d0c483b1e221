package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"k8s.io/client-go/kubernetes"
)

// stopTimeout is how long a clean stop may take. Past it the process just ends: the
// data of etcd survives that as it survives a kill.
const stopTimeout = 15 * time.Second

// controlPlane is the running parts in the order in which they were started.
type controlPlane struct {
	folder   folder
	settings settings
	terminal *terminal
	fatal    *fatalLogs
	running  []*component
}

// runControlPlane runs a control plane until ctx ends or a part of it fails. When all
// of it is usable it prints the one line that callers wait for to stdout. An error
// has been shown to the user already.
func runControlPlane(ctx context.Context, s settings, stdout io.Writer) (err error) {
	f, err := openFolder(s.dir)
	if err != nil {
		return complain(err)
	}
	lock, err := lockFolder(f)
	if err != nil {
		return complain(err)
	}
	term, err := captureLogs(f.log())
	if err != nil {
		return complain(errors.Join(err, lock.release()))
	}
	plane := &controlPlane{folder: f, settings: s, terminal: term, fatal: watchFatalLogs(term, f.log())}
	if err := plane.serve(ctx, stdout); err != nil {
		term.say("error: %v", err)
		term.say("the log of all components is in %s", f.log())
		return errors.Join(err, lock.release())
	}
	if err := errors.Join(lock.release(), f.removeIfTemporary()); err != nil {
		term.say("error: %v", err)
		return err
	}
	term.say("stopped")
	return nil
}

// complain shows an error that came up before the terminal was set apart.
func complain(err error) error {
	fmt.Fprintln(os.Stderr, "error:", err)
	return err
}

// serve starts everything, waits for the end and stops everything. Being asked to
// stop is no error, not even in the middle of the start.
func (p *controlPlane) serve(ctx context.Context, stdout io.Writer) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	err := p.start(ctx, fail)
	if err == nil {
		p.terminal.say("ready (%s)", p.terminal.elapsed())
		fmt.Fprintf(stdout, "ready kubeconfig=%s\n", p.folder.kubeconfig())
		<-ctx.Done()
	}
	if failure := failureOf(ctx); failure != nil {
		err = failure
	} else if ctx.Err() != nil {
		err = nil
	}
	p.terminal.say("stopping")
	p.fatal.tolerate()
	return errors.Join(err, p.stop())
}

// start brings the parts up in the order in which they need each other. What it
// started before an error is stopped by stop.
func (p *controlPlane) start(ctx context.Context, fail context.CancelCauseFunc) error {
	certificates, err := prepareCertificates(p.folder.pki())
	if err != nil {
		return err
	}
	p.terminal.say("starting etcd")
	etcd, etcdAddress, err := startEtcd(ctx, p.folder, fail)
	if err != nil {
		return err
	}
	p.running = append(p.running, etcd)

	p.terminal.say("starting the API server")
	client, err := p.startAPIServer(ctx, certificates, etcdAddress, fail)
	if err != nil {
		return err
	}
	if err := waitForAPIServer(ctx, client); err != nil {
		return err
	}
	p.terminal.say("API server is ready (%s)", p.terminal.elapsed())

	p.terminal.say("starting the controllers")
	return p.startControllers(ctx, certificates, client, fail)
}

// startAPIServer starts the API server on a free port, writes the kubeconfig for it
// and returns a client.
func (p *controlPlane) startAPIServer(ctx context.Context, c *certificates, etcdAddress string, fail context.CancelCauseFunc) (kubernetes.Interface, error) {
	listener, err := listenOnLoopback()
	if err != nil {
		return nil, err
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", portOf(listener))
	if err := writeKubeconfig(p.folder.kubeconfig(), server, c); err != nil {
		return nil, err
	}
	config, err := adminConfig(p.folder.kubeconfig(), "playground")
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("create a client for the API server: %w", err)
	}
	apiServer, err := startAPIServer(ctx, apiServerInputs{
		folder:       p.folder,
		settings:     p.settings,
		certificates: c,
		etcdAddress:  etcdAddress,
		listener:     listener,
	}, fail)
	if err != nil {
		return nil, err
	}
	p.running = append(p.running, apiServer)
	return client, nil
}

// startControllers starts all controllers and waits until they are seen to work.
func (p *controlPlane) startControllers(ctx context.Context, c *certificates, client kubernetes.Interface, fail context.CancelCauseFunc) error {
	manager, err := startControllerManager(ctx, p.folder, c, fail)
	if err != nil {
		return err
	}
	p.running = append(p.running, manager)
	collector, err := newGarbageCollector(p.folder)
	if err != nil {
		return err
	}
	p.running = append(p.running, startComponent("garbage-collector", collector.run, fail))
	return waitForControllers(ctx, client, collector.knowsAllKinds)
}

// stop ends the parts, last started first, so that none loses what it depends on
// while it still works.
func (p *controlPlane) stop() error {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for _, c := range slices.Backward(p.running) {
			c.stop()
		}
	}()
	select {
	case <-stopped:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("the control plane did not stop within %s and was ended by force", stopTimeout)
	}
}
