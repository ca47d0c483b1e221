package rados

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packageOf names Debian's package for each program that is started here.
var packageOf = map[string]string{
	"ceph":          "ceph-common",
	"ceph-mon":      "ceph-mon",
	"ceph-osd":      "ceph-osd",
	"radosgw":       "radosgw",
	"radosgw-admin": "ceph-common",
}

// findPrograms returns the path of each program. Without one of them the error
// says how to install what is missing; nothing is installed from here.
func findPrograms(find func(string) (string, error)) (map[string]string, error) {
	paths := map[string]string{}
	var missing, packages []string
	for program, from := range packageOf {
		path, err := find(program)
		if err != nil {
			missing = append(missing, program)
			packages = append(packages, from)
			continue
		}
		paths[program] = path
	}
	if len(missing) == 0 {
		return paths, nil
	}
	slices.Sort(missing)
	slices.Sort(packages)
	return nil, fmt.Errorf("%s not found; install Ceph's RADOS Gateway first, on Debian and Ubuntu with: apt-get install --no-install-recommends %s",
		strings.Join(missing, ", "), strings.Join(slices.Compact(packages), " "))
}

// findProgram looks where exec does, and in the folders for administrators, which are not in
// everybody's PATH.
func findProgram(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		return path, nil
	}
	for _, folder := range []string{"/usr/sbin", "/sbin"} {
		candidate := filepath.Join(folder, program)
		if info, e := os.Stat(candidate); e == nil && !info.IsDir() {
			return candidate, nil
		}
	}
	return "", err
}
