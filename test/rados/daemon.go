package rados

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// daemon is a program that was started and of which it is known whether it has ended.
type daemon struct {
	name   string
	pid    int
	output string
	ended  chan struct{}
	kill   func()
}

// startDaemon starts a program whose words go into a file, since they matter only when
// it ends too early. It does not outlive this process.
func startDaemon(path, output string, arguments ...string) (*daemon, error) {
	file, err := os.Create(output)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	command := exec.Command(path, arguments...)
	command.Stdout, command.Stderr = file, file
	command.Env = environment()
	// A Ctrl-C at the terminal is for this process, which stops its parts itself.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	endWithParent(command.SysProcAttr)
	d := &daemon{name: filepath.Base(path), output: output, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// To the kernel the parent is the thread that starts a program; this one
		// stays until the program has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait()
			close(d.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", d.name, err)
	}
	d.pid = command.Process.Pid
	d.kill = func() { _ = command.Process.Kill() }
	return d, nil
}

// hasEnded tells whether the program runs no more.
func (d *daemon) hasEnded() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

var errEndedEarly = errors.New("ended too early")

func endedEarly(err error) bool { return errors.Is(err, errEndedEarly) }

// failure tells what a program said before it ended on its own.
func (d *daemon) failure() error {
	said, _ := os.ReadFile(d.output)
	return fmt.Errorf("%s %w; it said:\n%s", d.name, errEndedEarly, lastLines(said))
}

// execute runs a program to its end.
func execute(ctx context.Context, path string, arguments ...string) error {
	command := exec.CommandContext(ctx, path, arguments...)
	command.Env = environment()
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w; it said:\n%s", filepath.Base(path), err, lastLines(said))
	}
	return nil
}

// environment is ours without what would turn Ceph away from its own ceph.conf.
func environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "CEPH_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

func lastLines(text []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-15):], []byte("\n"))
}
