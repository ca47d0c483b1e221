package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestASecondLockIsRefusedAndNamesTheHolder(t *testing.T) {
	f := folder{path: t.TempDir()}
	lock, err := lockFolder(f)
	must(t, err)
	defer func() { must(t, lock.release()) }()

	_, err = lockFolder(f)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("got %v, want a refusal that names process %d", err, os.Getpid())
	}
}

func TestALockCanBeTakenAgainAfterItsRelease(t *testing.T) {
	f := folder{path: t.TempDir()}
	for range 2 {
		lock, err := lockFolder(f)
		must(t, err)
		must(t, lock.release())
		if _, err := os.Stat(f.pid()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the pid file is still there: %v", err)
		}
	}
}

// A killed playground leaves both its files behind.
func TestFilesOfADeadProcessDoNotStopAStart(t *testing.T) {
	f := folder{path: t.TempDir()}
	must(t, os.WriteFile(f.lock(), nil, 0o600))
	must(t, os.WriteFile(f.pid(), []byte("999999999\n"), 0o600))

	lock, err := lockFolder(f)
	must(t, err)
	defer func() { must(t, lock.release()) }()
	pid, err := os.ReadFile(f.pid())
	must(t, err)
	if want := fmt.Sprintln(os.Getpid()); string(pid) != want {
		t.Errorf("the pid file says %q, not %q", pid, want)
	}
}
