package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// stubborn is the variable that makes this test program a command that takes no notice of its context.
const stubborn = "KUBECTL_PROFILE_TEST_STUBBORN"

func TestMain(m *testing.M) {
	if os.Getenv(stubborn) == "" {
		os.Exit(m.Run())
	}
	os.Exit(untilInterrupted(func(ctx context.Context) int {
		fmt.Println("started")
		<-ctx.Done()
		fmt.Println("told")
		time.Sleep(10 * time.Second)
		return 0
	}))
}

func TestASecondInterruptEndsWhatTakesNoNotice(t *testing.T) {
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), stubborn+"=yes")
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"started", "told"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
		interrupt(t, program.Process)
	}
	// The signal is the program's own again only a moment after the context has ended.
	again := time.AfterFunc(time.Second, func() { _ = program.Process.Signal(os.Interrupt) })
	defer again.Stop()
	_ = program.Wait()
	status, _ := program.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("after %s it ended with %s, want by the signal", time.Since(started), program.ProcessState)
	}
}

func interrupt(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}
