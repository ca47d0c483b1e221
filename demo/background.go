package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// background is the one playground that runs in the background of a checkout. Only one
// process at a time starts or stops it.
type background struct {
	folder       string
	controlPlane member
	aws          member
	controller   member
	kfam         member
	turn         *os.File
}

// openBackground waits until no other process starts or stops the playground. Closing
// lets the next one in.
func openBackground(ctx context.Context, p *progress) (*background, error) {
	root, err := playground.Root()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(root, ".cache", "playground")
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return nil, err
	}
	turn, err := takeTurn(ctx, folder+".lock", p)
	if err != nil {
		return nil, err
	}
	return &background{folder: folder, controlPlane: controlPlaneIn(folder), aws: awsIn(folder), controller: controllerIn(folder), kfam: kfamIn(folder), turn: turn}, nil
}

func takeTurn(ctx context.Context, path string, p *progress) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	told := false
	err = wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(context.Context) (bool, error) {
		mine, err := tryLock(file)
		if !mine && err == nil && !told {
			p.say("another command starts or stops the playground; waiting for it")
			told = true
		}
		return mine, err
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (b *background) close() error { return b.turn.Close() }

func (b *background) kubeconfig() string { return filepath.Join(b.folder, "kubeconfig") }

// exists tells whether there is any state, of a living playground or a dead one.
func (b *background) exists() (bool, error) {
	_, err := os.Stat(b.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// awsFile holds the environment in which programs find the double of AWS.
func (b *background) awsFile() string { return filepath.Join(b.folder, "aws.env") }

func (b *background) awsEnvironment() ([]string, error) {
	content, err := os.ReadFile(b.awsFile())
	return strings.Split(string(content), "\n"), err
}

// kfamFile holds the address of the access API.
func (b *background) kfamFile() string { return filepath.Join(b.folder, "kfam.url") }

func (b *background) kfamURL() (string, error) {
	content, err := os.ReadFile(b.kfamFile())
	return string(content), err
}

// alive tells which of the processes live.
type alive struct{ controlPlane, aws, controller, kfam bool }

func (a alive) all() bool { return a.controlPlane && a.aws && a.controller && a.kfam }

func (b *background) running() (a alive, err error) {
	var errs [4]error
	a.controlPlane, errs[0] = b.controlPlane.running()
	a.aws, errs[1] = b.aws.running()
	a.controller, errs[2] = b.controller.running()
	a.kfam, errs[3] = b.kfam.running()
	return a, errors.Join(errs[:]...)
}

// remove stops what runs, in the order in which one needs the other, and removes
// the state. While a process cannot be stopped the state stays, so that the process can
// still be found.
func (b *background) remove(ctx context.Context, p *progress) error {
	for _, m := range []member{b.kfam, b.controller, b.aws, b.controlPlane} {
		pid, err := m.stop(ctx)
		if err != nil {
			return fmt.Errorf("%w; its state stays in %s", err, b.folder)
		}
		if pid != 0 {
			p.say("stopped the %s (process %d)", m.name, pid)
		}
	}
	return os.RemoveAll(b.folder)
}
