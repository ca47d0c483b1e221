package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// start runs a program that would run for long, and a channel that is closed when it has
// ended. With a lock it holds that, as the controller does.
func start(t *testing.T, script string, lock *os.File) (*exec.Cmd, <-chan struct{}) {
	t.Helper()
	command := exec.Command("sh", "-c", script)
	if lock != nil {
		command.ExtraFiles = []*os.File{lock}
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	// The program says a word when it is set up, traps included.
	if _, err := output.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	return command, ended
}

const (
	obedient = "echo ready; exec sleep 600"
	stubborn = "trap '' TERM; echo ready; exec sleep 600"
)

func testMember(t *testing.T) member {
	return member{"test", filepath.Join(t.TempDir(), "lock"), filepath.Join(t.TempDir(), "pid"), 10 * time.Second}
}

// startMember starts a program as a member and lets go of the lock itself.
func startMember(t *testing.T, m member, script string) (*exec.Cmd, <-chan struct{}) {
	t.Helper()
	lock, err := m.acquire()
	if err != nil {
		t.Fatal(err)
	}
	command, ended := start(t, script, lock)
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.record(command.Process.Pid); err != nil {
		t.Fatal(err)
	}
	return command, ended
}

func isRunning(t *testing.T, m member) bool {
	t.Helper()
	running, err := m.running()
	if err != nil {
		t.Fatal(err)
	}
	return running
}

func TestAMemberRunsAsLongAsItsProcess(t *testing.T) {
	m := testMember(t)
	if isRunning(t, m) {
		t.Error("it is said to run before it was started")
	}
	command, ended := startMember(t, m, obedient)
	if !isRunning(t, m) {
		t.Error("it is said not to run although its process lives")
	}
	if _, err := m.acquire(); err == nil {
		t.Error("it could be started a second time")
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if isRunning(t, m) {
		t.Error("it is said to run although its process was killed; the pid file is still there")
	}
}

func TestAMemberIsStopped(t *testing.T) {
	m := testMember(t)
	command, ended := startMember(t, m, obedient)
	pid, err := m.stop(t.Context())
	if err != nil || pid != command.Process.Pid {
		t.Fatalf("got process %d and error %v, want process %d", pid, err, command.Process.Pid)
	}
	<-ended
}

func TestAMemberThatDoesNotListenIsKilled(t *testing.T) {
	m := testMember(t)
	m.patience = 50 * time.Millisecond
	command, ended := startMember(t, m, stubborn)
	if _, err := m.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
	if signal := command.ProcessState.Sys().(syscall.WaitStatus).Signal(); signal != syscall.SIGKILL {
		t.Errorf("it was ended by %v, want kill after it ignored the first signal", signal)
	}
}

func TestAStrangerWithAnOldProcessIDIsNotSignalled(t *testing.T) {
	m := testMember(t)
	if err := os.WriteFile(m.lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const untilAsked = 7
	stranger := exec.Command("sh", "-c", "read line; exit "+strconv.Itoa(untilAsked))
	input, err := stranger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	if err := m.record(stranger.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if pid, err := m.stop(t.Context()); pid != 0 || err != nil {
		t.Errorf("got process %d and error %v, want nothing to stop", pid, err)
	}
	// Had it been signalled it would not end in its own way.
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	_ = stranger.Wait()
	if code := stranger.ProcessState.ExitCode(); code != untilAsked {
		t.Errorf("a process that is not ours ended with %v", stranger.ProcessState)
	}
}

func TestAMemberWithoutAProcessIDIsNotTakenForDead(t *testing.T) {
	m := testMember(t)
	startMember(t, m, obedient)
	if err := os.Remove(m.pidFile); err != nil {
		t.Fatal(err)
	}
	if _, err := m.stop(t.Context()); err == nil {
		t.Error("stopping succeeded although it is not known what to stop")
	}
	if !isRunning(t, m) {
		t.Error("it is said not to run although its process lives")
	}
}

func TestOnlyTheIDOfOneProcessIsBelieved(t *testing.T) {
	m := testMember(t)
	for _, content := range []string{"", "word", "0", "1", "-1", "-4711"} {
		if err := os.WriteFile(m.pidFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if pid, err := m.pid(); err == nil {
			t.Errorf("from %q the process ID %d was read", content, pid)
		}
	}
}

func TestAnOldProcessIDIsForgottenBeforeANewStart(t *testing.T) {
	m := testMember(t)
	if err := m.record(os.Getpid()); err != nil {
		t.Fatal(err)
	}
	lock, err := m.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if pid, err := m.pid(); err == nil {
		t.Errorf("the process ID %d of the one before is still recorded", pid)
	}
}
