package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// errClaimsFailed says that a claim did not hold; the table has shown which.
var errClaimsFailed = errors.New("not every claim holds")

// runDemo starts everything, tries the claims and, when it is to stay, leaves all of it
// running until ctx ends. Nothing outlives it.
func runDemo(ctx context.Context, out io.Writer, stay bool) (err error) {
	p := newProgress(out)
	defer func() { p.say("stopped; nothing is left running") }()
	p.say("starting a control plane, Kubernetes %s", playground.KubernetesVersion)
	plane, err := playground.Start(ctx, playground.Options{Progress: p})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	if err := install(ctx, plane, p); err != nil {
		return err
	}
	running, stop, err := startParts(ctx, plane, p)
	defer func() {
		p.say("stopping")
		err = errors.Join(err, stop())
	}()
	if err == nil {
		err = present(ctx, running, p, stay)
	}
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		keepLogs(plane.Folder, err, p)
	}
	if stay && (err == nil || errors.Is(err, errClaimsFailed)) {
		err = errors.Join(err, stayUp(ctx, running, p))
	}
	return err
}

// stayUp says how to go on by hand and leaves time for that.
func stayUp(ctx context.Context, running parts, p *progress) error {
	programs, err := buildPrograms(ctx, p)
	if err != nil {
		return err
	}
	invite(p.out, running, programs)
	<-ctx.Done()
	fmt.Fprintln(p.out)
	return nil
}

// buildPrograms returns the folder in which kubectl and kubectl profile are.
func buildPrograms(ctx context.Context, p *progress) (string, error) {
	p.say("building kubectl profile (a minute or two the first time, then seconds)")
	program, err := playground.Build(ctx, playground.CLIProgram)
	return filepath.Dir(program), err
}

// parts are the programs of the demo.
type parts struct {
	plane      *playground.Playground
	aws        *playground.AWS
	controller *playground.Controller
	kfam       *playground.KFAM
}

// startParts starts what runs on the control plane. The function that it returns stops
// whatever was started, also when an error is returned.
func startParts(ctx context.Context, plane *playground.Playground, p *progress) (all parts, stop func() error, err error) {
	var stops []func() error
	stop = func() error {
		var errs []error
		for _, one := range slices.Backward(stops) {
			errs = append(errs, one())
		}
		return errors.Join(errs...)
	}
	all.plane = plane
	if all.aws, err = startAWS(ctx, plane, playground.AWSOptions{}, p); err != nil {
		return all, stop, err
	}
	stops = append(stops, all.aws.Stop)
	options := playground.ControllerOptions{Environment: all.aws.Environment, Flags: consistentAWS}
	if all.controller, err = startController(ctx, plane, options, p); err != nil {
		return all, stop, err
	}
	stops = append(stops, all.controller.Stop)
	if all.kfam, err = startKFAM(ctx, plane, playground.KFAMOptions{Detached: true}, p); err != nil {
		return all, stop, err
	}
	stops = append(stops, all.kfam.Stop)
	return all, stop, nil
}

// present makes the Profiles of examples/ and shows which claims hold for them.
func present(ctx context.Context, running parts, p *progress, stay bool) error {
	plane := running.plane
	if err := makeExamples(ctx, plane, p); err != nil {
		return err
	}
	actors, err := assemble(ctx, running)
	if err != nil {
		return err
	}
	findings := tryAll(ctx, claimGroups(actors), p)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Fprintf(p.out, "\n%s\n", renderTable(findings, p.paint))
	if stay {
		if err := remakeDeleted(ctx, plane, p); err != nil {
			return err
		}
	}
	if countFailed(findings) > 0 {
		return errClaimsFailed
	}
	return nil
}

func makeExamples(ctx context.Context, plane *playground.Playground, p *progress) error {
	names, err := applyExamples(ctx, plane)
	if err != nil {
		return err
	}
	p.say("applied the %d Profiles in examples; waiting until they are Ready", len(names))
	if err := waitUntilReady(ctx, plane, names, p); err != nil {
		return err
	}
	p.say("all %d Profiles are Ready", len(names))
	return nil
}

// remakeDeleted brings back the Profiles that claims have deleted, so that all of the
// examples are there to look at.
func remakeDeleted(ctx context.Context, plane *playground.Playground, p *progress) error {
	p.say("making %s and %s again, which the claims have deleted", neighborRoom, researchRoom)
	if _, err := applyExamples(ctx, plane); err != nil {
		return err
	}
	return waitUntilReady(ctx, plane, []string{neighborRoom, researchRoom}, p)
}
