package e2ecli

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// TestCreateIsTakenUpAgain creates a Profile while no controller runs, gives up waiting, and goes on when one does.
func TestCreateIsTakenUpAgain(t *testing.T) {
	s := open(t)
	t.Cleanup(func() { s.run("delete", "again", "--yes", "--wait") })
	create := func(more ...string) []string {
		return append([]string{"create", "again", "--owner", "ann@example.com", "--quota", "cpu=4", "--contributor", "edit=ben@example.com"}, more...)
	}
	says := s.fails(1, create("--wait", "--timeout", "1s")...)
	if !strings.HasPrefix(says, "profile/again created\nerror: profile again is not ready after 1s (NotReported): ") {
		t.Errorf("it says %s", says)
	}
	// The API server says in a dry run as well what is there.
	if got, want := s.does(create("--dry-run=server")...), "profile/again unchanged (server dry run)\n"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	if says := s.fails(1, create("--quota", "memory=8Gi", "--dry-run=server")...); !strings.Contains(says, "it has no quota for memory, where 8Gi is asked for") {
		t.Errorf("it says %s", says)
	}
	startController(t, playground.ControllerOptions{})
	o := s.run(create("--wait")...)
	if o.out != "profile/again unchanged\nprofile/again is ready\n" || o.err != "" {
		t.Errorf("it says %s%s", o.out, o.err)
	}
}

// TestCtrlCAtAQuestion presses it where delete asks for the name.
func TestCtrlCAtAQuestion(t *testing.T) {
	s := open(t)
	s.does("create", "kept", "--owner", "ann@example.com")
	t.Cleanup(func() { s.run("delete", "kept", "--yes", "--wait") })
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "delete", "kept")
	command.Env = append(os.Environ(), s.environment...)
	never, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer never.Close()
	said, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(said)
	if _, err := read.ReadString(':'); err != nil {
		t.Fatal(err)
	}
	if _, err := read.ReadString(':'); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var last strings.Builder
	_, _ = read.WriteTo(&last)
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(last.String(), "\ninterrupted: nothing was deleted\n") {
		t.Errorf("exit code %d: %q", code, last.String())
	}
	s.does("get", "kept")
}
