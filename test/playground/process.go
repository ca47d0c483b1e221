package playground

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a started program of which it is known at any time whether it has ended.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
	// err is what Wait returned, once ended is closed.
	err error
}

func startProcess(command *exec.Cmd) (*process, error) {
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(command.Path), err)
	}
	p := &process{command: command, ended: make(chan struct{})}
	go func() {
		p.err = command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop asks the program to end, waits, and kills it when it takes longer than patience.
func (p *process) stop(patience time.Duration) error {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("%s did not stop within %s and was killed", filepath.Base(p.command.Path), patience)
	}
}

// kill ends the program as kill -9 does and waits until it is gone.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}
