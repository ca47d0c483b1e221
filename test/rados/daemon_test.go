package rados

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func never(context.Context) bool  { return false }
func always(context.Context) bool { return true }

// script makes a program that a test can start in the place of one of Ceph's.
func script(t *testing.T, text string) *Gateway {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	g := &Gateway{layout: layout{folder: folder}, programs: map[string]string{"program": path}}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func TestADaemonThatEndsTooEarlyIsToldWithItsLastWords(t *testing.T) {
	g := script(t, "echo the port is taken >&2; exit 1\n")
	err := g.launch(t.Context(), never, "program")
	if !endedEarly(err) || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("the error is %v", err)
	}
	if pids := g.PIDs(); len(pids) != 0 {
		t.Errorf("%v are said to run", pids)
	}
}

// TestAProgramThatNeedsADeadDaemonIsNotWaitedFor uses a program that would never end.
func TestAProgramThatNeedsADeadDaemonIsNotWaitedFor(t *testing.T) {
	g := script(t, "if [ \"$4\" = daemon ]; then echo out of luck; exit 1; fi; exec sleep 60\n")
	if err := g.launch(t.Context(), always, "program", "daemon"); err != nil {
		t.Fatal(err)
	}
	err := g.run(t.Context(), "program")
	if err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("the error is %v", err)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	g := script(t, "exec sleep 60\n")
	if err := g.launch(t.Context(), always, "program"); err != nil {
		t.Fatal(err)
	}
	pids := g.PIDs()
	if len(pids) != 1 || syscall.Kill(pids[0], 0) != nil {
		t.Fatalf("the program does not run as one of %v", pids)
	}
	for range 2 {
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if syscall.Kill(pids[0], 0) == nil || len(g.PIDs()) != 0 {
		t.Errorf("process %d still runs", pids[0])
	}
}

// TestCephIsNotTurnedAwayFromItsConfiguration has CEPH_LIB, which replaces the folder of
// the classes without which the gateway can keep nothing.
func TestCephIsNotTurnedAwayFromItsConfiguration(t *testing.T) {
	t.Setenv("CEPH_LIB", "/nowhere")
	t.Setenv("KEPT", "yes")
	kept := strings.Join(environment(), "\n")
	if strings.Contains(kept, "CEPH_LIB") || !strings.Contains(kept, "KEPT=yes") {
		t.Errorf("the environment is\n%s", kept)
	}
}
