package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// compile builds one package for one platform and returns the program's path, which
// is in directory.
//
// The program is static, because the image holds no loader and no C library. It
// names no path of this machine and no state of the checkout, because either would
// change the digest without changing the program; which commit it comes from is what
// the image's labels are for.
func compile(ctx context.Context, pkg string, platform v1.Platform, ldflags, directory string) (string, error) {
	program := filepath.Join(directory, programName(pkg))
	command := exec.CommandContext(ctx, "go", "build",
		"-trimpath",
		"-buildvcs=false",
		"-ldflags", strings.TrimSpace("-s -w "+ldflags),
		"-o", program,
		pkg,
	)
	command.Env = append(os.Environ(),
		"CGO_ENABLED=0",
		"GOOS="+platform.OS,
		"GOARCH="+platform.Architecture,
		// The oldest processors of each architecture, whatever this machine prefers:
		// the image must run on all of them.
		"GOAMD64=v1",
		"GOARM64=v8.0",
	)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile %s for %s: %w\n%s", pkg, platform, err, output)
	}
	if err := checkProgram(program); err != nil {
		return "", fmt.Errorf("-package %s: %w", pkg, err)
	}
	return program, nil
}

// checkProgram finds the package that is no program: "go build" then writes an
// archive of it, or nothing, and reports success.
func checkProgram(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		return errors.New("is no program: give a folder with a package main")
	}
	return nil
}
