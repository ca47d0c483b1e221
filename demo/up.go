package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// up makes a playground run in the background and prints on stdout how to use it: how to
// find the double of AWS, the access API, our programs and, in the last line, the cluster. What is
// running already is left as it is; if anything fails, nothing is left at all.
func up(ctx context.Context, stdout, stderr io.Writer) (err error) {
	p := newProgress(stderr)
	b, err := openBackground(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	programs, err := buildPrograms(ctx, p)
	if err != nil {
		return err
	}
	if err := b.ensure(ctx, p); err != nil {
		if ctx.Err() == nil {
			keepLogs(b.folder, err, p)
		}
		return errors.Join(err, b.remove(context.WithoutCancel(ctx), p))
	}
	aws, err := b.awsEnvironment()
	if err != nil {
		return err
	}
	kfam, err := b.kfamURL()
	if err != nil {
		return err
	}
	for _, line := range exports(aws, kfam, programs, b.kubeconfig()) {
		fmt.Fprintln(stdout, line)
	}
	return nil
}

// ensure starts whatever does not run.
func (b *background) ensure(ctx context.Context, p *progress) error {
	running, err := b.running()
	if err != nil {
		return err
	}
	if running.all() {
		p.say("the playground runs already; make playground-down stops it")
		return nil
	}
	plane, err := b.ensureControlPlane(ctx, running.controlPlane, p)
	if err != nil {
		return err
	}
	if err := install(ctx, plane, p); err != nil {
		return err
	}
	// A controller that outlived the double of AWS would go on looking for it where it was.
	if running.controller && !running.aws {
		if _, err := b.controller.stop(ctx); err != nil {
			return err
		}
		running.controller = false
	}
	if !running.aws {
		if err := b.runAWS(ctx, plane, p); err != nil {
			return err
		}
	}
	if !running.controller {
		if err := b.runController(ctx, plane, p); err != nil {
			return err
		}
	}
	if !running.kfam {
		if err := b.runKFAM(ctx, plane, p); err != nil {
			return err
		}
	}
	p.say("make playground-down stops it")
	return nil
}

// runAWS starts the double of AWS and remembers where it is.
func (b *background) runAWS(ctx context.Context, plane *playground.Playground, p *progress) (err error) {
	lock, err := b.aws.acquire()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	aws, err := startAWS(ctx, plane, playground.AWSOptions{Detached: true, Inherit: []*os.File{lock}}, p)
	if err != nil {
		return err
	}
	return errors.Join(b.aws.record(aws.PID()), os.WriteFile(b.awsFile(), []byte(strings.Join(aws.Environment, "\n")), 0o600))
}

// ensureControlPlane keeps one that lives, with all that is on it, and starts a new one
// in place of one that does not.
func (b *background) ensureControlPlane(ctx context.Context, running bool, p *progress) (*playground.Playground, error) {
	if running {
		p.say("the control plane runs, but not all that belongs to it; starting the rest")
		return playground.Connect(b.folder)
	}
	exists, err := b.exists()
	if err != nil {
		return nil, err
	}
	if exists {
		p.say("removing what is left of a playground that no longer runs")
		if err := b.remove(ctx, p); err != nil {
			return nil, err
		}
	}
	p.say("starting a control plane, Kubernetes %s", playground.KubernetesVersion)
	return playground.Start(ctx, playground.Options{Folder: b.folder, Detached: true, Progress: p})
}

func (b *background) runController(ctx context.Context, plane *playground.Playground, p *progress) (err error) {
	lock, err := b.controller.acquire()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	aws, err := b.awsEnvironment()
	if err != nil {
		return err
	}
	controller, err := startController(ctx, plane, playground.ControllerOptions{Inherit: []*os.File{lock}, Environment: aws, Flags: consistentAWS}, p)
	if err != nil {
		return err
	}
	if err := b.controller.record(controller.PID()); err != nil {
		return errors.Join(err, controller.Stop())
	}
	p.say("running; logs: %s and %s", filepath.Join(b.folder, "control-plane.log"), controller.LogPath)
	return nil
}

// runKFAM starts the access API and remembers where it is.
func (b *background) runKFAM(ctx context.Context, plane *playground.Playground, p *progress) (err error) {
	lock, err := b.kfam.acquire()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	kfam, err := startKFAM(ctx, plane, playground.KFAMOptions{Detached: true, Inherit: []*os.File{lock}}, p)
	if err != nil {
		return err
	}
	return errors.Join(b.kfam.record(kfam.PID()), os.WriteFile(b.kfamFile(), []byte(kfam.URL), 0o600))
}
