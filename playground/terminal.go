package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is where the user reads: short progress lines and errors.
type terminal struct {
	mu      sync.Mutex
	out     *os.File
	started time.Time
}

// captureLogs sends everything that the process writes to standard error to the
// file at path, and returns the terminal that standard error was until then. The
// components log through klog, zap and plain prints, partly to writers that they
// took hold of before main began; the file descriptor is the one place that all
// of them share. A crash is still shown on the terminal as well as in the log.
func captureLogs(path string) (*terminal, error) {
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log file: %w", err)
	}
	defer log.Close()

	original, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("keep standard error for the user: %w", err)
	}
	t := &terminal{out: os.NewFile(uintptr(original), "terminal"), started: time.Now()}
	if err := debug.SetCrashOutput(t.out, debug.CrashOptions{}); err != nil {
		return nil, fmt.Errorf("show crashes to the user: %w", err)
	}
	if err := unix.Dup2(int(log.Fd()), int(os.Stderr.Fd())); err != nil {
		return nil, fmt.Errorf("send logs to %s: %w", path, err)
	}
	return t, nil
}

// say prints one line for the user.
func (t *terminal) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format+"\n", args...)
}

// elapsed is the time since the start, as users read it.
func (t *terminal) elapsed() string {
	return fmt.Sprintf("%.1f s", time.Since(t.started).Seconds())
}
