package playground

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/kfprofiles/kfprofiles/test/cloud/issuer"
)

// AWSOptions say how to run a double of AWS IAM and STS beside the control plane.
type AWSOptions struct {
	// Roles are made at the start as common guides make them: any service account of the
	// cluster may assume them, until the first Profile is added.
	Roles []string
	// Detached lets it outlive this process.
	Detached bool
	// Inherit are open files that it holds until it ends.
	Inherit []*os.File
}

// AWS is a running double of AWS IAM and STS that takes the control plane's tokens.
type AWS struct {
	// Environment has what a program needs for its SDK to find it, as NAME=value. The
	// credentials are those that AWS's documentation uses as an example.
	Environment []string

	process *process
	stdin   io.Closer
}

// StartAWS builds and starts the double and returns when it answers.
func (p *Playground) StartAWS(ctx context.Context, o AWSOptions) (*AWS, error) {
	binary, err := Build(ctx, "./test/cloud/iamsts/awsdouble")
	if err != nil {
		return nil, err
	}
	name, err := issuer.OfAPIServer(ctx, p.Admin)
	if err != nil {
		return nil, err
	}
	arguments := []string{"--kubeconfig", p.Kubeconfig}
	for _, role := range o.Roles {
		arguments = append(arguments, "--role", role+"="+name)
	}
	if !o.Detached {
		arguments = append(arguments, "--stop-with-parent")
	}
	a := &AWS{}
	command := exec.Command(binary, arguments...)
	command.ExtraFiles = o.Inherit
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if !o.Detached {
		if a.stdin, err = command.StdinPipe(); err != nil {
			return nil, err
		}
	}
	return a, a.launch(ctx, command)
}

// launch runs the program and reads its line that says where it is.
func (a *AWS) launch(ctx context.Context, command *exec.Cmd) error {
	output, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	command.Stdout = writer
	a.process, err = startProcess(command)
	_ = writer.Close() // The child has its own copy; ours would keep the end from being seen.
	if err != nil {
		return errors.Join(err, output.Close())
	}
	said := make(chan string, 1)
	go func() {
		defer output.Close()
		line, _ := bufio.NewReader(output).ReadString('\n')
		said <- line
	}()
	select {
	case <-ctx.Done():
		a.process.kill()
		return ctx.Err()
	case line := <-said:
		if a.Environment = environmentOf(line); a.Environment == nil {
			a.process.kill()
			return fmt.Errorf("the double of AWS did not start: it said %q", line)
		}
		return nil
	}
}

// environmentOf reads the line: ready endpoint=… access-key-id=… secret-access-key=…
func environmentOf(line string) []string {
	rest, ready := strings.CutPrefix(line, "ready ")
	if !ready {
		return nil
	}
	names := map[string]string{"endpoint": "AWS_ENDPOINT_URL", "access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"}
	environment := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	for _, word := range strings.Fields(rest) {
		name, value, _ := strings.Cut(word, "=")
		environment = append(environment, names[name]+"="+value)
	}
	return environment
}

// Stop ends the double.
func (a *AWS) Stop() error { return a.process.stop(10 * time.Second) }

// PID is its process ID.
func (a *AWS) PID() int { return a.process.command.Process.Pid }
