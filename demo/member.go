package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// member is a process that runs in the background. As long as it lives, in whatever way
// it ends, it holds the lock on a file; so a process ID in its pid file is believed, and
// signalled, only while the lock is held. Without that, the ID could by now belong to a
// stranger.
type member struct {
	name    string
	lock    string
	pidFile string
	// patience is how long it may take to stop in good order.
	patience time.Duration
}

// stopPatience covers the 15 seconds that the control plane gives itself to stop.
const stopPatience = 20 * time.Second

func controlPlaneIn(folder string) member {
	return member{"control plane", filepath.Join(folder, "lock"), filepath.Join(folder, "pid"), stopPatience}
}

func awsIn(folder string) member {
	return member{"double of AWS", filepath.Join(folder, "aws.lock"), filepath.Join(folder, "aws.pid"), stopPatience}
}

func kfamIn(folder string) member {
	return member{"access API", filepath.Join(folder, "kfam.lock"), filepath.Join(folder, "kfam.pid"), stopPatience}
}

func controllerIn(folder string) member {
	return member{"controller", filepath.Join(folder, "controller.lock"), filepath.Join(folder, "controller.pid"), stopPatience}
}

// running tells whether the process lives.
func (m member) running() (bool, error) {
	file, err := os.Open(m.lock)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	locked, err := tryLock(file)
	return !locked, err
}

// acquire takes the lock for a process that is about to be started with the file open.
// It stays held until the last process that has the file open ends.
func (m member) acquire() (*os.File, error) {
	file, err := os.OpenFile(m.lock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(file)
	if err == nil && !locked {
		err = fmt.Errorf("the %s runs already: %s is locked", m.name, m.lock)
	}
	// The ID of a former process must not stand beside the lock of a new one.
	if err == nil {
		err = os.RemoveAll(m.pidFile)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// record writes down the process ID of the process that holds the lock.
func (m member) record(pid int) error {
	return os.WriteFile(m.pidFile, fmt.Appendln(nil, pid), 0o600)
}

func (m member) pid() (int, error) {
	content, err := os.ReadFile(m.pidFile)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("%s holds no process ID", m.pidFile)
	}
	return pid, nil
}

// killPatience is how long the kernel may take to remove a killed process.
const killPatience = 5 * time.Second

// stop ends the process if it runs, and returns its ID, or 0 when it did not run.
func (m member) stop(ctx context.Context) (int, error) {
	running, err := m.running()
	if err != nil || !running {
		return 0, err
	}
	pid, err := m.pid()
	if err != nil {
		return 0, fmt.Errorf("the %s runs, but its process ID is not known: %w", m.name, err)
	}
	for _, attempt := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGTERM, m.patience}, {syscall.SIGKILL, killPatience}} {
		if err := m.signal(pid, attempt.signal); err != nil {
			return pid, err
		}
		if err = m.waitEnded(ctx, attempt.patience); err == nil || ctx.Err() != nil {
			return pid, err
		}
	}
	return pid, fmt.Errorf("the %s (process %d) does not end, not even by kill -9", m.name, pid)
}

// signal is sent only while the process is known to be ours. It goes by way of
// os.Process, which knows no process IDs that stand for many processes, as kill(2) does.
func (m member) signal(pid int, signal syscall.Signal) error {
	running, err := m.running()
	if err != nil || !running {
		return err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the %s (process %d): %w", m.name, pid, err)
	}
	return nil
}

func (m member) waitEnded(ctx context.Context, patience time.Duration) error {
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		running, err := m.running()
		return !running, err
	})
}

// tryLock locks a file if nobody else has, and never waits.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return true, nil
}
