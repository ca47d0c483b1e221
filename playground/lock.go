package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// folderLock is held by the one process that runs on a state folder. Two on the
// same etcd data would destroy it.
type folderLock struct {
	file    *os.File
	pidFile string
}

// lockFolder takes the lock, or says at once who has it. The kernel gives the lock
// back when its process ends in any way, so a lock or pid file that a killed
// playground left behind never stands in the way of a new start.
func lockFolder(f folder) (*folderLock, error) {
	file, err := os.OpenFile(f.lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = folderInUse(f)
		} else {
			err = fmt.Errorf("lock %s: %w", f.lock(), err)
		}
		return nil, errors.Join(err, file.Close())
	}
	if err := os.WriteFile(f.pid(), fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the pid file: %w", err), file.Close())
	}
	return &folderLock{file: file, pidFile: f.pid()}, nil
}

// folderInUse explains a lock that another process holds. That process writes its
// pid just after it took the lock, so the pid can be missing for a moment.
func folderInUse(f folder) error {
	holder := "another process"
	if content, err := os.ReadFile(f.pid()); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil {
			holder = fmt.Sprintf("process %d", pid)
		}
	}
	return fmt.Errorf("a playground already runs on %s (%s): use its kubeconfig, stop it first, or give another --dir", f.path, holder)
}

// release removes the pid file and gives the lock back. The lock file itself stays:
// removing it would let a third process lock a new file of the same name while a
// second one still holds the old.
func (l *folderLock) release() error {
	return errors.Join(os.Remove(l.pidFile), l.file.Close())
}
