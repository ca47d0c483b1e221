package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// options is what the command line asks for, checked.
type options struct {
	packages   []string
	aliases    []alias
	entrypoint string
	platforms  []v1.Platform
	tag        name.Tag
	output     string
	push       bool
	ldflags    string
	created    time.Time
	labels     labels
}

// archive is the path of the loadable archive: the layout's, with ".tar".
func (o options) archive() string {
	return o.output + ".tar"
}

// programName is the name of the program that a package compiles to, and so its
// path in the image without the leading slash.
func programName(pkg string) string {
	return path.Base(filepath.ToSlash(pkg))
}

// parseOptions reads the flags. Whatever can be found wrong before the first
// compile, which takes minutes, is found here.
func parseOptions(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	var o options
	var platforms, tag, epoch string
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // An error is printed once, by main, without a page of usage.
	flags.Func("package", "`package` to compile; it becomes /NAME in the image (may be repeated)", func(pkg string) error {
		o.packages = append(o.packages, pkg)
		return nil
	})
	flags.Func("alias", "`NAME=PROGRAM`: a second name of a program in the image (may be repeated)", func(text string) error {
		name, program, _ := strings.Cut(text, "=")
		o.aliases = append(o.aliases, alias{name: name, program: program})
		return nil
	})
	flags.StringVar(&o.entrypoint, "entrypoint", "", "`name` of the program the image starts (default: the only one)")
	flags.StringVar(&platforms, "platforms", "linux/amd64,linux/arm64", "comma-separated `list` of OS/ARCH")
	flags.StringVar(&tag, "tag", "", "the image's `name:tag`, with its registry if it is to be pushed")
	flags.StringVar(&o.output, "output", "dist/image", "`directory` of the OCI image layout; the loadable archive goes to DIRECTORY.tar")
	flags.BoolVar(&o.push, "push", false, "upload the image to the registry that -tag names, with the credentials of docker login")
	flags.StringVar(&o.ldflags, "ldflags-extra", "", "linker `flags` besides -s -w, such as -X main.version=v1.2.3")
	flags.StringVar(&epoch, "source-date-epoch", getenv("SOURCE_DATE_EPOCH"),
		"`seconds` since 1970 that every timestamp in the image shows (default: SOURCE_DATE_EPOCH, else 0)")
	o.labels.register(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.Usage()
		}
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: give packages as -package %s", flags.Arg(0), flags.Arg(0))
	}

	var errs [6]error
	o.entrypoint, errs[0] = checkPrograms(o.packages, o.entrypoint)
	errs[5] = checkAliases(o.packages, o.aliases)
	o.platforms, errs[1] = parsePlatforms(platforms)
	o.tag, errs[2] = parseTag(tag)
	o.output, errs[3] = checkOutput(o.output)
	o.created, errs[4] = parseEpoch(epoch)
	if err := errors.Join(errs[:]...); err != nil {
		return options{}, err
	}
	o.labels.complete(o.entrypoint, o.tag)
	return o, nil
}

// checkPrograms returns the entrypoint: the one asked for, which must be among the
// programs, or the only program.
func checkPrograms(packages []string, entrypoint string) (string, error) {
	if len(packages) == 0 {
		return "", errors.New("nothing to build: give at least one -package, such as -package ./cmd/NAME")
	}
	var programs []string
	for _, pkg := range packages {
		program := programName(pkg)
		if strings.HasPrefix(program, ".") || strings.Contains(pkg, "...") {
			return "", fmt.Errorf("-package %s does not name one program: give the folder's name, such as ./cmd/NAME", pkg)
		}
		if slices.Contains(programs, program) {
			return "", fmt.Errorf("-package %s would be the second /%s in the image: give each program its own name", pkg, program)
		}
		programs = append(programs, program)
	}
	if entrypoint == "" && len(programs) == 1 {
		return programs[0], nil
	}
	entrypoint = strings.TrimPrefix(entrypoint, "/")
	if !slices.Contains(programs, entrypoint) {
		return "", fmt.Errorf("-entrypoint %q is not one of the programs: choose from %s", entrypoint, strings.Join(programs, ", "))
	}
	return entrypoint, nil
}

// alias is a second name of a program, for manifests that were written for other images.
type alias struct{ name, program string }

// checkAliases wants aliases to name programs of the image, and no name to be used twice.
func checkAliases(packages []string, aliases []alias) error {
	var programs []string
	for _, pkg := range packages {
		programs = append(programs, programName(pkg))
	}
	taken := slices.Clone(programs)
	for _, a := range aliases {
		switch {
		case a.name == "" || strings.Contains(a.name, "/") || !slices.Contains(programs, a.program):
			return fmt.Errorf("-alias %s=%s: write NAME=PROGRAM, with a program out of %s", a.name, a.program, strings.Join(programs, ", "))
		case slices.Contains(taken, a.name):
			return fmt.Errorf("-alias %s=%s: there would be two /%s in the image: choose another name", a.name, a.program, a.name)
		}
		taken = append(taken, a.name)
	}
	return nil
}

// parsePlatforms reads a comma-separated list of OS/ARCH, in the order given.
func parsePlatforms(list string) ([]v1.Platform, error) {
	var platforms []v1.Platform
	for text := range strings.SplitSeq(list, ",") {
		system, architecture, ok := strings.Cut(strings.TrimSpace(text), "/")
		if !ok || system != "linux" || architecture == "" || strings.Contains(architecture, "/") {
			return nil, fmt.Errorf("-platforms: %q is not a platform this image can have: write linux/ARCH, such as linux/amd64", text)
		}
		platform := v1.Platform{OS: system, Architecture: architecture}
		if slices.ContainsFunc(platforms, platform.Equals) {
			return nil, fmt.Errorf("-platforms: %s is listed twice: remove one", platform)
		}
		platforms = append(platforms, platform)
	}
	return platforms, nil
}

// parseTag wants the tag spelled out: an image that silently became "latest" cannot
// be told from the one before.
func parseTag(text string) (name.Tag, error) {
	tag, err := name.NewTag(text)
	if err != nil {
		return name.Tag{}, fmt.Errorf("-tag %q is not a NAME:TAG: %w", text, err)
	}
	if !strings.HasSuffix(text, ":"+tag.TagStr()) {
		return name.Tag{}, fmt.Errorf("-tag %q has no tag: write %s:TAG, such as %s:v1.0.0", text, text, text)
	}
	return tag, nil
}

// checkOutput refuses paths that name no directory of their own, since the archive's
// path is made by adding to them and the directory is replaced as a whole.
func checkOutput(output string) (string, error) {
	clean := filepath.Clean(output)
	if base := filepath.Base(clean); base == "." || base == ".." || base == string(filepath.Separator) {
		return "", fmt.Errorf("-output %q is no directory to replace: name one, such as dist/image", output)
	}
	return clean, nil
}

// parseEpoch reads a SOURCE_DATE_EPOCH; none means 1970, never the present, so that
// forgetting it cannot make two builds differ.
func parseEpoch(seconds string) (time.Time, error) {
	if seconds == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	epoch, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || epoch < 0 {
		return time.Time{}, fmt.Errorf("source date epoch %q is not a number of seconds since 1970: use $(git log -1 --format=%%ct)", seconds)
	}
	return time.Unix(epoch, 0).UTC(), nil
}
