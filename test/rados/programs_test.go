package rados

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsMissingIsToldWithThePackagesToInstall(t *testing.T) {
	const how = "install Ceph's RADOS Gateway first, on Debian and Ubuntu with: apt-get install --no-install-recommends "
	tests := []struct {
		name    string
		missing []string
		want    string
	}{
		{"one", []string{"ceph-mon"}, "ceph-mon not found; " + how + "ceph-mon"},
		{"two of a package", []string{"radosgw-admin", "ceph"}, "ceph, radosgw-admin not found; " + how + "ceph-common"},
		{"all", []string{"ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"},
			"ceph, ceph-mon, ceph-osd, radosgw, radosgw-admin not found; " + how + "ceph-common ceph-mon ceph-osd radosgw"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			paths, err := findPrograms(func(program string) (string, error) {
				if slices.Contains(test.missing, program) {
					return "", errors.New("not there")
				}
				return "/bin/" + program, nil
			})
			if err == nil {
				t.Fatalf("no error, but the paths %v", paths)
			}
			if difference := cmp.Diff(test.want, err.Error()); difference != "" {
				t.Errorf("the error is not as it should be (-want +got):\n%s", difference)
			}
		})
	}
}

func TestAllProgramsAreFoundWhereTheyAre(t *testing.T) {
	paths, err := findPrograms(func(program string) (string, error) { return "/opt/" + program, nil })
	if err != nil {
		t.Fatal(err)
	}
	for program := range packageOf {
		if paths[program] != "/opt/"+program {
			t.Errorf("the path of %s is %q", program, paths[program])
		}
	}
}
