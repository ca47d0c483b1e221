package rados

import (
	"os"
	"strings"
	"testing"
)

// TestAllThatCephWritesIsInTheFolder looks at every path in ceph.conf, so that nothing gets
// into the folders of an installation beside it.
func TestAllThatCephWritesIsInTheFolder(t *testing.T) {
	l := layout{folder: t.TempDir(), monitor: "127.0.0.1:1"}
	if err := l.write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(l.configFile())
	if err != nil {
		t.Fatal(err)
	}
	paths := 0
	for _, line := range strings.Split(string(text), "\n") {
		_, value, _ := strings.Cut(line, " = ")
		if strings.HasPrefix(value, "/") {
			paths++
			if !strings.HasPrefix(value, l.folder+"/") && value != l.folder {
				t.Errorf("outside of %s: %s", l.folder, line)
			}
		}
	}
	if paths < 5 {
		t.Errorf("only %d paths were looked at", paths)
	}
}
